import Ristretto255
import TestSupport
import Testing
import ZeroKnowledge

/// Properties of sigma proofs over both suites.
@Suite struct SigmaProofTests {
    @Test func honestProofsVerifyOverRistretto255() throws { try checkHonest(Ristretto255TurboShake128.self) }
    @Test func honestProofsVerifyOverP256() throws { try checkHonest(P256Shake128.self) }

    private func checkHonest<S: Ciphersuite>(_: S.Type) throws {
        var random = SeededGenerator()
        let proofs = SigmaProofs<S>(application: "test v1")
        for sample in try SampleRelation<S.G>.all(using: &random) {
            for flavor in SigmaProofs<S>.Flavor.allCases {
                let proof = try proofs.prove(sample.relation, witness: sample.witness, flavor, using: &random)
                #expect(proof.count == SigmaProofs<S>.size(of: sample.relation, flavor))
                try proofs.verify(proof, of: sample.relation, flavor)
                let other = try proofs.prove(sample.relation, witness: sample.witness, flavor, using: &random)
                #expect(other != proof, "fresh nonces make fresh proofs")
            }
        }
    }

    @Test func aFalseWitnessIsNotProven() throws {
        var random = SeededGenerator()
        let proofs = SigmaProofs<Ristretto255TurboShake128>(application: "test v1")
        for sample in try SampleRelation<Ristretto255Group>.all(using: &random) {
            for index in sample.witness.indices {
                var witness = sample.witness
                witness[index] = witness[index] + .one
                #expect(throws: SigmaError.falseWitness, "\(sample.name)") {
                    try proofs.prove(sample.relation, witness: witness, .compact, using: &random)
                }
            }
            let count = sample.witness.count
            #expect(throws: SigmaError.wrongWitnessCount(expected: count, actual: count + 1)) {
                try proofs.prove(sample.relation, witness: sample.witness + [.one], .compact, using: &random)
            }
            #expect(throws: SigmaError.wrongWitnessCount(expected: count, actual: 0)) {
                try proofs.prove(sample.relation, witness: [], .batchable, using: &random)
            }
        }
    }

    /// Honest-verifier zero knowledge: who chooses the challenge first needs no witness.
    @Test func simulatedTranscriptsAreAccepted() throws {
        typealias G = Ristretto255Group
        var random = SeededGenerator()
        for sample in try SampleRelation<G>.all(using: &random) {
            let challenge = G.randomScalar(using: &random)
            let response = SigmaProtocol<G>.simulateResponse(sample.relation, using: &random)
            let commitment = SigmaProtocol<G>.simulateCommitment(
                sample.relation, response: response, challenge: challenge)
            func accepts(_ commitment: [G.Element], _ challenge: G.Scalar, _ response: [G.Scalar]) -> Bool {
                SigmaProtocol<G>.accepts(
                    sample.relation, commitment: commitment, challenge: challenge, response: response)
            }
            #expect(accepts(commitment, challenge, response))
            #expect(!accepts(commitment, challenge + .one, response))
            #expect(!accepts(commitment.dropLast(), challenge, response))
            #expect(!accepts(commitment, challenge, response + [.one]))
        }
    }

    /// Special soundness, which is also why nonces must never repeat: two answers from one commitment are the witness.
    @Test func twoAnswersFromOneCommitmentGiveTheWitnessAway() throws {
        typealias G = Ristretto255Group
        var random = SeededGenerator()
        for sample in try SampleRelation<G>.all(using: &random) {
            let rewound = random
            var (one, two) = (rewound, rewound)
            let first = SigmaProtocol<G>.Prover(sample.relation, witness: sample.witness, using: &one)
            let second = SigmaProtocol<G>.Prover(sample.relation, witness: sample.witness, using: &two)
            #expect(first.commitment == second.commitment)
            let challenges = (G.Scalar(5), G.Scalar(9))
            let answers = zip(first.response(to: challenges.0), second.response(to: challenges.1))
            let extracted = answers.map { ($0 - $1) * (challenges.0 - challenges.1).inverted() }
            #expect(extracted == sample.witness, "\(sample.name)")
            _ = random.next()
        }
    }

    // MARK: Batches

    @Test func batchesOfAnyMixtureVerify() throws {
        typealias Proofs = SigmaProofs<Ristretto255TurboShake128>
        var random = SeededGenerator()
        let applications = [Proofs(application: "one"), Proofs(application: "two")]
        var entries: [Proofs.BatchEntry] = []
        for round in 0..<3 {
            for sample in try SampleRelation<Ristretto255Group>.all(using: &random) {
                let proofs = applications[round % 2]
                let proof = try proofs.prove(sample.relation, witness: sample.witness, .batchable, using: &random)
                entries.append(Proofs.BatchEntry(proofs: proofs, relation: sample.relation, proof: proof))
            }
        }
        try Proofs.verifyBatch([])
        try Proofs.verifyBatch(entries)
        try Proofs.verifyBatch([entries[0], entries[0]])
        for index in entries.indices {
            var bad = entries
            bad[index].proofs = applications[(index / 7 + 1) % 2]
            #expect(throws: SigmaError.rejected) { try Proofs.verifyBatch(bad) }
            bad = entries
            bad[index].relation = entries[(index + 7) % entries.count].relation
            #expect(throws: SigmaError.rejected) { try Proofs.verifyBatch(bad) }
        }
    }

    /// Two errors that cancel in an unweighted sum.
    @Test func errorsDoNotCancelInABatch() throws {
        typealias Proofs = SigmaProofs<Ristretto255TurboShake128>
        typealias G = Ristretto255Group
        var random = SeededGenerator()
        let proofs = Proofs(application: "test v1")
        let sample = try SampleRelation<G>.discreteLogarithm(&random)
        func changed(by delta: G.Scalar) throws -> Proofs.BatchEntry {
            let proof = try proofs.prove(sample.relation, witness: sample.witness, .batchable, using: &random)
            let response = try G.decodeScalar(proof[32...]) + delta
            return Proofs.BatchEntry(
                proofs: proofs, relation: sample.relation, proof: proof[..<32] + G.encode(response))
        }
        try Proofs.verifyBatch([changed(by: .zero), changed(by: .zero)])
        #expect(throws: SigmaError.rejected) { try Proofs.verifyBatch([changed(by: 3), changed(by: -G.Scalar(3))]) }
    }

    /// Every part of a batch moves the weights, responses included.
    @Test func weightsBindTheWholeBatch() throws {
        typealias Proofs = SigmaProofs<Ristretto255TurboShake128>
        var random = SeededGenerator()
        let proofs = Proofs(application: "test v1")
        let entries = try (0..<2).map { _ in
            let sample = try SampleRelation<Ristretto255Group>.equalLogarithms(&random)
            let proof = try proofs.prove(sample.relation, witness: sample.witness, .batchable, using: &random)
            return Proofs.BatchEntry(proofs: proofs, relation: sample.relation, proof: proof)
        }
        let weights = Proofs.batchingWeights(entries)
        #expect(weights.count == 4)
        for index in 0..<2 {
            for byte in entries[index].proof.indices {
                var changed = entries
                changed[index].proof[byte] ^= 1
                #expect(Proofs.batchingWeights(changed)[0] != weights[0])
            }
            var changed = entries
            changed[index].proofs = Proofs(application: "test v2")
            #expect(Proofs.batchingWeights(changed)[0] != weights[0])
            changed = entries
            changed[index].relation = entries[1 - index].relation
            #expect(Proofs.batchingWeights(changed)[0] != weights[0])
        }
    }
}
