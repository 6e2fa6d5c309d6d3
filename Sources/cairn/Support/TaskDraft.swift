import AggregatorNode
import Contributor
import Crypto
import DAP
import Encodings
import Ledger
import TaskTypes
import Tasks
import TransparencyLog

/// What an author decides about a task; nodes add their keys to it, and the result is a task file.
///
/// `cairn task create` and the demo make their tasks here.
struct TaskDraft: Sendable {
    var name: String
    /// Tells two tasks with equal parameters apart; the name followed by random bytes unless it is set.
    var taskInfo: [UInt8]
    var leaderURL: String
    var helperURL: String
    var vdaf: VDAFConfiguration
    var batchMode: BatchMode
    /// Seconds.
    var timePrecision: UInt64
    var minBatchSize: UInt64
    var maxBatchSize: UInt64
    /// For how many seconds the log of a committed task lets words about reports wait: a unit of their times, if nil; 0: not at
    /// all.
    var logWindow: UInt32?
    /// POSIX seconds: when reports may be made; always, if nil.
    var seconds: Range<UInt64>?
    var collectorConfig: HpkeConfig
    var publish: PublishMode = .public
    var credit = CreditPolicy(kind: .unit, bound: 0)
    /// Hash of λ, or commitment to it.
    var lambdaHash: [UInt8]?
    /// Signs the task.
    var owner: Curve25519.Signing.PrivateKey?
    var modelHash: [UInt8]?
    var termsHash: [UInt8]?
    /// Whether the author makes tasks that promise nothing, too.
    var acceptsWeakPromises = false
    /// A log policy other than 'the leader's log, cosigned by the helper'.
    var logPolicy: String?

    init(
        name: String, leaderURL: String, helperURL: String, vdaf: VDAFConfiguration, batchMode: BatchMode,
        timePrecision: UInt64, minBatchSize: UInt64, maxBatchSize: UInt64, collectorConfig: HpkeConfig
    ) {
        self.name = name
        taskInfo = Self.uniqueInfo(name)
        self.leaderURL = leaderURL
        self.helperURL = helperURL
        self.vdaf = vdaf
        self.batchMode = batchMode
        self.timePrecision = timePrecision
        self.minBatchSize = minBatchSize
        self.maxBatchSize = maxBatchSize
        self.collectorConfig = collectorConfig
    }

    /// Asks both nodes for their keys and completes the task.
    func complete(transport: HTTPTransport = .speaking) async throws -> TaskFile {
        try checkURLs()
        async let leader = NodeClient(url: leaderURL, transport: transport).info()
        async let helper = NodeClient(url: helperURL, transport: transport).info()
        let (leaderInfo, helperInfo) = (try await leader, try await helper)
        for (info, role, url) in [(leaderInfo, "leader", leaderURL), (helperInfo, "helper", helperURL)] {
            guard let own = info.publicUrl, let ownURL = BaseURL(own), ownURL != BaseURL(url) else { continue }
            // Not an error: operators can still change what their nodes say.
            Console.error(
                "cairn: note: the \(role) at \(url) says that it is found at \(ownURL.string), and takes no task "
                    + "that names another URL. Name that one with --\(role), or have its operator change public_url."
            )
        }
        return try complete(leader: leaderInfo, helper: helperInfo)
    }

    /// Completes the task with keys that are known already, and validates it: capacity and σ are checked here, before
    /// anybody contributes.
    func complete(leader: NodeInfo, helper: NodeInfo) throws -> TaskFile {
        try check(leader, url: leaderURL, role: "leader")
        try check(helper, url: helperURL, role: "helper")
        guard leader.statementKey != helper.statementKey, !Self.haveOneKey(leader, helper) else {
            throw CommandFailure(
                "the leader and the helper have the same key, so they are one node or copies of one",
                advice: "A task needs two aggregators with keys of their own: check --leader and --helper.")
        }
        let policy = vdaf.isCommitted ? try logPolicy ?? Self.defaultPolicy(leader: leader, helper: helper) : nil
        if vdaf.isCommitted, let logPolicy { try Self.check(policy: logPolicy, leader: leader, helper: helper) }
        let parameters = try parameters(leader: leader, helper: helper, policy: policy)
        let configuration = try TaskConfiguration(
            taskInfo: taskInfo, leaderURL: leaderURL, helperURL: helperURL, timePrecision: timePrecision,
            minBatchSize: minBatchSize, batchMode: batchMode, vdaf: vdaf, taskInterval: try taskInterval(),
            cairn: parameters)
        _ = try configuration.validated()
        let file = try TaskFile(
            name: name, configuration: configuration, collectorHpkeConfig: collectorConfig, logPolicy: policy,
            logURL: vdaf.isCommitted ? Self.logURL(leaderURL) : nil,
            ownerSignature: try owner.map { try TaskOwnerSignature.sign(taskID: configuration.taskID, with: $0) })
        return try accepted(file, helper: helper.witnessKey)
    }

    /// Completes a task of nothing but DAP. Its aggregators need not be nodes of Cairn, so nobody is asked.
    func completePlain() throws -> TaskFile {
        try checkURLs()
        let configuration = try TaskConfiguration(
            taskInfo: taskInfo, leaderURL: leaderURL, helperURL: helperURL, timePrecision: timePrecision,
            minBatchSize: minBatchSize, batchMode: batchMode, vdaf: vdaf, taskInterval: try taskInterval(), cairn: nil)
        _ = try configuration.validated()
        return try accepted(
            try TaskFile(
                name: name, configuration: configuration, collectorHpkeConfig: collectorConfig, logPolicy: nil,
                logURL: nil))
    }

    private func checkURLs() throws {
        if let leader = BaseURL(leaderURL), leader == BaseURL(helperURL) {
            throw CommandFailure.usage(
                "--leader and --helper are one node (\(leader)), which would see every input",
                advice: "A task has two aggregators.")
        }
        for (option, url) in [("--leader", leaderURL), ("--helper", helperURL)] {
            do throws(InsecureEndpoint) { try EndpointRule.check(url) } catch {
                throw CommandFailure.usage("\(option): \(error)")
            }
        }
    }

    /// The task, unless it promises nothing and the author has not said that this will do.
    private func accepted(_ file: TaskFile, helper: NoteVerifier? = nil) throws -> TaskFile {
        let empty = try file.weaknesses(helper: helper).filter(\.needsAcceptance)
        guard acceptsWeakPromises || empty.isEmpty else {
            throw CommandFailure(
                "the task would promise too little: \(empty.map(\.description).joined(separator: "; "))",
                advice: "Change it, or make it all the same with --accept-weak-promises.")
        }
        return file
    }

    private func parameters(leader: NodeInfo, helper: NodeInfo, policy: String?) throws -> CairnTaskParameters {
        var parameters = CairnTaskParameters(
            collectorHpkeHash: Array(SHA256.hash(data: collectorConfig.encoded())), maxBatchSize: maxBatchSize)
        parameters.ownerKey = owner.map { Array($0.publicKey.rawRepresentation) }
        parameters.modelHash = modelHash
        parameters.termsHash = termsHash
        guard let policy else { return parameters }
        guard let leaderKey = Hex.decode(leader.statementKey), let helperKey = Hex.decode(helper.statementKey) else {
            throw CommandFailure("a node's statement key is not hexadecimal")
        }
        parameters.statementKeys = StatementKeys(leader: leaderKey, helper: helperKey)
        parameters.logKey = leader.logVkey
        parameters.logPolicyHash = Array(SHA256.hash(data: Array(policy.utf8)))
        parameters.publish = publish
        parameters.admission = .open
        parameters.creditPolicy = credit
        parameters.lambdaHash = lambdaHash
        parameters.logWindow = logWindow.map { LogWindow(seconds: $0) } ?? .usual(timePrecision: timePrecision)
        return parameters
    }

    private func taskInterval() throws -> Interval? {
        guard let seconds else { return nil }
        let start = seconds.lowerBound / timePrecision
        let end = (seconds.upperBound - 1) / timePrecision + 1
        return Interval(start: start, duration: end - start)
    }

    private func check(_ info: NodeInfo, url: String, role: String) throws {
        guard info.allRoles.contains(role) else {
            throw CommandFailure(
                "the node at \(url) is a \(info.allRoles.joined(separator: " and ")), not a \(role)",
                advice: "Check --leader and --helper.")
        }
    }

    /// Whether both open reports with one key, whatever number it has with each.
    private static func haveOneKey(_ leader: NodeInfo, _ helper: NodeInfo) -> Bool {
        let keys = [leader, helper].map { info in
            info.hpkeConfig.flatMap { Hex.decode($0) }.flatMap { try? HpkeConfig(decoding: $0) }?.publicKey
        }
        return keys[0] != nil && keys[0] == keys[1]
    }

    /// The leader's log, with the helper as the one witness that must have seen it.
    private static func defaultPolicy(leader: NodeInfo, helper: NodeInfo) throws -> String {
        guard let log = leader.logVkey, let witness = helper.witnessVkey else {
            throw CommandFailure("the leader names no log key, or the helper no witness key")
        }
        return "log \(log)\nwitness helper \(witness)\nquorum helper\n"
    }

    /// What would keep the log of the task from ever satisfying its policy, or the nodes from taking the task.
    private static func check(policy text: String, leader: NodeInfo, helper: NodeInfo) throws {
        let policy: LogPolicy
        do throws(PolicyError) { policy = try LogPolicy(parsing: Array(text.utf8)) } catch {
            throw CommandFailure("the file of --policy is not a log policy: \(error)")
        }
        guard policy.logs.contains(where: { $0.verifier.vkey == leader.logVkey }) else {
            throw CommandFailure(
                "the policy does not name the leader's log", advice: "Add the line: log \(leader.logVkey ?? "")")
        }
        guard policy.witnesses.contains(where: { $0.verifier.vkey == helper.witnessVkey }) else {
            throw CommandFailure(
                "the policy does not name the helper as a witness",
                advice: "Add the line: witness helper \(helper.witnessVkey ?? "")")
        }
        do throws(InsecureEndpoint) { try policy.checkTransport() } catch {
            throw CommandFailure("the policy names a witness whose URL will not do: \(error)")
        }
        for witness in policy.witnesses where witness.verifier.vkey != helper.witnessVkey && witness.url == nil {
            throw CommandFailure(
                "the policy gives no URL for the witness \(witness.name), so the leader could not ask it",
                advice: "Put the witness's URL behind its key.")
        }
    }

    private static func logURL(_ leader: String) -> String {
        leader.hasSuffix("/") ? leader + "log" : leader + "/log"
    }

    private static func uniqueInfo(_ name: String) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return Array(name.utf8.prefix(64)) + [UInt8(ascii: " ")]
            + (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }
}

extension NodeInfo {
    /// The key under which a helper cosigns.
    var witnessKey: NoteVerifier? { witnessVkey.flatMap { try? NoteVerifier(vkey: $0) } }
}
