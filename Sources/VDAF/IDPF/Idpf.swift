/// The incremental distributed point function IdpfBBCGGI21 (VDAF-20 section 8.3; eprint 2021/017 section 6), for two
/// parties.
///
/// It shares a function on the nodes of a complete binary tree of height `bits`: on the path from the root to one
/// secret leaf, alpha, it takes programmed values, everywhere else it is zero. A value is a vector of `valueLength`
/// field elements, over Field64 at inner nodes and Field255 at leaves; the parties' shares of it add up.
///
/// Each party holds a key and the same public share. Evaluation at a node walks down from the root; every node has a
/// seed and a control bit, which `extend` derives from the parent's, and a value, which `convert` derives from the
/// seed. Inner levels use a hash from AES under a fixed key, which is fast and good enough to hide; leaves use
/// TurboSHAKE128, which also makes it infeasible for a client to place values of its choice on two leaves (VDAF-20
/// section 9.5).
///
/// Measurements, keys, seeds and control bits are secret: nothing branches on them or uses them as an address.
package struct Idpf: Sendable {
    package let valueLength: Int
    package let bits: Int

    /// Bytes of a party's key.
    package static let keySize = 16
    /// Bytes of randomness that `generate` consumes: the keys.
    package static let randSize = 2 * keySize

    /// - Throws: `.invalidParameter` unless there are 1 to 65,536 bits (levels are 16-bit numbers) and at least one
    ///   element per value.
    package init(valueLength: Int, bits: Int) throws(VDAFError) {
        guard valueLength > 0 else {
            throw .invalidParameter("an IDPF needs at least one element per value")
        }
        guard 1...(1 << 16) ~= bits else {
            throw .invalidParameter("the number of bits must be in 1...65536, not \(bits)")
        }
        self.valueLength = valueLength
        self.bits = bits
    }

    /// Whether domain separation tags have room for a context.
    static func takes(context: [UInt8]) -> Bool {
        context.count <= DomainSeparation.maximalContextSize(for: XofTurboShake128.self)
    }

    /// Whether nodes of `level` are leaves.
    package func isLeaf(_ level: Int) -> Bool {
        level == bits - 1
    }
}

/// A node's seed as two words in memory order, lo and hi.
struct IdpfSeed {
    var low: UInt64
    var high: UInt64

    /// The lowest bit of the first byte, where `extend` puts the control bit.
    private static let controlBit = (1 as UInt64).littleEndian

    init(low: UInt64, high: UInt64) {
        self.low = low
        self.high = high
    }

    /// - Precondition: 16 bytes from `offset`.
    init(_ bytes: [UInt8], at offset: Int = 0) {
        precondition(bytes.count >= offset + 16)
        (low, high) = bytes.withUnsafeBytes {
            (
                $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self),
                $0.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)
            )
        }
    }

    /// Takes the control bit out of a seed that `extend` has made: returns it, and leaves a zero.
    @inline(__always)
    mutating func takeControlBit() -> UInt64 {
        let bit = UInt64(littleEndian: low & Self.controlBit)
        low &= ~Self.controlBit
        return bit
    }

    @inline(__always)
    static func ^ (a: IdpfSeed, b: IdpfSeed) -> IdpfSeed {
        IdpfSeed(low: a.low ^ b.low, high: a.high ^ b.high)
    }

    /// The seed if `bit` is 1, zeros if it is 0.
    @inline(__always)
    func masked(by bit: UInt64) -> IdpfSeed {
        IdpfSeed(low: low & (0 &- bit), high: high & (0 &- bit))
    }

    /// `second` if `bit` is 1, `first` if it is 0.
    @inline(__always)
    static func select(_ first: IdpfSeed, _ second: IdpfSeed, by bit: UInt64) -> IdpfSeed {
        first ^ (first ^ second).masked(by: bit)
    }

    /// Block `index` of the seed's stream before it is hashed.
    @inline(__always)
    func block(_ index: Int) -> IdpfSeed {
        IdpfSeed(low: low ^ UInt64(index).littleEndian, high: high)
    }

    var bytes: [UInt8] {
        withUnsafeBytes(of: (low, high)) { Array($0) }
    }
}
