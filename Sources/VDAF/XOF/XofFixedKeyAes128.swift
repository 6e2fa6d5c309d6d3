import Hashing

/// The XOF of the inner levels of Poplar1's trees (VDAF-20 section 6.2.2): block i of the stream is the
/// ``FixedKeyHash`` of seed ⊕ le128(i).
///
/// It is not a random oracle, since the AES key is public. Where that is needed, use ``XofTurboShake128`` (VDAF-20
/// section 9.6).
public struct XofFixedKeyAes128: Xof {
    public static let seedSize = FixedKeyHash.blockSize

    /// The seed as two words in memory order.
    private let seed: (UInt64, UInt64)
    private var keySponge: TurboSHAKE128
    /// Nil until output is taken.
    private var hash: FixedKeyHash?
    /// Bytes of output taken.
    private var position: UInt64 = 0

    public init(seed: [UInt8], domainSeparationTag: [UInt8]) {
        precondition(seed.count == Self.seedSize, "seed of the wrong size")
        self.seed = seed.withUnsafeBytes {
            ($0.loadUnaligned(as: UInt64.self), $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        }
        keySponge = FixedKeyHash.keySponge(domainSeparationTag: domainSeparationTag)
    }

    public mutating func absorb(_ binder: UnsafeRawBufferPointer) {
        precondition(hash == nil, "absorb after output was taken")
        keySponge.absorb(binder)
    }

    public mutating func fill(_ target: UnsafeMutableRawBufferPointer) {
        var hash = self.hash.take() ?? FixedKeyHash(keySponge: keySponge)
        let blocksPerPiece = 256
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 2 * blocksPerPiece) { words in
            var filled = 0
            while filled < target.count {
                let first = position / UInt64(Self.seedSize)
                let skipped = Int(position % UInt64(Self.seedSize))
                let count = min(blocksPerPiece * Self.seedSize - skipped, target.count - filled)
                let blocks = (skipped + count + Self.seedSize - 1) / Self.seedSize
                for index in 0..<blocks {
                    words[2 &* index] = seed.0 ^ (first &+ UInt64(index)).littleEndian
                    words[2 &* index &+ 1] = seed.1
                }
                hash.hash(UnsafeMutableBufferPointer(rebasing: words[0..<2 * blocks]))
                let output = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(words)[skipped..<skipped + count])
                UnsafeMutableRawBufferPointer(rebasing: target[filled..<filled + count]).copyMemory(from: output)
                filled += count
                position += UInt64(count)
            }
        }
        self.hash = hash
    }
}
