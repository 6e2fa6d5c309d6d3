import AggregatorNode
import AsyncHTTPClient
import Crypto
import DAP
import Datastore
import Foundation
import Ledger
import Logging
import ServiceLifecycle
import TaskTypes
import Tasks
import TestPorts
import TestSupport
import TransparencyLog

/// A leader and a helper that talk HTTP with each other over loopback, each on its own database.
///
/// Both run in this process, but a node can be stopped at any moment, which cuts its background work off wherever it is,
/// and started again on what is on its disk.
final class NodePair: Sendable {
    let directory: TemporaryFolder
    let leader: NodeConfiguration
    let helper: NodeConfiguration
    let collector = HpkeKeyPair.generate(id: 9)
    let leaderKeys: NodeKeys
    let helperKeys: NodeKeys
    /// The log policy of the tasks.
    let policy: String

    /// - Parameters:
    ///   - throughProxy: the helper listens elsewhere than at its public URL, where a proxy has its place.
    ///   - witnesses: lines of the log policy behind those of log and helper, the quorum's included.
    init(throughProxy: Bool = false, witnesses: String = "quorum helper\n") throws {
        directory = try TemporaryFolder.ofNodes()
        let path = directory.path
        let ports = try TestPorts.take(3).map(Int.init)
        try KeyFiles.makePreSharedKey(at: "\(path)/peer.psk")
        try KeyFiles.makeToken(at: "\(path)/aggregator.token")
        try KeyFiles.makeToken(at: "\(path)/collector.token")
        try KeyFiles.makeLogKey(name: "log.example/pair", at: "\(path)/log.skey")
        try KeyFiles.makeWitnessKey(name: "witness.example/pair", at: "\(path)/witness.skey")
        func yaml(_ role: String, _ own: Int, _ peer: Int, _ key: String, _ tokens: String) -> String {
            """
            role: \(role)
            listen: 127.0.0.1:\(own)
            public_url: http://127.0.0.1:\(own)/
            data_dir: \(role)
            peer: { url: "http://127.0.0.1:\(peer)/", psk_file: peer.psk }
            tokens: { aggregator: aggregator.token\(tokens) }
            log: { origin: log.example/pair, key_file: \(key) }
            """
        }
        leader = try .load(
            yaml: yaml("leader", ports[0], ports[1], "log.skey", ", collector: collector.token"),
            file: "\(path)/leader.yaml")
        var helper = try NodeConfiguration.load(
            yaml: yaml("helper", ports[1], ports[0], "witness.skey", ""), file: "\(path)/helper.yaml")
        if throughProxy { helper.listenPort = ports[2] }
        self.helper = helper
        leaderKeys = try .load(leader)
        helperKeys = try .load(helper)
        policy = "log \(leaderKeys.note.vkey)\nwitness helper \(helperKeys.note.vkey)\n" + witnesses
    }

    /// Makes a task of vectors of three numbers below 8 and adds it at both nodes.
    ///
    /// - Parameters:
    ///   - plain: without Cairn's extension, so that any DAP aggregator can take part.
    ///   - window: for how many seconds the log lets words wait.
    ///   - other: another log policy than that of the other tasks.
    func addTask(
        committed: Bool, plain: Bool = false, mode: BatchMode, minBatchSize: UInt64 = 2, maxBatchSize: UInt64 = 1_000,
        precision: UInt64 = 60, window: UInt32? = nil, policy other: String? = nil,
        owner: Curve25519.Signing.PrivateKey? = nil, at roles: [NodeRole] = [.leader, .helper]
    ) async throws -> TaskFile {
        let policy = other ?? self.policy
        let hash = Array(SHA256.hash(data: collector.config.encoded()))
        var parameters = CairnTaskParameters(collectorHpkeHash: hash, maxBatchSize: maxBatchSize)
        if committed {
            parameters = CairnTaskParameters(
                statementKeys: StatementKeys(
                    leader: leaderKeys.statementPublicKey, helper: helperKeys.statementPublicKey),
                collectorHpkeHash: hash, logKey: leaderKeys.note.vkey,
                logPolicyHash: Array(SHA256.hash(data: Array(policy.utf8))), maxBatchSize: maxBatchSize,
                publish: .public, admission: .open, creditPolicy: CreditPolicy(kind: .unit, bound: 0))
        }
        parameters.logWindow = window.flatMap { LogWindow(seconds: $0) }
        parameters.ownerKey = owner.map { Array($0.publicKey.rawRepresentation) }
        let vdaf: VDAFConfiguration = .sumVec(length: 3, maxMeasurement: 7, chunkLength: 3)
        let configuration = try TaskConfiguration(
            taskInfo: Array("pair".utf8), leaderURL: leader.publicURL.string + "/",
            helperURL: helper.publicURL.string + "/", timePrecision: precision, minBatchSize: minBatchSize,
            batchMode: mode, vdaf: committed ? .committed(vdaf) : vdaf, taskInterval: nil,
            cairn: plain ? nil : parameters)
        let file = try TaskFile(
            name: "pair", configuration: configuration, collectorHpkeConfig: collector.config,
            logPolicy: committed ? policy : nil, logURL: nil,
            ownerSignature: try owner.map { try TaskOwnerSignature.sign(taskID: configuration.taskID, with: $0) })
        for role in roles { try await add(file, role) }
        return file
    }

    /// Adds a task at one node, as its operator does.
    ///
    /// - Parameter secret: the pre-shared key that the operator has; the one of both by default.
    @discardableResult
    func add(_ file: TaskFile, _ role: NodeRole, secret: [UInt8]? = nil) async throws -> TaskRegistry.Added {
        let configuration = role == .leader ? leader : helper
        var keys = role == .leader ? leaderKeys : helperKeys
        if let secret { keys.preSharedKey = secret }
        let store = try await configuration.openTestDatabase()
        let added = try await TaskRegistry.add(
            file, to: store, configuration: configuration, keys: keys, acceptingWeakPromises: true)
        try store.close()
        return added
    }

    /// A running node.
    struct Running: Sendable {
        fileprivate let group: ServiceGroup
        fileprivate let task: Task<Void, any Error>
        let context: NodeContext

        /// Waits until the node's last handshake with the other says this about a task.
        @discardableResult
        func awaitStanding(
            of id: TaskID, _ isRight: (PeerStanding.TaskState) -> Bool
        ) async throws -> PeerStanding.TaskState {
            try await eventually("the nodes know how they stand", every: .milliseconds(10)) {
                guard let task = try await context.registry.task(id) else { return nil }
                let state = context.standing.taskState(task)
                return isRight(state) ? state : nil
            }
        }

        /// Cuts the background work off. Only the server ends its connections in order: the process lives on.
        func stop() async {
            await group.triggerGracefulShutdown()
            _ = await task.result
            try? await context.workers.shutdown()
            await context.store.closeWhenIdle()
        }
    }

    /// - Parameters:
    ///   - ahead: how many seconds the node's clock is ahead.
    ///   - keys: the role's own by default.
    ///   - disk: what the node thinks of its disk.
    ///   - deferral: when a helper answers jobs later.
    func start(
        _ configuration: NodeConfiguration, ahead: UInt64 = 0, keys other: NodeKeys? = nil, disk: DiskSpace? = nil,
        deferral: JobDeferral = JobDeferral(), logger: Logger = quietLogger()
    ) async throws -> Running {
        let keys = other ?? (configuration.role == .leader ? leaderKeys : helperKeys)
        let store = try await configuration.openTestDatabase()
        let context = NodeContext(
            configuration: configuration, keys: keys, store: store, registry: TaskRegistry(store: store),
            http: NodeClients(.shared),
            generation: try await Generation.begin(path: "\(configuration.keyDirectory)/generation", store: store),
            workers: WorkerPool(count: 2), disk: disk, longRequestsSpan: .seconds(3),
            deferral: deferral, now: { UInt64(Date().timeIntervalSince1970) + ahead }, logger: logger)
        let (ready, continuation) = AsyncStream.makeStream(of: Int.self)
        let app = try buildApplication(context, onReady: { continuation.yield($0) })
        let group = ServiceGroup(
            configuration: .init(services: [app], gracefulShutdownSignals: [], logger: quietLogger()))
        let task = Task {
            defer { continuation.finish() }
            try await group.run()
        }
        var readiness = ready.makeAsyncIterator()
        guard await readiness.next() != nil else {
            // It ended before it listened, and says why.
            try await task.value
            throw CancellationError()
        }
        return Running(group: group, task: task, context: context)
    }

    /// Runs both nodes while `body` runs.
    func withNodes(_ body: (Running, Running) async throws -> Void) async throws {
        let first = try await start(leader)
        let second = try await start(helper)
        do {
            try await body(first, second)
        } catch {
            await first.stop()
            await second.stop()
            throw error
        }
        await first.stop()
        await second.stop()
    }
}
