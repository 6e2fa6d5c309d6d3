import Commitments
import Ristretto255
import ZeroKnowledge

extension Decoder {
    /// Zero-knowledge proofs, and the statements of sigma proofs. Whatever the input, a verifier comes to a verdict, and
    /// accepts no proof but the honest one that it knows.
    static let proofs: [Decoder] = [
        linearFormProof, rangeProof, sigmaProof,
        relation("sigma-relation-ristretto255", Ristretto255Group.self),
        relation("sigma-relation-p256", P256Group.self),
    ]

    private static let application = "fuzzing v1"

    private static func commit(_ value: Scalar, _ blind: Scalar) -> RistrettoPoint {
        value * Generators.shared.noteBase + blind * Generators.shared.blinding
    }

    private static let linearFormProof: Decoder = {
        let proofs = LinearFormProofs(application: application)
        let (statement, honest) = required {
            var generator = SeededGenerator(seed: 7)
            let (blind, noteBlind) = (Scalar.random(using: &generator), Scalar.random(using: &generator))
            let (form, values) = (try LinearForm(integers: [1, -2, 3, 4, 5]), [6, -7, 8, 0, 10] as [Int64])
            let statement = try LinearFormStatement(
                form: form,
                commitment: PedersenVector.commit(scalars: values.map { Scalar(signed: $0) }, blind: blind),
                note: commit(form.value(at: values), noteBlind))
            let proof = try proofs.prove(
                statement, values: values, blind: blind, noteBlind: noteBlind, using: &generator)
            return (statement, proof.bytes)
        }
        return Decoder(
            "linear-form-proof", maximumLength: honest.count + 64,
            seeds: { _ in [honest, Array(honest.dropLast(128)), honest.suffix(128) + honest] },
            run: { input in
                for count in [0, 1, 2, 5, 9, .max] {
                    canonical(
                        input, "linear-form proof", { try LinearFormProof(decoding: $0, count: count) }, { $0.bytes })
                }
                for bytes in [input, fitted(input, to: honest.count)] where bytes != honest {
                    guard let proof = try? LinearFormProof(decoding: bytes, count: 5) else { continue }
                    if (try? proofs.verify(proof, of: statement)) != nil {
                        broken("one linear-form proof verifies", by: input)
                    }
                }
            })
    }()

    private static let rangeProof: Decoder = {
        let proofs = RangeProofs(application: application)
        let (statement, honest) = required {
            var generator = SeededGenerator(seed: 8)
            let blind = Scalar.random(using: &generator)
            let statement = try RangeStatement(bits: .eight, commitments: [commit(200, blind)])
            return (statement, try proofs.prove(statement, values: [200], blinds: [blind], using: &generator).bytes)
        }
        return Decoder(
            "range-proof", maximumLength: honest.count + 64,
            seeds: { _ in [honest, honest + honest.suffix(64), Array(honest.dropLast(64))] },
            run: { input in
                for bits in RangeStatement.Bits.allCases {
                    for count in [0, 1, 2, 3, .max, .min] {
                        canonical(
                            input, "range proof", { try RangeProof(decoding: $0, bits: bits, count: count) },
                            { $0.bytes })
                    }
                }
                for bytes in [input, fitted(input, to: honest.count)] where bytes != honest {
                    guard let proof = try? RangeProof(decoding: bytes, bits: .eight, count: 1) else { continue }
                    if (try? proofs.verify(proof, of: statement)) != nil {
                        broken("one range proof verifies", by: input)
                    }
                }
            })
    }()

    private static let sigmaProof: Decoder = {
        typealias Proofs = SigmaProofs<Ristretto255TurboShake128>
        let proofs = Proofs(application: application)
        let (relation, honest) = required {
            var generator = SeededGenerator(seed: 9)
            let witness = [Scalar.random(using: &generator), Scalar.random(using: &generator)]
            var builder = RelationBuilder<Ristretto255Group>()
            let (value, blind) = (
                builder.element(Generators.shared.noteBase), builder.element(Generators.shared.blinding)
            )
            let commitment = builder.element(commit(witness[0], witness[1]))
            builder.equate(commitment, builder.witness() * value + builder.witness() * blind)
            let relation = try builder.build()
            let honest = try Proofs.Flavor.allCases.map {
                try proofs.prove(relation, witness: witness, $0, using: &generator)
            }
            return (relation, honest)
        }
        return Decoder(
            "sigma-proof", maximumLength: 128, seeds: { _ in honest },
            run: { input in
                for flavor in Proofs.Flavor.allCases {
                    for bytes in [input, fitted(input, to: honest[0].count)] where !honest.contains(bytes) {
                        do {
                            try proofs.verify(bytes, of: relation, flavor)
                            broken("one sigma proof of each flavour verifies", by: input)
                        } catch {
                            describe(error)
                        }
                    }
                    _ = try? Proofs.verifyBatch([.init(proofs: proofs, relation: relation, proof: input)])
                }
            })
    }()

    private static func relation<G: Group>(_ name: String, _ group: G.Type) -> Decoder {
        Decoder(
            name, maximumLength: 512,
            seeds: { generator in
                var builder = RelationBuilder<G>()
                let base = builder.element(G.multiply(G.randomScalar(using: &generator), G.generator))
                let image = builder.element(G.multiply(G.randomScalar(using: &generator), G.generator))
                let (one, two) = (builder.witness(), builder.witness())
                builder.equate(image, one * builder.generator + two * base)
                let opening = try builder.build().encoding
                builder.equate(base + G.Scalar(3 as UInt64) * image, two * builder.generator)
                return [opening, try builder.build().encoding]
            },
            run: { input in
                canonical(input, "relation", { try LinearRelation<G>(decoding: $0) }, { $0.encoding })
            })
    }
}
