/// The parameters of the wraparound tests, and the encoding of their results.
///
/// Let z have independent entries, 0 with probability 1/2 and ±1 with probability 1/4 each.
///
/// - For ‖X‖ ≤ B, |⟨z, X⟩| ≥ a with probability at most 2·exp(-a²/B²). So all 104 results of an honest client are in
///   [-W + 1, W] but for a probability of 2^-82, with W - 1 ≥ 7.9·B.
/// - If Σ X_k² ≥ p, with X_k in (-p/2, p/2), then ⟨z, X⟩ mod p is in that range with probability at most 1/2, as long as
///   p ≥ 128·W².
///
/// `Protocols/bounded-l2-vector.md` proves both. W is a power of two, so a result in range is W - 1 less than an integer
/// of log2(2W) bits, and any bits encode a result in range.
package struct WraparoundTests: Sendable, Hashable {
    /// How many tests there are, all of which must pass.
    package static let count = 104

    /// W.
    package let bound: UInt64
    /// Bits of a result.
    package let bits: Int

    /// - Throws: `.invalidParameter` if B is too large for the field.
    package init<Field: FieldElement>(integerBound: UInt64, field: Field.Type) throws(VDAFError) {
        // ⌈7.9·B⌉ + 1, or the next power of two.
        let least = (79 * integerBound + 9) / 10 + 1
        bits = UInt64.bitWidth - (least - 1).leadingZeroBitCount + 1
        bound = 1 << UInt64(bits - 1)
        guard UInt128(bound) * UInt128(bound) <= Field.modulus / 128 else {
            throw .invalidParameter(
                "the norm bound times 2^fractionalBits is \(integerBound), too large for a \(Field.encodedSize * 8)-bit field"
            )
        }
    }

    /// The bits of all results, lowest first, in time independent of them.
    ///
    /// - Throws: `.wraparoundTestFailed` if one is out of range.
    package func encode<Field: FieldElement>(_ results: [Int64]) throws(VDAFError) -> [Field] {
        var encoded = [Field]()
        encoded.reserveCapacity(results.count * bits)
        var outOfRange: UInt64 = 0
        for result in results {
            let shifted = UInt64(bitPattern: result) &+ (bound - 1)
            outOfRange |= shifted >> UInt64(bits)
            for bit in 0..<UInt64(bits) {
                encoded.append(Field(shifted >> bit & 1))
            }
        }
        guard outOfRange == 0 else { throw .wraparoundTestFailed }
        return encoded
    }
}
