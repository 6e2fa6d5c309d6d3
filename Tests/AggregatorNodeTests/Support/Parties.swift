import AggregatorNode
import Crypto
import DAP
import Datastore
import Ledger
import Logging
import TaskTypes
import Tasks
import TestSupport
import TransparencyLog

/// The keys of two operators and a collector, as `cairn keygen` would make them, and tasks between them.
struct Parties: Sendable {
    let directory: TemporaryFolder
    let leader: NodeConfiguration
    let helper: NodeConfiguration
    let leaderKeys: NodeKeys
    let helperKeys: NodeKeys
    let collector = HpkeKeyPair.generate(id: 9)

    static let origin = "log.example/cairn"
    /// A witness of somebody else, whom the quorum needs as well.
    let independent: Cosigner?

    init(independent: Cosigner? = nil) throws {
        self.independent = independent
        directory = try TemporaryFolder.ofNodes()
        let path = directory.path
        try KeyFiles.makePreSharedKey(at: "\(path)/peer.psk")
        try KeyFiles.makeToken(at: "\(path)/aggregator.token")
        try KeyFiles.makeToken(at: "\(path)/collector.token")
        try KeyFiles.makeLogKey(name: Self.origin, at: "\(path)/log.skey")
        try KeyFiles.makeWitnessKey(name: "witness.example/helper", at: "\(path)/witness.skey")
        func yaml(_ role: String, _ port: Int, _ peer: Int, _ key: String) -> String {
            """
            role: \(role)
            listen: 127.0.0.1:\(port)
            public_url: http://127.0.0.1:\(port)/
            data_dir: \(role)
            peer:
              url: http://127.0.0.1:\(peer)
              psk_file: peer.psk
            tokens:
              aggregator: aggregator.token
            \(role == "leader" ? "  collector: collector.token\n" : "")
            log:
              origin: \(Self.origin)
              key_file: \(key)
            """
        }
        leader = try .load(yaml: yaml("leader", 8301, 8302, "log.skey"), file: "\(path)/leader.yaml")
        helper = try .load(yaml: yaml("helper", 8302, 8301, "witness.skey"), file: "\(path)/helper.yaml")
        leaderKeys = try .load(leader)
        helperKeys = try .load(helper)
    }

    func configuration(_ role: NodeRole) -> NodeConfiguration { role == .leader ? leader : helper }

    var policy: String {
        let head = "log \(leaderKeys.note.vkey)\nwitness helper \(helperKeys.note.vkey)\n"
        guard let independent else { return head + "quorum helper\n" }
        return head + "witness other \(independent.verifier.vkey) http://127.0.0.1:1/\n"
            + "group both all helper other\nquorum both\n"
    }

    func parameters(committed: Bool) -> CairnTaskParameters {
        let collectorHash = Array(SHA256.hash(data: collector.config.encoded()))
        guard committed else { return CairnTaskParameters(collectorHpkeHash: collectorHash, maxBatchSize: 1_000) }
        return CairnTaskParameters(
            statementKeys: StatementKeys(
                leader: leaderKeys.statementPublicKey, helper: helperKeys.statementPublicKey),
            collectorHpkeHash: collectorHash, logKey: leaderKeys.note.vkey,
            logPolicyHash: Array(SHA256.hash(data: Array(policy.utf8))), maxBatchSize: 1_000, publish: .public,
            admission: .open, creditPolicy: CreditPolicy(kind: .unit, bound: 0))
    }

    func task(
        committed: Bool, mode: BatchMode = .timeInterval, minBatchSize: UInt64 = 2, info: String = "test",
        leaderURL: String? = nil, vdaf type: VDAFConfiguration? = nil, owner: Curve25519.Signing.PrivateKey? = nil,
        policy text: String? = nil,
        change: (inout CairnTaskParameters) -> Void = { _ in }
    ) throws -> TaskFile {
        var parameters = parameters(committed: committed)
        let policy = text ?? policy
        if committed { parameters.logPolicyHash = Array(SHA256.hash(data: Array(policy.utf8))) }
        change(&parameters)
        let vdaf = type ?? .sumVec(length: 3, maxMeasurement: 7, chunkLength: 3)
        let configuration = try TaskConfiguration(
            taskInfo: Array(info.utf8), leaderURL: leaderURL ?? leader.publicURL.string + "/",
            helperURL: helper.publicURL.string + "/", timePrecision: 60, minBatchSize: minBatchSize, batchMode: mode,
            vdaf: committed ? .committed(vdaf) : vdaf, taskInterval: nil, cairn: parameters)
        return try TaskFile(
            name: info, configuration: configuration, collectorHpkeConfig: collector.config,
            logPolicy: committed ? policy : nil, logURL: nil,
            ownerSignature: try owner.map { try TaskOwnerSignature.sign(taskID: configuration.taskID, with: $0) })
    }
}

extension Parties {
    /// A task of nothing but DAP, as an operator configures it.
    ///
    /// - Parameter keys: none for a task that its configuration names; otherwise it has an id of its own.
    func plain(
        keys: [VerifyKey] = [], vdaf: VDAFConfiguration = .sumVec(length: 3, maxMeasurement: 7, chunkLength: 3),
        mode: BatchMode = .leaderSelected, minBatchSize: UInt64 = 2, interval: Interval? = nil,
        leaderURL: String? = nil
    ) throws -> PlainTask {
        let configuration = try TaskConfiguration(
            taskInfo: Array("plain".utf8), leaderURL: leaderURL ?? leader.publicURL.string + "/",
            helperURL: helper.publicURL.string + "/", timePrecision: 60, minBatchSize: minBatchSize, batchMode: mode,
            vdaf: vdaf, taskInterval: interval, cairn: nil)
        return PlainTask(
            name: "plain", id: keys.isEmpty ? configuration.taskID : .random(), configuration: configuration,
            collectorConfig: collector.config, verifyKeys: keys)
    }
}
