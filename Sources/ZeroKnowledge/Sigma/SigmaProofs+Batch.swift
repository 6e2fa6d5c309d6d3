/// Many batchable proofs at once (draft-irtf-cfrg-sigma-protocols-03, section 'Batch verification').
///
/// All verification equations are added up with random 128-bit weights and checked by one multi-scalar multiplication,
/// which costs a fraction of so many single ones. A batch with a false proof passes with probability 2^-128. The weights
/// come from a hash of everything in the batch, responses included, so that no prover can aim at them.
extension SigmaProofs {
    /// A proof to be verified.
    public struct BatchEntry: Sendable {
        /// The application that it was made for.
        public var proofs: SigmaProofs
        /// What it is to prove.
        public var relation: LinearRelation<G>
        /// What is to be verified.
        public var proof: [UInt8]

        /// A proof with what it is to prove.
        public init(proofs: SigmaProofs, relation: LinearRelation<G>, proof: [UInt8]) {
            self.proofs = proofs
            self.relation = relation
            self.proof = proof
        }
    }

    /// Returns if every proof is valid; an empty batch is. To find out which one is not, verify them one by one.
    ///
    /// - Throws: `SigmaError`.
    public static func verifyBatch(_ entries: [BatchEntry]) throws(SigmaError) {
        var transcripts: [Transcript] = []
        transcripts.reserveCapacity(entries.count)
        for entry in entries {
            transcripts.append(try entry.proofs.transcript(entry.proof, of: entry.relation))
        }
        var weights = batchingWeights(entries)[...]

        // Everything on one side: Σ weight · (commitment + challenge · image - map(response)) = 0.
        var scalars: [G.Scalar] = [.zero]
        var points = [G.generator]
        for (entry, transcript) in zip(entries, transcripts) {
            let relation = entry.relation
            var coefficients = [G.Scalar](repeating: .zero, count: relation.elements.count)
            for (equation, commitment) in zip(relation.equations, transcript.commitment) {
                let weight = weights.removeFirst()
                scalars.append(weight)
                points.append(commitment)
                let scaled = weight * transcript.challenge
                for term in equation.image {
                    coefficients[term.element] = coefficients[term.element] + scaled * term.coefficient
                }
                for term in equation.terms {
                    coefficients[term.element] =
                        coefficients[term.element] - weight * term.coefficient * transcript.response[term.scalar]
                }
            }
            // Every relation's first element is the generator.
            scalars[0] = scalars[0] + coefficients[0]
            scalars += coefficients.dropFirst()
            points += relation.elements.dropFirst()
        }
        guard G.variableTimeMultiScalar(scalars, points).isIdentity else { throw .rejected }
    }

    /// 128-bit weights, one an equation, in the order of entries and equations.
    package static func batchingWeights(_ entries: [BatchEntry]) -> [G.Scalar] {
        var sponge = DuplexSponge(
            SessionID(tag: Array("irtf-cfrg-sigma-protocols/batch-verify".utf8), suite: Suite.hash), suite: Suite.hash)
        for entry in entries {
            sponge.absorb(entry.proofs.session(.batchable).bytes)
            sponge.absorb(entry.relation.encoding)
            sponge.absorb(entry.proof)
        }
        let count = entries.reduce(0) { $0 + $1.relation.equations.count }
        let bytes = sponge.squeeze(16 * count)
        return (0..<count).map { index in
            G.Scalar(bytes[16 * index..<16 * (index + 1)].reversed().reduce(UInt128(0)) { $0 << 8 | UInt128($1) })
        }
    }
}
