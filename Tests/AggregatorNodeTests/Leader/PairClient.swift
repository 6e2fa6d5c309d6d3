import AggregatorNode
import Crypto
import DAP
import Datastore
import Foundation
import Ledger
import TaskTypes
import Tasks
import TransparencyLog

/// A contributor and a collector of one task, at the leader of a pair.
struct PairClient: Sendable {
    let pair: NodePair
    let file: TaskFile
    let vdaf: any TaskVDAF

    init(_ pair: NodePair, _ file: TaskFile) throws {
        self.pair = pair
        self.file = file
        vdaf = try makeTaskVDAF(file.configuration.vdaf)
    }

    var http: TestClient { TestClient(port: pair.leader.listenPort) }
    var path: String { "/tasks/\(file.taskID.base64URL)" }
    var now: UInt64 { file.configuration.time(ofSeconds: UInt64(Date().timeIntervalSince1970)) }
    /// An interval of a few minutes around now.
    var today: Query { .timeInterval(Interval(start: now - 2, duration: 5)) }

    // MARK: Contributing

    func report(_ values: [UInt64], id: ReportID = .random(), time: UInt64? = nil) throws -> Report {
        try seal(try vdaf.shard(taskID: file.taskID, measurement: .vector(values), reportID: id), time: time)
    }

    func seal(_ sharded: ShardedReport, time: UInt64? = nil) throws -> Report {
        let commitments = try vdaf.commitments(publicShare: sharded.publicShare)
        return try ReportBuilder.seal(
            sharded, task: file.configuration, time: time ?? now, leader: pair.leaderKeys.hpke.config,
            helper: pair.helperKeys.hpke.config, commitments: commitments,
            claimSeed: commitments.isEmpty ? nil : [UInt8](repeating: 3, count: 32))
    }

    /// Uploads reports in one request.
    ///
    /// - Returns: the failures that the response names.
    @discardableResult
    func upload(_ reports: [Report]) async throws -> [ReportUploadStatus] {
        let answer = try await uploadAnswer(reports)
        guard answer.status == 200 else { throw try ProblemDocument(json: answer.body) }
        return answer.body.isEmpty ? [] : try UploadErrors(decoding: answer.body).statuses
    }

    func uploadAnswer(_ reports: [Report]) async throws -> Answer {
        try await http.send(
            "POST", path + "/reports", body: UploadRequest(reports: reports).encoded(),
            headers: ["Content-Type": MediaType.uploadReq.headerValue])
    }

    /// The entry that a report gets in the log, without its batch.
    func entry(_ report: Report) throws -> ReportEntry {
        let commitments = try vdaf.commitments(publicShare: report.publicShare)
        return ReportEntry(
            taskID: file.taskID, batchID: nil, metadata: report.metadata, leaderCommitment: commitments[0],
            helperCommitment: commitments[1])
    }

    /// The report's claim key.
    func claimKey(_ report: Report) throws -> Curve25519.Signing.PrivateKey {
        try ClaimKey.derive(
            seed: [UInt8](repeating: 3, count: 32), taskID: file.taskID, reportID: report.metadata.reportID)
    }

    /// Asks one of the nodes to let a report go.
    func withdraw(
        _ report: Report, at node: NodeConfiguration, key: Curve25519.Signing.PrivateKey? = nil
    ) async throws -> Answer {
        let entry = try WithdrawalEntry(
            taskID: file.taskID, reportID: report.metadata.reportID, key: key ?? claimKey(report))
        return try await TestClient(port: node.listenPort).send(
            "POST", "/cairn/tasks/\(file.taskID.base64URL)/withdrawals",
            body: LedgerEntry.withdrawal(entry).encoded())
    }

    /// Waits until so many reports are accepted.
    func awaitAccepted(_ count: UInt64, at leader: NodePair.Running) async throws {
        for _ in 0..<6_000 {
            if try await leader.context.store.reportCounts(task: file.taskID).accepted >= count { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw CancellationError()
    }

    /// The entries that the leader publishes, all of them checked.
    func published() async throws -> [LedgerEntry] {
        let source = DirectoryTileSource(directory: pair.leader.logDirectory)
        let head = try await LogReader.fetchCheckpoint(from: source).checkpoint.head
        var entries: [LedgerEntry] = []
        for try await leaf in LogReader(source: source, head: head).entries(0..<head.size) {
            entries.append(try LedgerEntry(decoding: leaf.bytes))
        }
        return entries
    }

    /// Puts a report into the leader's open batch and log as if both aggregators had accepted it.
    func acceptAlone(_ report: Report, at leader: NodePair.Running) async throws {
        let store = leader.context.store
        let id = report.metadata.reportID
        let payload = ReportPayload(metadata: [], publicShare: [], inputShare: [], helperShare: [])
        let new = NewReport(
            reportID: id, time: report.metadata.time, fingerprint: [UInt8](repeating: 0, count: 32), payload: payload,
            notBefore: UInt64(Date().timeIntervalSince1970) + 3_600)
        // The leader takes it into no job of its own before that; the clock of the claim is another one.
        _ = try await store.storeReports([new], task: file.taskID, bucketCapacity: nil)
        let row = try await store.row(of: id, task: file.taskID)
        let job = try await store.claimReport(row, task: file.taskID, isSelected: true)
        let commitments = try vdaf.commitments(publicShare: report.publicShare)
        let entry = ReportEntry(
            taskID: file.taskID, batchID: job.batchID, metadata: report.metadata, leaderCommitment: commitments[0],
            helperCommitment: commitments[1])
        let nothing = [UInt8](repeating: 0, count: vdaf.sizes.outputShare)
        try await store.finishJob(
            job.lease,
            outcomes: [(id, .accepted(outputShare: nothing, logEntry: LedgerEntry.report(entry).encoded()))],
            vdaf: vdaf)
    }

    func receipt(_ id: ReportID) async throws -> Answer {
        try await http.send("GET", "/cairn/tasks/\(file.taskID.base64URL)/receipts/\(id.base64URL)")
    }

    /// Polls until the receipt is there.
    func awaitReceipt(_ id: ReportID) async throws -> Answer {
        try await eventually("a receipt is there") {
            let answer = try await receipt(id)
            return answer.status == 202 ? nil : answer
        }
    }

    // MARK: Collecting

    var collectorHeaders: [String: String] {
        [
            "Content-Type": MediaType.collectionJobReq.headerValue,
            "Authorization": pair.leaderKeys.collectorToken?.authorization ?? "",
        ]
    }

    func createCollection(_ query: Query) async throws -> Answer {
        try await http.send(
            "POST", path + "/collection_jobs", body: CollectionJobReq(query: query).encoded(),
            headers: collectorHeaders)
    }

    func poll(_ location: String, method: String = "GET") async throws -> Answer {
        let path =
            location.hasPrefix("http") ? String(location.dropFirst("http://127.0.0.1:\(http.port)".count)) : location
        return try await http.send(method, path, headers: collectorHeaders)
    }

    /// Creates a collection job and polls it to its end, through restarts of the leader.
    func finishCollection(_ query: Query) async throws -> Answer {
        var location: String?
        return try await eventually("the collection ends") {
            // No answer: being restarted. Creation is idempotent, so it is simply repeated, too.
            let request = location
            guard
                let answer = try? await (request == nil ? createCollection(query) : poll(request ?? ""))
            else { return nil }
            location = location ?? answer.headers["location"]
            return answer.status >= 400 || !answer.body.isEmpty ? answer : nil
        }
    }

    /// Collects and decrypts a batch.
    func collect(_ query: Query) async throws -> (count: UInt64, sums: AggregateValue) {
        let answer = try await finishCollection(query)
        guard answer.status < 400 else { throw try ProblemDocument(json: answer.body) }
        let response = try CollectionJobResp(decoding: answer.body)
        let aad = AggregateShareAad(
            taskID: file.taskID, taskConfiguration: file.configuration,
            collectionJobReq: CollectionJobReq(query: query)
        ).encoded()
        let shares = try [
            (Role.leader, response.leaderEncryptedAggregateShare), (.helper, response.helperEncryptedAggregateShare),
        ].map { try pair.collector.open($1, info: HpkeInfo.aggregateShare(from: $0), aad: aad) }
        let sums = try vdaf.unshard(leader: shares[0], helper: shares[1], count: Int(response.reportCount))
        return (response.reportCount, sums)
    }

    /// Checks the whole log as any reader would.
    func audit() async throws -> AuditReport {
        let policy = try LogPolicy(parsing: Array(pair.policy.utf8))
        return try await Auditor(
            source: DirectoryTileSource(directory: pair.leader.logDirectory), policy: policy
        ).audit(taskID: file.taskID)
    }

    func status() async throws -> [String: Any] {
        let answer = try await http.send("GET", "/cairn/tasks/\(file.taskID.base64URL)/status")
        return try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any] ?? [:]
    }
}
