import Commitments
import Ristretto255
import VDAF
import ZeroKnowledge

/// What a proof of the inner product ⟨λ, x⟩ with the input behind a report's commitments costs.
package struct LinearFormCost: Sendable {
    /// Microseconds per proof.
    package let prove: PhaseCost
    package let verify: PhaseCost
    /// Per proof of a batch of ``batchSize``, all about one λ.
    package let verifyInBatch: PhaseCost
    package let bytes: Int

    package static let batchSize = 32

    /// Measures proofs about the job's first report, with 16-bit λ.
    ///
    /// - Throws: `.checkFailed` if a proof of the wrong λ passes, or an honest one does not.
    init(
        _ job: CommittedJob, settings: BenchSettings, randomness: inout SeededRandomness
    ) throws(BenchError) {
        guard let example = job.example else { throw .checkFailed("there is no report to prove something about") }
        let values = example.measurement.map { Int64($0) }
        let coefficients = values.map { _ in Int64(randomness.integer(bits: 16)) - 1 << 15 }
        let (form, otherForm) = try proving { () throws(ProofError) in
            var other = coefficients
            other[other.count - 1] += 1
            return (try LinearForm(integers: coefficients), try LinearForm(integers: other))
        }
        let (blind, noteBlind) = (example.blinds[0] + example.blinds[1], Scalar.random(using: &randomness))
        let generators = Generators.shared
        let note = form.value(at: values) * generators.noteBase + noteBlind * generators.blinding
        let input = job.committed.inputCommitment(example.commitments)
        let proofs = LinearFormProofs(application: "cairn bench")
        var generator = SystemRandomNumberGenerator()

        var samples: (prove: [Elapsed], verify: [Elapsed], batch: [Elapsed]) = ([], [], [])
        var size = 0
        for _ in 0..<settings.repeats {
            let statement = try proving { () throws(ProofError) in
                try LinearFormStatement(form: form, commitment: input, note: note)
            }
            let (proof, proveTime) = try timed { () throws(BenchError) in
                try proving { () throws(ProofError) in
                    try proofs.prove(
                        statement, values: values, blind: blind, noteBlind: noteBlind, using: &generator,
                        threads: settings.threads)
                }
            }
            let (_, verifyTime) = try timed { () throws(BenchError) in
                try proving { () throws(ProofError) in
                    try proofs.verify(proof, of: statement, threads: settings.threads)
                }
            }
            let (_, batchTime) = try timed { () throws(BenchError) in
                try proving { () throws(ProofError) in
                    var batch = VerificationBatch()
                    let entry = LinearFormProofs.BatchEntry(proofs: proofs, statement: statement, proof: proof)
                    for _ in 0..<Self.batchSize { try entry.add(to: &batch, using: &generator) }
                    try batch.verify(threads: settings.threads)
                }
            }
            let passesAnother = try proving { () throws(ProofError) in
                let other = try LinearFormStatement(form: otherForm, commitment: input, note: note)
                return (try? proofs.verify(proof, of: other)) != nil
            }
            guard !passesAnother else { throw .checkFailed("a proof passed with another λ") }
            samples.prove.append(proveTime)
            samples.verify.append(verifyTime)
            samples.batch.append(batchTime)
            size = proof.bytes.count
        }
        prove = PhaseCost(samples.prove)
        verify = PhaseCost(samples.verify)
        verifyInBatch = PhaseCost(samples.batch, reports: Self.batchSize)
        bytes = size
    }
}

/// What `body` returns; an error of an honest proof is a failed check.
func proving<Value>(_ body: () throws(ProofError) -> Value) throws(BenchError) -> Value {
    do throws(ProofError) {
        return try body()
    } catch {
        throw .checkFailed("an honest proof was refused: \(error)")
    }
}
