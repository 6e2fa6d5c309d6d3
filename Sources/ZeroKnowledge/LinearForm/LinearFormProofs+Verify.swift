import Ristretto255

/// Verification. With s_k = Π c_i⁻¹ over the rounds in which index k lies in the upper part, the two equations are
///
///     A + e·(C + w·K + Σ c_i⁻¹·L_i + c_i·R_i) = z_x·Σ s_k·(G_k + w·λ_k·B) + z_s·H
///     D + e·K                                 = z_v·B + z_t·H
extension LinearFormProofs {
    /// Returns if the proof is one of the statement, for this application. Variable time: all is public.
    ///
    /// - Throws: `ProofError`.
    public func verify(
        _ proof: LinearFormProof, of statement: LinearFormStatement, threads: Int = 1
    ) throws(ProofError) {
        var generator = SystemRandomNumberGenerator()
        try BatchEntry(proofs: self, statement: statement, proof: proof).verify(using: &generator, threads: threads)
    }

    /// A proof to be verified in a batch.
    public struct BatchEntry: BatchVerifiable {
        /// The application that it was made for.
        public var proofs: LinearFormProofs
        /// What it is to prove.
        public var statement: LinearFormStatement
        /// What is to be verified.
        public var proof: LinearFormProof

        /// A proof with what it is to prove.
        public init(proofs: LinearFormProofs, statement: LinearFormStatement, proof: LinearFormProof) {
            self.proofs = proofs
            self.statement = statement
            self.proof = proof
        }

        public func add(
            to batch: inout VerificationBatch, using generator: inout some RandomNumberGenerator
        ) throws(ProofError) {
            let form = statement.form
            let halving = Halving(form.count)
            let expected = LinearFormProof.size(count: form.count)
            guard proof.bytes.count == expected else {
                throw .wrongLength(expected: expected, actual: proof.bytes.count)
            }
            var transcript = ArgumentVerifier<G>(
                proofs.session, suite: InnerProductSuite.hash, statement: statement.encoding, argument: proof.bytes)
            let weight = transcript.challenge()
            var challenges: [Scalar] = []
            for _ in proof.rounds {
                try transcript.skip(2 * G.elementSize)
                challenges.append(try transcript.invertibleChallenge())
            }
            try transcript.skip(2 * G.elementSize)
            let challenge = transcript.challenge()
            let inverses = Scalar.inverses(of: challenges)

            let (first, second) = (VerificationBatch.weight(&generator), VerificationBatch.weight(&generator))
            let scaled = first * challenge
            batch.add(first, proof.remainder)
            batch.add(scaled, statement.commitment)
            batch.add(scaled * weight + second * challenge, statement.note)
            batch.add(second, proof.note)
            for (index, round) in proof.rounds.enumerated() {
                batch.add(scaled * inverses[index], round.left)
                batch.add(scaled * challenges[index], round.right)
            }
            let responses = proof.responses
            let products = halving.expand(inverses, start: -(first * responses.vector))
            batch.addVector(products)
            batch.addValue(
                weight * Scalar.innerProduct(products[...], form.coefficients[...]) - second * responses.value)
            batch.addBlind(-(first * responses.blind + second * responses.noteBlind))
        }
    }
}
