import Encodings
import Ristretto255
import ZeroKnowledge

/// The proof that the notes of a claim, added up, commit to a total of which its statement holds.
///
/// With K = ΣK_i, which commits to V under t = Σt_i:
///
/// | statement | proof |
/// | --- | --- |
/// | V = a | sigma proof, batchable: K - a·B = t·H |
/// | V ≥ a | range proof, 64 bits: K - a·B |
/// | a ≤ V ≤ b | range proof of two values, 64 bits: K - a·B and b·B - K |
///
/// for the application `cairn credit claim v1 ‖ hex(digest of the claim's context)`.
package enum TotalProof {
    package static func application(contextDigest: [UInt8]) -> String {
        "cairn credit claim v1 " + Hex.encode(contextDigest)
    }

    /// - Precondition: the statement holds for the opening.
    static func make(
        _ statement: CreditStatement, opening: NoteOpening, application: String,
        using generator: inout some RandomNumberGenerator
    ) throws(CreditError) -> [UInt8] {
        let bases = NoteBases.shared
        let total = Scalar(signed: opening.value) * bases.value + opening.blind * bases.blind
        do {
            switch statement {
            case .exactly(let value):
                return try SigmaProofs<Ristretto255TurboShake128>(application: application).prove(
                    opens(total, to: value), witness: [opening.blind], .batchable, using: &generator)
            case .atLeast, .between:
                let bounds = statement.bounds
                let isOpen = bounds.upperBound == .max
                let distances = [opening.value &- bounds.lowerBound, bounds.upperBound &- opening.value]
                return try RangeProofs(application: application).prove(
                    range(total, statement),
                    values: distances.prefix(isOpen ? 1 : 2).map { UInt64(bitPattern: $0) },
                    blinds: Array([opening.blind, -opening.blind].prefix(isOpen ? 1 : 2)), using: &generator
                ).bytes
            }
        } catch {
            throw .falseStatement("the total cannot be proved: \(error)")
        }
    }

    /// Checks what is quick to check alone, and returns what can be checked with others.
    ///
    /// - Throws: `.refused(.proof, …)`.
    static func entries(
        _ proof: [UInt8], of statement: CreditStatement, total: RistrettoPoint, application: String
    ) throws(CreditError) -> [any BatchVerifiable] {
        do {
            switch statement {
            case .exactly(let value):
                try SigmaProofs<Ristretto255TurboShake128>(application: application).verify(
                    proof, of: opens(total, to: value), .batchable)
                return []
            case .atLeast, .between:
                let rangeStatement = try range(total, statement)
                return [
                    RangeProofs.BatchEntry(
                        proofs: RangeProofs(application: application), statement: rangeStatement,
                        proof: try RangeProof(
                            decoding: proof, bits: CreditNote.rangeBits, count: rangeStatement.commitments.count))
                ]
            }
        } catch {
            throw .refused(.proof, "the total: \(error)")
        }
    }

    private static func opens(
        _ total: RistrettoPoint, to value: Int64
    ) throws(RelationError) -> LinearRelation<Ristretto255Group> {
        var builder = RelationBuilder<Ristretto255Group>()
        let (blind, note) = (builder.element(NoteBases.shared.blind), builder.element(total))
        let base = builder.element(NoteBases.shared.value)
        builder.equate(note - Scalar(signed: value) * base, builder.witness() * blind)
        return try builder.build()
    }

    private static func range(
        _ total: RistrettoPoint, _ statement: CreditStatement
    ) throws(ProofError) -> RangeStatement {
        let base = NoteBases.shared.value
        let bounds = statement.bounds
        var commitments = [total - Scalar(signed: bounds.lowerBound) * base]
        if bounds.upperBound != .max { commitments.append(Scalar(signed: bounds.upperBound) * base - total) }
        return try RangeStatement(bits: CreditNote.rangeBits, commitments: commitments)
    }
}
