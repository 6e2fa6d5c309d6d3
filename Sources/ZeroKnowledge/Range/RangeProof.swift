import Ristretto255

/// A proof that committed values lie in a range: 2·log2(bits · values) + 9 elements and scalars, 672 bytes for one value
/// of 64 bits.
///
///     A ‖ S ‖ T_1 ‖ T_2 ‖ t̂ ‖ τ ‖ μ ‖ L_1 ‖ R_1 ‖ … ‖ a ‖ b
///
/// `Protocols/range-and-linear-form.md` §4.
public struct RangeProof: Sendable {
    /// The encoding, which is all there is of it.
    public let bytes: [UInt8]

    /// A and S, the commitments to the bits and to what blinds them.
    let bits: RistrettoPoint
    let masks: RistrettoPoint
    /// T_1 and T_2, the commitments to the coefficients of t(X).
    let coefficients: (linear: RistrettoPoint, square: RistrettoPoint)
    /// t̂ = t(x), its blind τ, and μ, the blind of A + x·S.
    let evaluation: Scalar
    let evaluationBlind: Scalar
    let vectorBlind: Scalar
    /// L and R of each round.
    let rounds: [(left: RistrettoPoint, right: RistrettoPoint)]
    /// What the rounds leave of the two vectors.
    let last: (a: Scalar, b: Scalar)

    /// Bytes in a proof about `count` values.
    ///
    /// - Precondition: `count` is positive.
    public static func size(bits: RangeStatement.Bits, count: Int) -> Int {
        32 * (2 * Halving(bits.rawValue * count).rounds + 9)
    }

    /// Decodes a proof about `count` values.
    ///
    /// - Throws: `ProofError.unsupportedCount`, `.wrongLength`, `.malformed`.
    public init(decoding bytes: [UInt8], bits width: RangeStatement.Bits, count: Int) throws(ProofError) {
        try RangeStatement.check(count: count)
        let expected = Self.size(bits: width, count: count)
        guard bytes.count == expected else { throw .wrongLength(expected: expected, actual: bytes.count) }
        self.bytes = bytes
        var reader = ProofReader(bytes)
        bits = try reader.element()
        masks = try reader.element()
        coefficients = (try reader.element(), try reader.element())
        evaluation = try reader.scalar()
        evaluationBlind = try reader.scalar()
        vectorBlind = try reader.scalar()
        var rounds: [(left: RistrettoPoint, right: RistrettoPoint)] = []
        for _ in 0..<Halving(width.rawValue * count).rounds {
            rounds.append((try reader.element(), try reader.element()))
        }
        self.rounds = rounds
        last = (try reader.scalar(), try reader.scalar())
    }
}

extension RangeProof: Equatable {
    public static func == (a: RangeProof, b: RangeProof) -> Bool { a.bytes == b.bytes }
}
