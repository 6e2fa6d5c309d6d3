import Hashing

/// The hash of XofFixedKeyAes128, made for many blocks at once: AES(k, σ(x)) ⊕ σ(x) with σ(lo ‖ hi) = hi ‖ (hi ⊕ lo)
/// and a key that is public and the same for all evaluations of one report (VDAF-20 section 6.2.2; the tweakable
/// circular correlation-robust hash of eprint 2019/1168, section 4.2).
struct FixedKeyHash: Sendable {
    static let blockSize = AES128Context.blockSize

    private var cipher: AES128Context

    /// - Parameters:
    ///   - domainSeparationTag: Less than 2^16 bytes.
    ///   - binder: For an IDPF the nonce, which gives every client a hash of its own.
    init(domainSeparationTag: [UInt8], binder: [UInt8]) {
        var sponge = Self.keySponge(domainSeparationTag: domainSeparationTag)
        sponge.absorb(binder)
        self.init(keySponge: sponge)
    }

    /// - Parameter keySponge: ``keySponge(domainSeparationTag:)`` after it absorbed the binder.
    init(keySponge: TurboSHAKE128) {
        var sponge = keySponge
        cipher = AES128Context(.codebook, key: sponge.squeeze(Self.blockSize))
    }

    /// What gives the AES key once the binder was absorbed.
    static func keySponge(domainSeparationTag tag: [UInt8]) -> TurboSHAKE128 {
        precondition(tag.count < 1 << 16, "tag too long")
        var sponge = TurboSHAKE128(domain: 2)
        sponge.absorb([UInt8(truncatingIfNeeded: tag.count), UInt8(truncatingIfNeeded: tag.count >> 8)])
        sponge.absorb(tag)
        return sponge
    }

    /// Replaces every block by its hash. Blocks are pairs of words in memory order, lo and hi.
    mutating func hash(_ blocks: UnsafeMutableBufferPointer<UInt64>) {
        AES128Context.makeUnique(&cipher)
        let wordsPerPiece = 512
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: min(wordsPerPiece, blocks.count)) { scratch in
            guard let target = scratch.baseAddress, let base = blocks.baseAddress else { return }
            for start in stride(from: 0, to: blocks.count, by: wordsPerPiece) {
                let words = base + start
                let count = min(wordsPerPiece, blocks.count - start)
                for index in stride(from: 0, to: count, by: 2) {
                    let (low, high) = (words[index], words[index &+ 1])
                    words[index] = high
                    words[index &+ 1] = high ^ low
                }
                cipher.encrypt(UnsafeRawBufferPointer(start: words, count: count * 8), into: target)
                for index in 0..<count {
                    words[index] ^= target[index]
                }
            }
        }
    }
}
