import VDAF

/// Random numbers that a printed seed repeats: the stream of an XOF. For measurements of a benchmark and for nothing that
/// must stay secret.
package struct SeededRandomness: RandomNumberGenerator {
    private static let blockSize = 4096

    private var stream: XofTurboShake128
    private var block: [UInt8] = []
    private var position = 0

    package init(seed: UInt64) {
        let bytes = (0..<8).map { UInt8(truncatingIfNeeded: seed >> (8 * UInt64($0))) }
        stream = XofTurboShake128(seed: bytes, domainSeparationTag: Array("cairn bench".utf8))
    }

    package mutating func next() -> UInt64 {
        if position + 8 > block.count {
            block = stream.next(Self.blockSize)
            position = 0
        }
        defer { position += 8 }
        return block[position..<position + 8].reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The next `count` bytes.
    mutating func bytes(_ count: Int) -> [UInt8] {
        stream.next(count)
    }

    /// The next integer below 2^`bits`.
    mutating func integer(bits: Int) -> UInt64 {
        next() >> UInt64(UInt64.bitWidth - bits)
    }
}
