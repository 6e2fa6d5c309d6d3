import Commitments
import Ristretto255
import TestSupport
import Testing
import ZeroKnowledge

/// Attacks on linear-form proofs that must fail.
@Suite struct LinearFormAttackTests {
    private let proofs = LinearFormProofs(application: LinearFormSample.application)

    private func verify(_ bytes: [UInt8], _ statement: LinearFormStatement) throws {
        try proofs.verify(LinearFormProof(decoding: bytes, count: statement.form.count), of: statement)
    }

    /// Every field replaced by another valid value, by each invalid kind, and exchanged with its neighbour.
    @Test(arguments: [1, 2, 5]) func noFieldCanChange(count: Int) throws {
        var random = SeededGenerator()
        let sample = LinearFormSample(count: count, using: &random)
        let statement = try sample.statement()
        let proof = try sample.proof(using: &random).bytes
        try verify(proof, statement)
        try FieldChanges.check(proof, scalars: Array((0..<proof.count / 32).suffix(4))) { try verify($0, statement) }
    }

    @Test func noBitCanChange() throws {
        var random = SeededGenerator()
        let sample = LinearFormSample(count: 3, using: &random)
        let statement = try sample.statement()
        let proof = try sample.proof(using: &random).bytes
        for bit in 0..<8 * proof.count {
            var changed = proof
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(throws: ProofError.self, "bit \(bit)") { try verify(changed, statement) }
        }
    }

    /// A changed coefficient changes the first challenge, wherever it is.
    @Test func everyCoefficientIsBound() throws {
        var random = SeededGenerator()
        for count in [1, 6, 33] {
            let sample = LinearFormSample(count: count, using: &random)
            let proof = try sample.proof(using: &random)
            let form = try LinearForm(sample.coefficients)
            for index in 0..<count {
                var changed = sample.coefficients
                changed[index] += 1
                let other = try LinearForm(changed)
                #expect(other.digest != form.digest)
                let statement = try LinearFormStatement(form: other, commitment: sample.commitment, note: sample.note)
                #expect(throws: ProofError.rejected) { try proofs.verify(proof, of: statement) }
            }
            // A coefficient whose value is zero counts like any other, also at the end.
            #expect(try LinearForm(sample.coefficients + [0]).digest != form.digest)
        }
    }

    /// 'Frozen Heart': a coefficient at which x is zero does not enter v, so that a prover could choose it last if it did
    /// not enter the challenge.
    @Test func aCoefficientOfAZeroValueIsBound() throws {
        var random = SeededGenerator()
        var sample = LinearFormSample(count: 5, using: &random)
        sample.values[3] = 0
        let proof = try sample.proof(using: &random)
        sample.coefficients[3] += 1
        let statement = try sample.statement()
        #expect(throws: ProofError.rejected) { try proofs.verify(proof, of: statement) }
    }

    @Test func proofsAreWorthNothingElsewhere() throws {
        var random = SeededGenerator()
        let sample = LinearFormSample(count: 6, using: &random)
        let (form, statement) = (try LinearForm(sample.coefficients), try sample.statement())
        let proof = try sample.proof(using: &random)
        for application in ["test v2", "test v", "", "test v1-LinearForm", "test v1 audience B"] {
            #expect(throws: ProofError.rejected) {
                try LinearFormProofs(application: application).verify(proof, of: statement)
            }
        }
        let exchanged = try LinearFormStatement(form: form, commitment: sample.note, note: sample.commitment)
        #expect(throws: ProofError.rejected) { try proofs.verify(proof, of: exchanged) }
        for delta in [RistrettoPoint.generator, Generators.shared.blinding, Generators.shared.noteBase] {
            let commitment = try LinearFormStatement(
                form: form, commitment: sample.commitment + delta, note: sample.note)
            #expect(throws: ProofError.rejected) { try proofs.verify(proof, of: commitment) }
            let note = try LinearFormStatement(form: form, commitment: sample.commitment, note: sample.note + delta)
            #expect(throws: ProofError.rejected) { try proofs.verify(proof, of: note) }
        }
        // Shorter and longer vectors, whose proofs have the same size.
        for count in [5, 7, 8] {
            var coefficients = sample.coefficients + [0, 0]
            coefficients = Array(coefficients[..<count])
            let other = try LinearFormStatement(
                form: LinearForm(coefficients), commitment: sample.commitment, note: sample.note)
            #expect(throws: ProofError.rejected) { try proofs.verify(proof, of: other) }
        }
        let short = try LinearFormStatement(
            form: LinearForm(Array(sample.coefficients[..<4])), commitment: sample.commitment, note: sample.note)
        #expect(throws: ProofError.wrongLength(expected: 320, actual: 384)) { try proofs.verify(proof, of: short) }
    }

    /// A note with the wrong value, by a prover that checks nothing.
    @Test func aFalseValueIsRejected() throws {
        var random = SeededGenerator()
        for count in [1, 2, 6] {
            let sample = LinearFormSample(count: count, using: &random)
            let (base, blinding) = (Generators.shared.noteBase, Generators.shared.blinding)
            let value = sample.value + 1
            let naive = NaiveLinearForm(
                application: LinearFormSample.application, coefficients: sample.coefficients,
                commitment: sample.commitment, note: value * base + sample.noteBlind * blinding)
            let proof = try naive.prove(
                vector: { _ in sample.scalars }, blind: sample.blind, value: value, noteBlind: sample.noteBlind,
                using: &random)
            #expect(try naive.check(proof) == (false, true))
            let statement = try LinearFormStatement(
                form: LinearForm(sample.coefficients), commitment: sample.commitment, note: naive.note)
            #expect(throws: ProofError.rejected) { try verify(proof, statement) }
        }
    }

    /// A note with a part ⟨k, G⟩ where ⟨λ, k⟩ = 0 satisfies the equation of the vector. That of the note alone keeps it
    /// out: such a note opens to no value at all.
    @Test func aNoteWithAForeignPartIsRejected() throws {
        var random = SeededGenerator()
        for count in [1, 2, 6] {
            var sample = LinearFormSample(count: count, using: &random)
            var foreign = (0..<count).map { _ in Scalar.random(using: &random) }
            if count == 1 {
                sample.coefficients = [0]
            } else {
                let rest = dot(foreign.dropLast(), sample.coefficients.dropLast())
                foreign[count - 1] = -(rest * sample.coefficients[count - 1].inverted())
            }
            #expect(dot(foreign, sample.coefficients) == .zero)
            let naive = NaiveLinearForm(
                application: LinearFormSample.application, coefficients: sample.coefficients,
                commitment: sample.commitment, note: sample.note + dot(foreign, Generators.shared.prefix(count)))
            let proof = try naive.prove(
                vector: { w in zip(sample.scalars, foreign).map { $0 + w * $1 } }, blind: sample.blind,
                value: sample.value, noteBlind: sample.noteBlind, using: &random)
            #expect(try naive.check(proof) == (true, false), "the forgery is one of the note alone")
            let statement = try LinearFormStatement(
                form: LinearForm(sample.coefficients), commitment: sample.commitment, note: naive.note)
            #expect(throws: ProofError.rejected) { try verify(proof, statement) }
        }
    }

    /// A commitment with a part in B, which no x explains.
    @Test func aCommitmentWithAForeignPartIsRejected() throws {
        var random = SeededGenerator()
        let sample = LinearFormSample(count: 6, using: &random)
        let naive = NaiveLinearForm(
            application: LinearFormSample.application, coefficients: sample.coefficients,
            commitment: sample.commitment + Scalar(7) * Generators.shared.noteBase, note: sample.note)
        let proof = try naive.prove(
            vector: { _ in sample.scalars }, blind: sample.blind, value: sample.value, noteBlind: sample.noteBlind,
            using: &random)
        let statement = try LinearFormStatement(
            form: LinearForm(sample.coefficients), commitment: naive.commitment, note: sample.note)
        #expect(throws: ProofError.rejected) { try verify(proof, statement) }
    }
}
