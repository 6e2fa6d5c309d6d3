import Ristretto255

/// What a range proof is about: every V_j = v_j·B + t_j·H commits to a value with 0 ≤ v_j < 2^bits.
///
/// B and H are those of credit notes (`Generators`). The proof is one of knowledge of the v_j and t_j.
public struct RangeStatement: Sendable {
    /// Widths that can be proved.
    public enum Bits: Int, Sendable, CaseIterable {
        /// Values in [0, 2^8).
        case eight = 8
        /// Values in [0, 2^16).
        case sixteen = 16
        /// Values in [0, 2^32).
        case thirtyTwo = 32
        /// Values in [0, 2^64).
        case sixtyFour = 64
    }

    /// The values lie below 2^bits.
    public let bits: Bits
    /// The V_j: 1, 2, 4, 8, 16 or 32 of them.
    public let commitments: [RistrettoPoint]

    /// bits ‖ count ‖ V_1 ‖ V_2 ‖ …
    package let encoding: [UInt8]

    /// - Throws: `ProofError.unsupportedCount`; `.malformed(.identity)`: the identity hides nothing, and is refused.
    public init(bits: Bits, commitments: [RistrettoPoint]) throws(ProofError) {
        try Self.check(count: commitments.count)
        self.bits = bits
        self.commitments = commitments
        do {
            encoding =
                ByteCodec.encode(UInt32(bits.rawValue)) + ByteCodec.encode(UInt32(commitments.count))
                + (try Ristretto255Group.encode(commitments))
        } catch {
            throw .malformed(error)
        }
    }

    static func check(count: Int) throws(ProofError) {
        guard (1...RangeGenerators.maximalValueCount).contains(count), count & (count - 1) == 0 else {
            throw .unsupportedCount(count)
        }
    }
}
