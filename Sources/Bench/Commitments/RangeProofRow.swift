import Commitments
import Ristretto255
import ZeroKnowledge

/// What a range proof of one 64-bit value costs.
package struct RangeProofRow: Sendable {
    /// Microseconds per proof.
    package let prove: PhaseCost
    package let verify: PhaseCost
    /// Per proof of a batch of ``batchSize``.
    package let verifyInBatch: PhaseCost
    package let bytes: Int

    package static let batchSize = 64
}

extension RangeProofRow {
    /// Measures proofs on one thread.
    ///
    /// - Throws: `.checkFailed` if a proof passes for another commitment, or an honest one does not.
    package init(settings: BenchSettings) throws(BenchError) {
        var randomness = SeededRandomness(seed: settings.seed)
        let generators = Generators.shared
        let proofs = RangeProofs(application: "cairn bench")
        var generator = SystemRandomNumberGenerator()
        // The first proof of a process derives the generators.
        let rounds = 8
        var samples: (prove: [Elapsed], verify: [Elapsed], batch: [Elapsed]) = ([], [], [])
        var size = 0
        for repetition in 0...settings.repeats {
            let (value, blind) = (randomness.integer(bits: 64), Scalar.random(using: &randomness))
            let commitment = Scalar(value) * generators.noteBase + blind * generators.blinding
            let statement = try proving { () throws(ProofError) in
                try RangeStatement(bits: .sixtyFour, commitments: [commitment])
            }
            let (proof, proveTime) = try timed { () throws(BenchError) in
                try proving { () throws(ProofError) in
                    var proof = try proofs.prove(statement, values: [value], blinds: [blind], using: &generator)
                    for _ in 1..<rounds {
                        proof = try proofs.prove(statement, values: [value], blinds: [blind], using: &generator)
                    }
                    return proof
                }
            }
            let (_, verifyTime) = try timed { () throws(BenchError) in
                try proving { () throws(ProofError) in
                    for _ in 0..<rounds { try proofs.verify(proof, of: statement) }
                }
            }
            let entry = RangeProofs.BatchEntry(proofs: proofs, statement: statement, proof: proof)
            let (_, batchTime) = try timed { () throws(BenchError) in
                try proving { () throws(ProofError) in
                    var batch = VerificationBatch()
                    for _ in 0..<Self.batchSize { try entry.add(to: &batch, using: &generator) }
                    try batch.verify()
                }
            }
            let passesAnother = try proving { () throws(ProofError) in
                let other = try RangeStatement(bits: .sixtyFour, commitments: [commitment + generators.noteBase])
                return (try? proofs.verify(proof, of: other)) != nil
            }
            guard !passesAnother else { throw .checkFailed("a range proof passed for another commitment") }
            guard repetition > 0 else { continue }
            samples.prove.append(proveTime.divided(by: rounds))
            samples.verify.append(verifyTime.divided(by: rounds))
            samples.batch.append(batchTime.divided(by: Self.batchSize))
            size = proof.bytes.count
        }
        self.init(
            prove: PhaseCost(samples.prove), verify: PhaseCost(samples.verify), verifyInBatch: PhaseCost(samples.batch),
            bytes: size)
    }
}
