import Encodings
import TestSupport
import Testing
import ZeroKnowledge

/// The vectors of draft-irtf-cfrg-sigma-protocols-03 over P-256: valid proofs are made again byte by byte, and each
/// adversarial one is refused for the reason that its description names.
@Suite struct SigmaVectorTests {
    typealias Proofs = SigmaProofs<P256Shake128>

    struct Record: Decodable {
        var id: String
        var ciphersuite: String
        var relation: String?
        var flavor: String
        var tag: String
        var sessionID: String?
        var instance: String
        var witness: String?
        var argument: String
        var expected: String
        var baseID: String?

        enum CodingKeys: String, CodingKey {
            case id = "Id"
            case ciphersuite = "Ciphersuite"
            case relation = "Relation"
            case flavor = "Flavor"
            case tag = "Tag"
            case sessionID = "SessionId"
            case instance = "Instance"
            case witness = "Witness"
            case argument = "NargString"
            case expected = "Expected"
            case baseID = "BaseId"
        }

        var isBatchable: Bool { flavor == "batchable" }

        var proofFlavor: Proofs.Flavor { isBatchable ? .batchable : .compact }

        /// Tags have our form, application ‖ "-FLAVOR-with-SUITE".
        func proofs() throws -> Proofs {
            let suffix = "-\(proofFlavor.rawValue)-with-\(P256Shake128.identifier)"
            try #require(tag.hasSuffix(suffix))
            return Proofs(application: String(tag.dropLast(suffix.count)))
        }

        func verify() throws {
            let relation = try LinearRelation<P256Group>(decoding: bytes(hex: instance))
            try proofs().verify(bytes(hex: argument), of: relation, proofFlavor)
        }

        func batchEntry() throws -> Proofs.BatchEntry {
            try Proofs.BatchEntry(
                proofs: proofs(), relation: LinearRelation(decoding: bytes(hex: instance)),
                proof: bytes(hex: argument))
        }
    }

    /// The draft's seeded generator for one stream of its vectors.
    struct VectorRandomness: RandomNumberGenerator {
        private var sponge: DuplexSponge

        init(tag: String, suite: HashSuite) {
            sponge = DuplexSponge(SessionID(tag: Array(tag.utf8), suite: suite), suite: suite)
        }

        mutating func next() -> UInt64 {
            sponge.squeeze(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
    }

    private static func valid() throws -> [Record] { try VectorFolder.sigma("sigma-proofs_Shake128_P256") }
    private static func adversarial() throws -> [Record] {
        try VectorFolder.sigma("sigma-proofs-invalid_Shake128_P256")
    }

    @Test func validProofsVerifyAndAreMadeAgain() throws {
        let records = try Self.valid()
        #expect(records.count == 14)
        for record in records {
            #expect(record.expected == "accept" && record.ciphersuite == P256Shake128.identifier)
            let proofs = try record.proofs()
            #expect(Hex.encode(proofs.session(record.proofFlavor).bytes) == record.sessionID, "\(record.id)")
            let instance = try bytes(hex: record.instance)
            let relation = try LinearRelation<P256Group>(decoding: instance)
            #expect(relation.encoding == instance, "\(record.id)")
            try record.verify()

            let encodedWitness = try bytes(hex: #require(record.witness))
            let witness = try stride(from: 0, to: encodedWitness.count, by: 32).map {
                try P256Group.decodeScalar(encodedWitness[$0..<$0 + 32])
            }
            var random = VectorRandomness(
                tag: "TestDRNG-SIGMA-PROOFS-\(record.proofFlavor.rawValue)-\(record.ciphersuite)-"
                    + (try #require(record.relation)),
                suite: .shake128)
            let proof = try proofs.prove(relation, witness: witness, record.proofFlavor, using: &random)
            #expect(Hex.encode(proof) == record.argument, "\(record.id)")
        }
    }

    /// What each adversarial vector must meet, by the last part of its id.
    private static func reason(_ name: String) -> (any Error & Sendable)? {
        switch name {
        case "batchable/A1", "batchable/A2", "batchable/A2b", "batchable/A3", "batchable/A4", "batchable/A6":
            SigmaError.malformed(.invalidElement)
        case "batchable/B1", "compact/B2": SigmaError.malformed(.nonCanonicalScalar)
        case "batchable/C1": SigmaError.wrongLength(expected: 65, actual: 66)
        case "batchable/C2": SigmaError.wrongLength(expected: 65, actual: 64)
        case "compact/C1": SigmaError.wrongLength(expected: 64, actual: 65)
        case "compact/C2": SigmaError.wrongLength(expected: 64, actual: 63)
        case "compact/D1": SigmaError.identityCommitment
        case "batchable/E1", "batchable/E1b": RelationError.unusedScalar(1)
        case "batchable/E2": RelationError.trivialImage(equation: 0)
        case "batchable/E3": RelationError.encoding(.group(.invalidElement))
        case "batchable/E4": RelationError.missingElement(2)
        case "batchable/F1b", "compact/F1b", "batchable/F2b", "compact/F2b", "batchable/F3", "compact/F3",
            "compact/F4", "batchable/F4b", "batchable/H1", "batchable/H2", "compact/H3":
            SigmaError.rejected
        default: nil
        }
    }

    @Test func adversarialProofsAreRefusedForTheirReason() throws {
        let records = try Self.adversarial()
        let accepted = try Set(Self.valid().map(\.id))
        #expect(records.count == 33)
        var refused = 0
        for record in records {
            let name = record.id.split(separator: "/").suffix(2).joined(separator: "/")
            guard record.expected == "reject" else {
                // Baselines.
                try record.verify()
                continue
            }
            #expect(accepted.contains(try #require(record.baseID)), "\(record.id)")
            let reason = try #require(Self.reason(name), "no reason known for \(record.id)")
            switch reason {
            case let reason as SigmaError: #expect(throws: reason, "\(record.id)") { try record.verify() }
            case let reason as RelationError: #expect(throws: reason, "\(record.id)") { try record.verify() }
            default: Issue.record("unexpected type of error")
            }
            refused += 1
        }
        #expect(refused == 29)
    }

    @Test func everySubsetOfValidProofsIsAValidBatch() throws {
        let entries = try Self.valid().filter(\.isBatchable).map { try $0.batchEntry() }
        #expect(entries.count == 7)
        for mask in 0..<(1 << entries.count) {
            let subset = entries.indices.filter { mask >> $0 & 1 == 1 }.map { entries[$0] }
            try Proofs.verifyBatch(subset)
        }
    }

    /// Weights that the draft's reference implementation squeezes for the batch of all valid batchable proofs.
    @Test func batchingWeightsAreTheDrafts() throws {
        let entries = try Self.valid().filter(\.isBatchable).map { try $0.batchEntry() }
        let weights = Proofs.batchingWeights(entries).map { Hex.encode(P256Group.encode($0).suffix(16)) }
        #expect(weights == Self.referenceWeights)
    }

    private static let referenceWeights: [String] = [
        "bde0e70cb51f68ee3601babc810ab67c",
        "0df712e273f0c4983dabcff2a3d70cd0",
        "5f16cabdff6f781d82c93b2e84ca6742",
        "ff179554c08b0953daef5a22154cc80b",
        "fde989bb4195091aec801f2d3ff8180b",
        "dc5e127171c6129f9798f8bb5b0c6a93",
        "de79a815ef1b907e150103cf465e7e53",
        "6a69984343040f1a06fadcaca98c4ec1",
        "63f7030f840fb9c8f925efa69e98070d",
        "8db4eee158405d4c670ef59f7724a98e",
        "f8b41e9812c8ec346659bbf7f401b573",
    ]

    @Test func aBatchWithAnAdversarialProofIsRefused() throws {
        let good = try #require(try Self.valid().first).batchEntry()
        var refused = 0
        for record in try Self.adversarial() where record.isBatchable && record.expected == "reject" {
            #expect(throws: (any Error).self, "\(record.id)") {
                try Proofs.verifyBatch([good, record.batchEntry()])
            }
            refused += 1
        }
        #expect(refused == 20)
    }
}
