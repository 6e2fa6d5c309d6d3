import Encodings
import Foundation
import Ristretto255
import Testing
import ZeroKnowledge

/// `Protocols/vectors/zero-knowledge.json`: proofs of Cairn's suite.
///
/// A proof in that file must verify for ever. A change of format takes a new ciphersuite identifier and new entries; it
/// never rewrites old ones.
@Suite struct ZeroKnowledgeVectorTests {
    private typealias Suite = Ristretto255TurboShake128
    private typealias G = Ristretto255Group
    private typealias Proofs = SigmaProofs<Suite>

    private struct Vectors: Codable {
        var ciphersuite: String
        var application: String
        var proofs: [Proof]
        var batch: Batch
    }

    private struct Proof: Codable {
        var relation: String
        var flavor: String
        var tag: String
        var session: String
        var statement: String
        var witness: String
        var proof: String
    }

    private struct Batch: Codable {
        /// The weights of all batchable proofs above, in their order.
        var weights: [String]
    }

    /// The generator of the sigma draft's test vectors, over our suite.
    private struct VectorRandomness: RandomNumberGenerator {
        private var sponge: DuplexSponge

        init(_ parts: String...) {
            let tag = (["TestDRNG-SIGMA-PROOFS"] + parts).joined(separator: "-")
            sponge = DuplexSponge(SessionID(tag: Array(tag.utf8), suite: Suite.hash), suite: Suite.hash)
        }

        mutating func next() -> UInt64 {
            sponge.squeeze(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
    }

    private static let application = "cairn test vectors v1"

    /// Relation and witness of each name, made from one stream of scalars in the order in which the page lists them.
    private static func samples() throws -> [(name: String, relation: LinearRelation<G>, witness: [Scalar])] {
        func stream(_ name: String) -> (inout [Scalar]) -> Scalar {
            var random = VectorRandomness(Suite.identifier, name)
            return { drawn in
                drawn.append(G.randomScalar(using: &random))
                return drawn[drawn.count - 1]
            }
        }
        var samples: [(name: String, relation: LinearRelation<G>, witness: [Scalar])] = []
        var drawn: [Scalar] = []

        do {
            let next = stream("discrete_logarithm")
            let x = next(&drawn)
            var builder = RelationBuilder<G>()
            builder.equate(builder.element(x * .generator), builder.witness() * builder.generator)
            samples.append(("discrete_logarithm", try builder.build(), [x]))
        }
        do {
            let next = stream("dleq")
            let (h, x) = (next(&drawn) * RistrettoPoint.generator, next(&drawn))
            var builder = RelationBuilder<G>()
            let (base, one, two) = (builder.element(h), builder.element(x * .generator), builder.element(x * h))
            let witness = builder.witness()
            builder.equate(one, witness * builder.generator)
            builder.equate(two, witness * base)
            samples.append(("dleq", try builder.build(), [x]))
        }
        do {
            let next = stream("pedersen_commitment")
            let h = next(&drawn) * RistrettoPoint.generator
            let (m, r) = (next(&drawn), next(&drawn))
            var builder = RelationBuilder<G>()
            let (base, c) = (builder.element(h), builder.element(m * .generator + r * h))
            let (message, blind) = (builder.witness(), builder.witness())
            builder.equate(c, message * builder.generator + blind * base)
            samples.append(("pedersen_commitment", try builder.build(), [m, r]))
        }
        do {
            let next = stream("opens_to")
            let h = next(&drawn) * RistrettoPoint.generator
            let (m, r) = (Scalar(1_000_000), next(&drawn))
            var builder = RelationBuilder<G>()
            let (base, c) = (builder.element(h), builder.element(m * .generator + r * h))
            builder.equate(c, m * builder.generator + builder.witness() * base)
            samples.append(("opens_to", try builder.build(), [r]))
        }
        do {
            let next = stream("bit")
            let h = next(&drawn) * RistrettoPoint.generator
            let r = next(&drawn)
            var builder = RelationBuilder<G>()
            let (base, c) = (builder.element(h), builder.element(.generator + r * h))
            let (b, blind, product) = (builder.witness(), builder.witness(), builder.witness())
            builder.equate(c, b * builder.generator + blind * base)
            builder.equate(c, b * c + product * base)
            samples.append(("bit", try builder.build(), [1, r, 0]))
        }
        return samples
    }

    @Test func proofsAreWhatTheCodeMakes() throws {
        let proofs = Proofs(application: Self.application)
        var entries: [Proofs.BatchEntry] = []
        var vectors = Vectors(
            ciphersuite: Suite.identifier, application: Self.application, proofs: [], batch: Batch(weights: []))
        for sample in try Self.samples() {
            for flavor in Proofs.Flavor.allCases {
                var random = VectorRandomness(flavor.rawValue, Suite.identifier, sample.name)
                let proof = try proofs.prove(sample.relation, witness: sample.witness, flavor, using: &random)
                vectors.proofs.append(
                    Proof(
                        relation: sample.name, flavor: flavor.rawValue,
                        tag: "\(Self.application)-\(flavor.rawValue)-with-\(Suite.identifier)",
                        session: Hex.encode(proofs.session(flavor).bytes),
                        statement: Hex.encode(sample.relation.encoding),
                        witness: Hex.encode(G.encode(sample.witness)), proof: Hex.encode(proof)))
                if flavor == .batchable {
                    entries.append(.init(proofs: proofs, relation: sample.relation, proof: proof))
                }
            }
        }
        try Proofs.verifyBatch(entries)
        vectors.batch.weights = Proofs.batchingWeights(entries).map { Hex.encode(G.encode($0).prefix(16)) }
        try VectorFile.check("zero-knowledge.json", vectors, isPinned: true)
    }

    /// From the file alone, as anybody else would read it.
    @Test func storedProofsVerify() throws {
        let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Protocols/vectors/zero-knowledge.json").standardizedFileURL
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let vectors = try decoder.decode(Vectors.self, from: Data(contentsOf: url))
        #expect(vectors.ciphersuite == Suite.identifier && vectors.proofs.count == 10)
        let proofs = Proofs(application: vectors.application)
        for vector in vectors.proofs {
            let flavor = try #require(Proofs.Flavor(rawValue: vector.flavor))
            let relation = try LinearRelation<G>(decoding: #require(Hex.decode(vector.statement)))
            try proofs.verify(#require(Hex.decode(vector.proof)), of: relation, flavor)
            #expect(SessionID(tag: Array(vector.tag.utf8), suite: Suite.hash).bytes == Hex.decode(vector.session))
        }
    }
}
