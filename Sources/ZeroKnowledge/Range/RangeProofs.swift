import Commitments
import Ristretto255

/// Proofs that committed values lie in a range, for one application (Bulletproofs, eprint 2017/1066 §4).
///
///     let proofs = RangeProofs(application: "example.org/credit v1")
///     let proof = try proofs.prove(statement, values: [v], blinds: [t], using: &generator)
///     try proofs.verify(proof, of: statement)
///
/// One proof about several values is little longer than one about a single value. ``VerificationBatch`` verifies many
/// proofs at once.
public struct RangeProofs: Sendable {
    typealias G = InnerProductSuite.G

    let session: SessionID

    /// - Parameter application: names what the proofs are for, and a version; it may also bind freshness or an audience.
    public init(application: String) {
        session = InnerProductSuite.session(application: application, kind: "Range")
    }

    /// Proves in constant time with respect to values and blinds.
    ///
    /// - Parameters:
    ///   - values: the v_j.
    ///   - blinds: the t_j.
    ///   - generator: cryptographically secure and never rewound: two proofs from the same random scalars reveal the
    ///     witness.
    /// - Throws: `ProofError.wrongWitnessCount`, `.valueOutOfRange`, `.falseWitness`.
    public func prove(
        _ statement: RangeStatement, values: [UInt64], blinds: [Scalar],
        using generator: inout some RandomNumberGenerator
    ) throws(ProofError) -> RangeProof {
        let bits = statement.bits.rawValue
        for count in [values.count, blinds.count] where count != statement.commitments.count {
            throw .wrongWitnessCount(expected: statement.commitments.count, actual: count)
        }
        if let index = values.firstIndex(where: { bits < 64 && $0 >> UInt64(bits) != 0 }) {
            throw .valueOutOfRange(index)
        }
        let generators = Generators.shared
        for (commitment, (value, blind)) in zip(statement.commitments, zip(values, blinds)) {
            guard commitment == G.multiScalar([Scalar(value), blind], [generators.noteBase, generators.blinding])
            else { throw .falseWitness }
        }
        var prover = RangeProver(statement, values: values, blinds: blinds, using: &generator)
        let bytes: [UInt8]
        do {
            bytes = try prover.prove(session, using: &generator)
        } catch {
            throw .malformed(error)
        }
        return try RangeProof(decoding: bytes, bits: statement.bits, count: values.count)
    }
}
