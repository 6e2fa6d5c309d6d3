import Ristretto255

/// Verification. With N = bits · values positions, k = bits·j + i being bit i of value j, and s_k = Π c⁻¹ over the rounds
/// in which k lies in the upper part, the two equations are
///
///     t̂·B + τ·H = δ·B + Σ z^(j+2)·V_j + x·T_1 + x²·T_2
///     A + x·S + Σ c⁻¹·L + c·R + w·(t̂ - a·b)·B - μ·H
///         = Σ (z + a·s_k)·G_k + (b·s_k⁻¹·y⁻ᵏ - z - z^(j+2)·2ⁱ·y⁻ᵏ)·H_k
///
/// where δ = (z - z²)·Σ yᵏ - Σ z^(j+3)·(2^bits - 1).
extension RangeProofs {
    /// Returns if the proof is one of the statement, for this application. Variable time: all is public.
    ///
    /// - Throws: `ProofError`.
    public func verify(_ proof: RangeProof, of statement: RangeStatement) throws(ProofError) {
        var generator = SystemRandomNumberGenerator()
        try BatchEntry(proofs: self, statement: statement, proof: proof).verify(using: &generator, threads: 1)
    }

    /// A proof to be verified in a batch.
    public struct BatchEntry: BatchVerifiable {
        /// The application that it was made for.
        public var proofs: RangeProofs
        /// What it is to prove.
        public var statement: RangeStatement
        /// What is to be verified.
        public var proof: RangeProof

        /// A proof with what it is to prove.
        public init(proofs: RangeProofs, statement: RangeStatement, proof: RangeProof) {
            self.proofs = proofs
            self.statement = statement
            self.proof = proof
        }

        public func add(
            to batch: inout VerificationBatch, using generator: inout some RandomNumberGenerator
        ) throws(ProofError) {
            let challenges = try challenges()
            let weights = (VerificationBatch.weight(&generator), VerificationBatch.weight(&generator))
            addPolynomial(challenges, weight: weights.0, to: &batch)
            addInnerProduct(challenges, weight: weights.1, to: &batch)
        }

        private struct Challenges {
            var y: Scalar
            var z: Scalar
            var x: Scalar
            var w: Scalar
            var rounds: [Scalar]
        }

        private func challenges() throws(ProofError) -> Challenges {
            let expected = RangeProof.size(bits: statement.bits, count: statement.commitments.count)
            guard proof.bytes.count == expected else {
                throw .wrongLength(expected: expected, actual: proof.bytes.count)
            }
            var transcript = ArgumentVerifier<G>(
                proofs.session, suite: InnerProductSuite.hash, statement: statement.encoding, argument: proof.bytes)
            try transcript.skip(2 * G.elementSize)
            let (y, z) = (try transcript.invertibleChallenge(), transcript.challenge())
            try transcript.skip(2 * G.elementSize)
            let x = transcript.challenge()
            try transcript.skip(3 * G.scalarSize)
            let w = transcript.challenge()
            var rounds: [Scalar] = []
            for _ in proof.rounds {
                try transcript.skip(2 * G.elementSize)
                rounds.append(try transcript.invertibleChallenge())
            }
            return Challenges(y: y, z: z, x: x, w: w, rounds: rounds)
        }

        /// The first equation: t̂ is what the commitments say that it is.
        private func addPolynomial(_ challenges: Challenges, weight: Scalar, to batch: inout VerificationBatch) {
            let (x, z) = (challenges.x, challenges.z)
            let positions = statement.bits.rawValue * statement.commitments.count
            let sumOfPowers = Scalar.powers(of: challenges.y, count: positions).reduce(.zero, +)
            let largest = Scalar(UInt64.max >> UInt64(64 - statement.bits.rawValue))
            var delta = (z - z * z) * sumOfPowers
            var power = z * z
            for commitment in statement.commitments {
                batch.add(weight * power, commitment)
                power *= z
                delta -= power * largest
            }
            batch.add(weight * x, proof.coefficients.linear)
            batch.add(weight * x * x, proof.coefficients.square)
            batch.addValue(weight * (delta - proof.evaluation))
            batch.addBlind(-(weight * proof.evaluationBlind))
        }

        /// The second equation: t̂ is the inner product of the vectors that A and S commit to.
        private func addInnerProduct(_ challenges: Challenges, weight: Scalar, to batch: inout VerificationBatch) {
            let (bits, z) = (statement.bits.rawValue, challenges.z)
            let inverses = Scalar.inverses(of: challenges.rounds + [challenges.y])
            batch.add(weight, proof.bits)
            batch.add(weight * challenges.x, proof.masks)
            for (index, round) in proof.rounds.enumerated() {
                batch.add(weight * inverses[index], round.left)
                batch.add(weight * challenges.rounds[index], round.right)
            }
            batch.addValue(weight * challenges.w * (proof.evaluation - proof.last.a * proof.last.b))
            batch.addBlind(-(weight * proof.vectorBlind))

            let halving = Halving(bits * statement.commitments.count)
            let gFactors = halving.expand(Array(inverses.dropLast()), start: -(weight * proof.last.a))
            let hFactors = halving.expand(challenges.rounds, start: -(weight * proof.last.b))
            let yInverses = Scalar.powers(of: inverses[inverses.count - 1], count: gFactors.count)
            let shift = weight * z
            var coefficients: [Scalar] = []
            coefficients.reserveCapacity(RangeGenerators.stride * statement.commitments.count)
            let padding = [Scalar](repeating: .zero, count: RangeGenerators.bitsPerValue - bits)
            var valueWeight = weight * z * z
            for value in statement.commitments.indices {
                let positions = bits * value..<bits * (value + 1)
                coefficients += gFactors[positions].map { $0 - shift }
                coefficients += padding
                var power = valueWeight
                for index in positions {
                    coefficients.append(shift + yInverses[index] * (power + hFactors[index]))
                    power += power
                }
                coefficients += padding
                valueWeight *= z
            }
            batch.addRange(coefficients)
        }
    }
}
