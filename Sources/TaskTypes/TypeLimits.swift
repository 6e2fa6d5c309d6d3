import VDAF

/// How large a type may be. A configuration comes from strangers.
enum TypeLimits {
    /// The largest encoded measurement, in field elements: 4,194,304.
    ///
    /// A report of this size already costs 64 MiB for the leader's share. The limit leaves room for 262,144 coordinates
    /// of 16 bits, or 4 million of one bit.
    static let elements = 1 << 22

    /// The most that all proofs of a report may hold, in field elements. One proof never reaches it.
    static let proofElements = 1 << 25

    static func checkMaximum(
        _ maximum: UInt64, _ name: String, isField64: Bool
    ) throws(VDAFConfigurationError) {
        guard maximum > 0 else { throw .outOfBounds("\(name) must be at least 1") }
        // The standard allows up to the field's modulus, about 2^64; the sum of two such values no longer fits.
        guard !isField64 || maximum >> 63 == 0 else { throw .outOfBounds("\(name) \(maximum) must be below 2^63") }
    }

    /// How many bits hold every number up to `maximum`.
    static func bits(_ maximum: UInt64) -> Int { UInt64.bitWidth - maximum.leadingZeroBitCount }

    /// The chunk length with the shortest proof for a measurement of `elements` field elements, of each of which the
    /// gadget takes two inputs.
    static func recommendedChunkLength(elements count: Int) -> UInt32 {
        precondition((1...elements).contains(count), "elements must lie in 1...\(elements)")
        return UInt32(GadgetShape.shortestChunkLength(elements: count, arity: 2))
    }
}
