import Bench
import Contributor
import DAP
import Foundation
import Ledger
import Owner
import TaskTypes
import Tasks

/// One row of `cairn bench node`: two new node processes, a task of one batch, and everything from the reports to the audit.
///
/// Only the contributors are played by this process. Nodes, database, requests, log and witness are what operators run.
struct LoadRun: Sendable {
    let benchCase: LoadCase
    let storage: LocalStorage.Kind
    let seed: UInt64
    /// How long nothing may change before it is given up.
    let patience: Duration

    /// Seconds in a unit of report times.
    private static let timePrecision: UInt64 = 60

    func run() async throws -> LoadRow {
        let folder = NSTemporaryDirectory() + "cairn-bench-\(UUID().uuidString.prefix(8))"
        try UserFile.createFolder(folder, permissions: 0o700)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let nodes = try LocalNodes.create(
            in: folder, executable: try Executable.path(), logOrigin: "cairn.example/bench")
        return try await LocalStorage.run(nodes, on: storage) { try await measure(nodes, $0, folder: folder) }
    }

    private func measure(_ nodes: LocalNodes, _ storage: LocalStorage, folder: String) async throws -> LoadRow {
        let file = try await makeTask(nodes, folder: folder)
        let client = try TaskClient(task: file, transport: transport)
        // A unit that is over, so that a time-interval batch can be collected at once.
        let time = currentTime() - Self.timePrecision
        let load = try await showing("making reports") { bar in
            try await ReportMaker(benchCase, client: client, seed: seed, time: time).make(in: folder) {
                bar.advance(by: $0)
            }
        }
        let verification = try VerificationCost.measure(load.samples, vdaf: client.vdaf, taskID: file.taskID)
        let upload = try UploadLoad(load, benchCase, task: file, transport: transport)
        try await upload.waitForAdmission()

        let loadAverage = ProcessProbe.loadAverage
        let start = try moment(nodes, storage)
        let clock = ContinuousClock.now
        let uploads = try await showing("uploading to the leader") { bar in
            try await upload.run { bar.advance(by: $0) }
        }
        try await showing("verified by both nodes") { bar in
            try await Acceptance(client: client, reports: benchCase.reports, patience: patience).wait {
                bar.set($0)
            }
        }
        let acceptedSeconds = (ContinuousClock.now - clock).seconds
        let accepted = try moment(nodes, storage)
        let (collectSeconds, outcome) = try await Self.timed { try await collect(file, nodes: nodes, time: time) }
        guard outcome.count == UInt64(benchCase.reports), outcome.value == load.total else {
            throw BenchError.wrongAggregate(type: benchCase.title)
        }
        let collected = try moment(nodes, storage)
        let measured = LoadMeasurement(
            start: start, accepted: accepted, collected: collected, acceptedSeconds: acceptedSeconds,
            collectSeconds: collectSeconds, auditSeconds: try await audit(file, total: load.total),
            leaderStored: try await storage.size(of: nodes.leader),
            helperStored: try await storage.size(of: nodes.helper), verification: verification,
            loadAverage: loadAverage)
        return LoadRow(benchCase, load, uploads, measured)
    }

    private func makeTask(_ nodes: LocalNodes, folder: String) async throws -> TaskFile {
        let count = UInt64(benchCase.reports)
        var draft = TaskDraft(
            name: "bench", leaderURL: nodes.leader.url, helperURL: nodes.helper.url, vdaf: try benchCase.vdaf,
            batchMode: benchCase.batchMode, timePrecision: Self.timePrecision, minBatchSize: count,
            maxBatchSize: count, collectorConfig: nodes.collectorKey.config)
        draft.acceptsWeakPromises = true
        // What is measured is the nodes' work, not how long a task lets its log wait.
        draft.logWindow = 0
        let file = try await draft.complete(transport: .speaking)
        let path = "\(folder)/\(file.name).task"
        try UserFile.create(path, String(decoding: file.json(), as: UTF8.self), isSecret: false)
        try await nodes.add(path)
        return file
    }

    private func moment(_ nodes: LocalNodes, _ storage: LocalStorage) throws -> LoadMoment {
        func figures(_ node: LocalNode) throws -> ProcessFigures {
            guard let process = node.processID, let figures = try? ProcessProbe.read(process) else {
                throw BenchError.system(
                    "the \(node.folder.role.rawValue) has ended, or its figures in /proc cannot be read")
            }
            return figures
        }
        return LoadMoment(
            leader: try figures(nodes.leader), helper: try figures(nodes.helper), database: try storage.figures())
    }

    /// Collects the batch as `cairn collect` does, but asks again every 20 ms: that command's pauses grow to two seconds.
    private func collect(_ file: TaskFile, nodes: LocalNodes, time: UInt64) async throws -> CollectionOutcome {
        let collector = try nodes.collector(for: file)
        let unit = file.configuration.time(ofSeconds: time)
        let query: Query =
            switch benchCase.batchMode {
            case .leaderSelected: .leaderSelected
            case .timeInterval: .timeInterval(Interval(start: unit, duration: 1))
            }
        let tell: @Sendable (String) -> Void = { Console.error("cairn: \($0)") }
        return try await CollectionProgress(task: file).during(notice: tell) { note in
            try await collector.collect(
                query, deadline: max(patience, .seconds(600)), longestPause: .milliseconds(20), waiting: note)
        }
    }

    /// Audits the log as `cairn audit` does, over HTTP.
    ///
    /// - Returns: the seconds that it takes; nil in tasks without a log.
    private func audit(_ file: TaskFile, total: AggregateValue) async throws -> Double? {
        guard benchCase.isCommitted, let log = file.logURL else { return nil }
        let policy = try file.parsedPolicy()
        let (seconds, report) = try await showing("auditing the log", total: 100) { bar in
            try await Self.timed {
                try await AuditCommand.audit(log: log, policy: policy, taskID: file.taskID) { done, total in
                    bar.set(total == 0 ? 100 : Int(done * 100 / total))
                }
            }
        }
        guard report.outcome == .verified, report.batches.count == 1,
            report.batches[0].count == UInt64(benchCase.reports), case .verified(total) = report.batches[0].verdict
        else {
            throw BenchError.checkFailed("the audit does not find the result in the log: \(report.outcome.rawValue)")
        }
        return seconds
    }

    private var transport: HTTPTransport {
        HTTPTransport(deadline: patience, notice: { Console.error("cairn: \($0)") })
    }

    private func showing<Result>(
        _ what: String, total: Int? = nil, _ body: (ProgressBar) async throws -> Result
    ) async throws -> Result {
        let bar = ProgressBar("\(benchCase.title): \(what)", total: total ?? benchCase.reports)
        defer { bar.finish() }
        return try await body(bar)
    }

    private static func timed<Result>(
        _ body: () async throws -> Result
    ) async throws -> (seconds: Double, result: Result) {
        let start = ContinuousClock.now
        let result = try await body()
        return ((ContinuousClock.now - start).seconds, result)
    }
}
