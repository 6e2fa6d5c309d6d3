import Contributor
import Crypto
import DAP
import Encodings
import Foundation
import Ledger
import LedgerFixtures
import Owner
import SharedModel
import TaskTypes
import Tasks
import TransparencyLog

/// What two nodes say of themselves, in the JSON that nodes serve. Every test changes one thing.
struct NodeWords {
    var role: String
    var publicURL: String?
    var statementKey = Curve25519.Signing.PrivateKey()
    var logSigner: NoteSigner?
    var witness: Cosigner?
    /// The encoded configuration; its first byte is the number that the node gives the key.
    var hpkeConfig = HpkeKeyPair.generate(id: 1).config.encoded()

    func info() throws -> NodeInfo {
        var members: [String: Any] = [
            "roles": [role], "statement_key": Hex.encode(Array(statementKey.publicKey.rawRepresentation)),
            "hpke_config": Hex.encode(hpkeConfig),
        ]
        members["public_url"] = publicURL
        members["log_vkey"] = logSigner?.verifier.vkey
        members["witness_vkey"] = witness?.verifier.vkey
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(NodeInfo.self, from: try JSONSerialization.data(withJSONObject: members))
    }
}

/// A leader and a helper that fit each other.
struct NodePairFixture {
    var leader: NodeWords
    var helper: NodeWords

    init() throws {
        leader = NodeWords(role: "leader", logSigner: try NoteSigner(name: "example.org/log"))
        helper = NodeWords(role: "helper", witness: try Cosigner(name: "example.org/helper"))
    }

    func pair() throws -> NodePair { NodePair(leader: try leader.info(), helper: try helper.info()) }

    static func draft(_ vdaf: VDAFConfiguration = .committed(.sumVec(length: 3, maxMeasurement: 9, chunkLength: 3)))
        -> TaskDraft
    {
        TaskDraft(
            name: "test", leaderURL: "https://leader.example/", helperURL: "https://helper.example/", vdaf: vdaf,
            batchMode: .leaderSelected, timePrecision: 60, minBatchSize: 10, maxBatchSize: 100,
            collectorConfig: HpkeKeyPair.generate(id: 1).config)
    }
}

extension LogFixture {
    /// The fixture's task as a file, whose log is the fixture's folder.
    func file(logURL: String? = nil) throws -> TaskFile {
        try TaskFile(
            name: "fixture", configuration: task.configuration, collectorHpkeConfig: collector.config,
            logPolicy: policyText, logURL: logURL ?? directory)
    }

    func ownerLog() throws -> OwnerLog { OwnerLog(try file(), transport: HTTPTransport(deadline: .zero)) }
}

/// A small model and a round's task about it.
struct RoundFixture {
    let model: Model
    let log: LogFixture

    init(taskInfo: [UInt8] = TrainingRound(runID: [UInt8](repeating: 5, count: 16), number: 3).taskInfo) throws {
        model = Model(initial: try ModelShape(kind: .softmax, inputs: 2, classes: 2), seed: 1)
        log = try LogFixture(
            vdaf: try .boundedL2(dimension: UInt32(model.parameters.count), normBound: 5), taskInfo: taskInfo,
            modelHash: Blob.hash(model.encoded()))
    }

    func owned(key: Curve25519.Signing.PrivateKey? = nil) throws -> OwnedRound {
        try OwnedRound(try log.file(), key: key ?? log.ownerKey, transport: HTTPTransport(deadline: .zero))
    }
}
