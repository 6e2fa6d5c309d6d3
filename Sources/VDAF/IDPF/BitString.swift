/// A string of bits: a measurement of Poplar1, or the beginning of one. Bits are numbered from the first, which is the
/// topmost of the first byte; bits that the last byte has too many are zero.
public struct BitString: Sendable, Hashable {
    /// How many bits there are.
    public let count: Int
    /// The bits in ⌈count / 8⌉ bytes.
    public let bytes: [UInt8]

    /// The string of these bits, the first one first.
    public init(_ bits: [Bool]) {
        count = bits.count
        var bytes = [UInt8](repeating: 0, count: Self.byteCount(of: bits.count))
        for (index, bit) in bits.enumerated() {
            bytes[index / 8] |= (bit ? 1 : 0) << UInt8(7 - index % 8)
        }
        self.bytes = bytes
    }

    /// - Throws: `.invalidArgument` if there are not exactly ⌈count / 8⌉ bytes, or if a bit after the last is set.
    public init(bytes: [UInt8], count: Int) throws(VDAFError) {
        guard count >= 0, bytes.count == Self.byteCount(of: count) else {
            throw .invalidArgument("\(bytes.count) bytes are not a string of \(count) bits")
        }
        guard bytes.last.map({ $0 & ~Self.lastByteMask(of: count) == 0 }) ?? true else {
            throw .invalidArgument("a bit after the last of \(count) is set")
        }
        self.bytes = bytes
        self.count = count
    }

    /// Bit `index`.
    ///
    /// - Precondition: 0 <= index < count.
    public subscript(index: Int) -> Bool {
        bit(index) == 1
    }

    /// The first `count` bits.
    ///
    /// - Precondition: There are that many.
    public func prefix(_ count: Int) -> BitString {
        precondition(0...self.count ~= count, "a string of \(self.count) bits has no beginning of \(count)")
        var bytes = Array(bytes.prefix(Self.byteCount(of: count)))
        if let last = bytes.indices.last {
            bytes[last] &= Self.lastByteMask(of: count)
        }
        return BitString(unchecked: bytes, count: count)
    }

    /// - Precondition: What ``init(bytes:count:)`` checks.
    init(unchecked bytes: [UInt8], count: Int) {
        self.bytes = bytes
        self.count = count
    }

    /// Bit `index` as 0 or 1, in time independent of it.
    func bit(_ index: Int) -> UInt64 {
        precondition(0..<count ~= index, "there is no bit \(index) in a string of \(count)")
        return UInt64(bytes[index / 8] >> UInt8(7 - index % 8) & 1)
    }

    static func byteCount(of bitCount: Int) -> Int {
        bitCount / 8 + (bitCount % 8 == 0 ? 0 : 1)
    }

    /// The bits of the last byte that belong to a string of `bitCount` bits.
    static func lastByteMask(of bitCount: Int) -> UInt8 {
        bitCount % 8 == 0 ? 0xFF : ~(0xFF >> UInt8(bitCount % 8))
    }
}
