import AggregatorNode
import AsyncHTTPClient
import DAP
import Datastore
import Encodings
import Foundation
import Hummingbird
import Ledger
import Logging
import TaskTypes
import Tasks
import TransparencyLog

/// A helper on a real database, the leader's log in a folder, and the leader's half of the protocol played by the test.
struct HelperFixture: Sendable {
    static let now: UInt64 = 1_700_000_000

    let parties: Parties
    private(set) var context: NodeContext
    let task: NodeTask
    let log: TestLog
    private let source: any TileSource

    /// The same helper after a restart: a new process's view of the same files.
    func reopened() throws -> HelperFixture {
        var copy = self
        let store = try parties.helper.openTestDatabaseNow()
        copy.context = NodeContext(
            configuration: context.configuration, keys: try NodeKeys.load(parties.helper), store: store,
            registry: TaskRegistry(store: store), http: NodeClients(.shared), workers: context.workers,
            deferral: context.deferral, now: context.now, logger: context.logger)
        return copy
    }

    init(
        committed: Bool, mode: BatchMode = .leaderSelected, vdaf: VDAFConfiguration? = nil,
        maxBatchSize: UInt64 = 1_000, independent: Cosigner? = nil, taskprov: TaskprovSettings? = nil,
        plain: PlainTask? = nil, deferral: JobDeferral = JobDeferral(), disk: DiskSpace? = nil,
        logger: Logger = quietLogger(),
        source: (String) -> any TileSource = { DirectoryTileSource(directory: $0) }
    ) async throws {
        parties = try Parties(independent: independent)
        let store = try await parties.helper.openTestDatabase()
        let file = try parties.task(committed: committed, mode: mode, vdaf: vdaf) { $0.maxBatchSize = maxBatchSize }
        if let plain {
            _ = try await TaskRegistry.add(
                plain, to: store, configuration: parties.helper, keys: parties.helperKeys, acceptingWeakPromises: true)
        } else {
            _ = try await TaskRegistry.add(
                file, to: store, configuration: parties.helper, keys: parties.helperKeys, acceptingWeakPromises: true)
        }
        let registry = TaskRegistry(store: store)
        guard let found = try await registry.task(plain?.id ?? file.taskID),
            let signer = parties.leaderKeys.log
        else {
            throw CancellationError()
        }
        task = found
        var configuration = parties.helper
        configuration.taskprov = taskprov
        context = NodeContext(
            configuration: configuration, keys: parties.helperKeys, store: store, registry: registry,
            http: NodeClients(.shared),
            generation: try await Generation.begin(
                path: "\(parties.helper.keyDirectory)/generation", store: store), workers: WorkerPool(count: 2),
            disk: disk, deferral: deferral, now: { Self.now }, logger: logger)
        let folder = parties.directory.file("log")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let entry = TaskEntry(
            configuration: file.configuration.encoding, collectorHpkeConfig: file.collectorHpkeConfig.encoded())
        log = try TestLog(
            directory: folder, signer: signer, leader: parties.leaderKeys.statement,
            independent: independent, entries: committed ? [LedgerEntry.task(entry).encoded()] : [])
        self.source = source(folder)
    }

    /// The same helper with a second leader, which has no tasks.
    ///
    /// - Returns: and what that one shows.
    func withSecondLeader() throws -> (fixture: HelperFixture, token: BearerToken) {
        let path = parties.directory.path
        try KeyFiles.makePreSharedKey(at: "\(path)/second.psk")
        try KeyFiles.makeToken(at: "\(path)/second.token")
        var copy = self
        var configuration = context.configuration
        configuration.peers[0].isOnlyOne = false
        guard let url = BaseURL("https://second.example/") else { throw CancellationError() }
        configuration.peers.append(
            PeerSettings(
                url: url, pskFiles: ["\(path)/second.psk"], tokenFiles: ["\(path)/second.token"],
                logOrigin: "second.example/log"))
        let keys = try NodeKeys.load(configuration)
        copy.context = NodeContext(
            configuration: configuration, keys: keys, store: context.store, registry: context.registry,
            http: NodeClients(.shared), generation: context.generation, workers: context.workers,
            deferral: context.deferral, now: context.now, logger: context.logger)
        return (copy, keys.peers[1].token)
    }

    /// Copies the database, as a backup does.
    func backUp() async throws -> String {
        let copy = parties.directory.file("backup-\(UInt64.random(in: 0...UInt64.max))")
        try await parties.helper.backUpTestDatabase(context.store, to: copy)
        return copy
    }

    /// The same helper after somebody put a backup of its database in the place of the newest. Nothing else shows it.
    func restored(from backup: String) async throws -> HelperFixture {
        await context.store.closeWhenIdle()
        try await parties.helper.restoreTestDatabase(from: backup)
        return try reopened()
    }

    /// The helper, reading the log in the folder.
    var helper: Helper { Helper(context: context, log: source) }

    /// The helper's routes and its witness.
    var routes: RouteTable { routes(of: helper) }

    func routes(of helper: Helper) -> RouteTable {
        var routes = RouteTable()
        helper.addRoutes(to: &routes)
        routes.addSharedRoutes(leader: nil, helper: helper, context)
        if let cosigner = parties.helperKeys.witness {
            WitnessRoutes(
                store: context.store, cosigner: cosigner, halt: context.halt, generation: context.generation,
                now: context.now
            ).addRoutes(to: &routes)
        }
        ShownCheckpoints(context: context).addRoutes(to: &routes)
        return routes
    }

    var path: String { "/tasks/\(task.id.base64URL)" }

    func headers(_ type: String) -> [String: String] {
        ["Content-Type": type, "Authorization": parties.leaderKeys.aggregatorToken.authorization]
    }

    func post(
        _ client: TestClient, _ resource: String, _ message: some WireMessage, _ type: AggregatorNode.MediaType
    ) async throws -> Answer {
        try await client.send("POST", path + resource, body: message.encoded(), headers: headers(type.headerValue))
    }

    func get(_ client: TestClient, _ path: String, _ method: String = "GET") async throws -> Answer {
        try await client.send(method, path, headers: headers("application/octet-stream"))
    }

    // MARK: The client's and the leader's part

    /// A report of `values` together with the leader's state about it.
    ///
    /// - Parameter verifyKey: the task's first by default.
    func report(
        _ values: [UInt64] = [1, 2, 3], time: UInt64 = now / 60, verifyKey: [UInt8]? = nil
    ) throws -> LeaderReport {
        let id = ReportID.random()
        let sharded = try task.vdaf.shard(taskID: task.id, measurement: .vector(values), reportID: id)
        let commitments = try task.vdaf.commitments(publicShare: sharded.publicShare)
        let report = try ReportBuilder.seal(
            sharded, taskID: task.id, task: task.configuration, time: time, leader: parties.leaderKeys.hpke.config,
            helper: parties.helperKeys.hpke.config, commitments: commitments,
            claimSeed: commitments.isEmpty ? nil : [UInt8](repeating: 3, count: 32))
        let opener = task.opener(.leader, keys: [parties.leaderKeys.hpke])
        let share = ReportShare(
            metadata: report.metadata, publicShare: report.publicShare,
            encryptedInputShare: report.leaderEncryptedInputShare)
        let opened = try opener.open(share, now: Self.now).get()
        let verification = try task.vdaf.leaderInitialize(
            [opened], verifyKey: verifyKey ?? task.verifyKey, taskID: task.id, threads: 1)[0].get()
        return LeaderReport(report: report, verification: verification, commitments: commitments)
    }

    func job(
        _ reports: [LeaderReport], batch: BatchID?, keyID: UInt8 = 0, parameter: [UInt8] = [],
        extensions: [Extension]? = nil
    ) -> AggregationJobInitReq {
        AggregationJobInitReq(
            verificationKeyID: keyID, aggregationParameter: parameter,
            extensions: extensions ?? batch.map { [AggregationJobInitReq.leaderSelectedBatchID($0)] } ?? [],
            verifyInits: reports.map(\.verifyInit))
    }

    /// The leader's output shares of the reports that the helper accepted.
    func finish(_ reports: [LeaderReport], _ response: [UInt8]) throws -> [[UInt8]] {
        try zip(reports, AggregationJobResp(decoding: response).responses).map { report, answer in
            guard answer.reportID == report.id, case .continue(let payload) = answer.outcome else {
                throw CancellationError()
            }
            return try report.verification.finish(inbound: payload).get()
        }
    }

    func shareRequest(_ reports: [LeaderReport], _ selector: BatchSelector, query: Query? = nil) -> AggregateShareReq {
        var checksum = Checksum()
        for report in reports { checksum.toggle(report.id) }
        return AggregateShareReq(
            collectionJobReq: CollectionJobReq(query: query ?? .leaderSelected), batchSelector: selector,
            reportCount: UInt64(reports.count), checksum: checksum)
    }

    func entry(_ report: LeaderReport, batch: BatchID?) -> [UInt8] {
        LedgerEntry.report(
            ReportEntry(
                taskID: task.id, batchID: batch, metadata: report.report.metadata,
                leaderCommitment: report.commitments[0],
                helperCommitment: report.commitments[1])
        ).encoded()
    }

    /// Decrypts the helper's share as the collector would, and adds it to the leader's.
    func unshard(
        _ answer: Answer, _ request: AggregateShareReq, leaderShares: [[UInt8]]
    ) throws -> (value: AggregateValue, helperShare: [UInt8]) {
        let aad = AggregateShareAad(
            taskID: task.id, taskConfiguration: task.configuration, collectionJobReq: request.collectionJobReq)
        let share = try parties.collector.open(
            AggregateShare(decoding: answer.body).encryptedAggregateShare, info: HpkeInfo.aggregateShare(from: .helper),
            aad: aad.encoded())
        var leader = task.vdaf.makeAccumulator()
        for output in leaderShares { try leader.add(output) }
        return (
            try task.vdaf.unshard(leader: leader.aggregateShare(), helper: share, count: leaderShares.count), share
        )
    }
}

/// A report as the leader holds it while the helper works.
struct LeaderReport: Sendable {
    var report: Report
    var verification: LeaderVerification
    var commitments: [[UInt8]]

    var id: ReportID { report.metadata.reportID }

    var verifyInit: VerifyInit {
        VerifyInit(
            reportShare: ReportShare(
                metadata: report.metadata, publicShare: report.publicShare,
                encryptedInputShare: report.helperEncryptedInputShare),
            payload: verification.outbound)
    }
}

func problem(_ answer: Answer) throws -> DAPErrorType? {
    try ProblemDocument(json: answer.body).type
}
