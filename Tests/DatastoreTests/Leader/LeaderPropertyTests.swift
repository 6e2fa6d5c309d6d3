import DAP
import Datastore
import Ledger
import TestSupport
import Testing

/// Whatever is done with reports, in whatever order, the counters and sums say what the rows say.
@Suite(.inTurns) struct LeaderPropertyTests {
    @Test(arguments: EngineKind.tested, [true, false])
    func countersAndSumsAgreeWithTheRows(_ kind: EngineKind, isSelected: Bool) async throws {
        let temporary = try await TemporaryStore(kind)
        var life = RandomLife(
            store: temporary.store, isSelected: isSelected, random: SeededGenerator())
        try await temporary.store.addTask(Make.storedTask(), logEntry: nil)
        for step in 0..<200 {
            let deed = try await life.step()
            guard step % 10 == 9 else { continue }
            try await LeaderAudit(store: temporary.store).check("after step \(step), \(deed)") {
                RandomLife.share(of: Int($0.bytes[6]) << 8 | Int($0.bytes[7]))
            }
        }
        // None is lost: every report that was stored is in one state.
        let counts = try await temporary.store.reportCounts(task: Make.task)
        let all = counts.received + counts.aggregating + counts.accepted + counts.withdrawn
        #expect(all + counts.rejected.values.reduce(0, +) == UInt64(life.stored))
        #expect(counts.accepted > 0 && counts.withdrawn > 0 && !counts.rejected.isEmpty, "the run shows something")
    }

    @Test(arguments: EngineKind.tested, [true, false])
    func anEndedTaskLeavesNothingBehind(_ kind: EngineKind, isSelected: Bool) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        try await store.addTask(Make.storedTask(), logEntry: nil)
        var life = RandomLife(store: store, isSelected: isSelected, random: SeededGenerator())
        for _ in 0..<80 { _ = try await life.step() }
        let burden = try await store.burden(of: Make.task)
        let before = try await store.reportCounts(task: Make.task)
        #expect(burden.waiting == before.received + before.aggregating)
        #expect(burden.uncollected == before.accepted)
        guard case .ended(let discarded) = try await store.endTask(Make.task, mayDiscard: true, at: 0) else {
            Issue.record("not ended")
            return
        }
        #expect(discarded == burden.reports)
        #expect(try await store.burden(of: Make.task).isNothing)
        try await LeaderAudit(store: store).check { _ in 0 }
    }
}

/// Does one thing after the other that happens to a leader's reports.
private struct RandomLife {
    let store: NodeDatabase
    let isSelected: Bool
    var random: SeededGenerator
    /// Acknowledged.
    private(set) var stored = 0
    private var jobs: [Int64] = []
    private var next = 0
    private var key = 0

    init(store: NodeDatabase, isSelected: Bool, random: SeededGenerator) {
        self.store = store
        self.isSelected = isSelected
        self.random = random
    }

    /// The number that a report's output share is.
    static func share(of report: Int) -> Int { report * 7 + 1 }

    private static func time(of report: Int) -> UInt64 { UInt64(100 + report % 4) }

    /// - Returns: what was done.
    mutating func step() async throws -> String {
        let deeds: [(name: String, run: (inout RandomLife) async throws -> Void)] = [
            ("upload", { try await $0.upload() }), ("upload", { try await $0.upload() }),
            ("form", { try await $0.form() }), ("form", { try await $0.form() }),
            ("finish", { try await $0.finish() }), ("finish", { try await $0.finish() }),
            ("withdraw", { try await $0.withdraw() }), ("give up", { try await $0.giveUp() }),
            ("drop", { try await $0.drop() }), ("replace the key", { try await $0.replaceKey() }),
        ]
        // Ends of all jobs are rare.
        let deed = deeds[Int.random(in: 0..<(Int.random(in: 0..<4, using: &random) == 0 ? 10 : 8), using: &random)]
        try await deed.run(&self)
        return deed.name
    }

    private mutating func someReport() -> Int { Int.random(in: 0...next, using: &random) }

    private mutating func upload() async throws {
        let reports = try (0..<Int.random(in: 1...12, using: &random)).map { _ in
            // Some come again.
            let isNew = Int.random(in: 0..<6, using: &random) > 0
            if isNew { next += 1 }
            let number = isNew ? next : someReport()
            return try Make.committedReport(number, time: Self.time(of: number))
        }
        let outcomes = try await store.storeReports(
            reports, task: Make.task, bucketCapacity: isSelected ? nil : UInt64.random(in: 20...200, using: &random))
        stored += outcomes.count { $0 == .stored }
    }

    private mutating func form() async throws {
        let waiting = try await store.waitingReports(
            task: Make.task, now: 0, limit: Int.random(in: 1...15, using: &random), payloadLimit: 9_999)
        guard !waiting.isEmpty else { return }
        let limit: UInt64 = 40
        let batch = isSelected ? try await store.batchForNextJob(task: Make.task, maxBatchSize: limit) : nil
        let members = waiting.prefix(Int(batch?.room ?? 99))
        let rejected = members.filter { _ in Int.random(in: 0..<10, using: &random) == 0 }.map(\.reportID)
        let left = members.filter { !rejected.contains($0.reportID) }.map(\.sequence)
        let job = left.isEmpty ? nil : NewJob(batchID: batch?.id, request: [1], reports: left)
        let creation = try await store.createJob(
            job, rejected: rejected.map { EndedReport(reportID: $0, error: .vdafVerifyError, logEntry: $0.bytes) },
            task: Make.task, maxBatchSize: limit)
        if case .created(let key) = creation { jobs.append(key) }
    }

    private mutating func finish() async throws {
        guard let job = jobs.randomElement(using: &random) else { return }
        let batch = try await store.pendingJob(job)?.batchID
        let reports = try await store.reports(ofJob: job)
        let outcomes = try reports.map { report in
            let number = Int(report.reportID.bytes[6]) << 8 | Int(report.reportID.bytes[7])
            let outcome: ReportOutcome =
                switch Int.random(in: 0..<10, using: &random) {
                case 0: .rejected(.invalidMessage, logEntry: Make.entry(number))
                case 1: .rejected(.reportDropped, logEntry: nil)
                case 2: .returned(notBefore: 0, isSuspect: Bool.random(using: &random))
                default:
                    .accepted(
                        outputShare: Make.share(Self.share(of: number)),
                        logEntry: try Make.leaf(number, time: report.time, batch: batch))
                }
            return (report: report.reportID, outcome: outcome)
        }
        let isEnded = try await store.finishJob(job, outcomes: outcomes.shuffled(using: &random), vdaf: Make.vdaf)
        #expect(isEnded == !reports.isEmpty, "a job that has ended has no reports")
        jobs.removeAll { $0 == job }
    }

    private mutating func withdraw() async throws {
        for _ in 0..<3 { _ = try await store.withdraw(someReport(), earlyLimit: 20) }
    }

    private mutating func giveUp() async throws {
        // Only reports in no job, or all of a job.
        let waiting = try await store.waitingReports(
            task: Make.task, now: 0, limit: 2, payloadLimit: 9_999
        ).map(\.reportID)
        var members: [ReportID] = []
        if Bool.random(using: &random), let job = jobs.randomElement(using: &random) {
            members = try await store.reports(ofJob: job).map(\.reportID)
        }
        try await store.giveUp(
            (waiting + members).map { EndedReport(reportID: $0, error: .reportDropped, logEntry: $0.bytes) },
            task: Make.task)
    }

    /// A comparison of a sealed batch leaves reports out.
    private mutating func drop() async throws {
        let interval = isSelected ? nil : Interval(start: 100, duration: 4)
        let collection = try await store.newCollection(interval: interval)
        let outcome = try await store.sealBatch(collection: collection.key, interval: interval, sizes: 1...9_999)
        if case .sealed(let scope) = outcome {
            let accepted = try await store.acceptedReports(task: Make.task, scope: scope, after: nil, limit: 2)
            let dropped = accepted.map {
                EndedReport(reportID: $0.id, error: .reportDropped, logEntry: $0.id.bytes)
            }
            try await store.leaveOut(dropped, collection: collection.key, vdaf: Make.vdaf)
        }
        try await store.failCollection(
            collection.key, problem: CollectionProblem(type: nil, detail: ""), batch: .reopened)
    }

    private mutating func replaceKey() async throws {
        key += 1
        let outcome = try await store.replaceVerifyKey(
            [UInt8](repeating: UInt8(truncatingIfNeeded: key), count: 32), of: Make.task, peerHasKey: true, at: 0)
        if outcome == .replaced { jobs = [] }
    }
}
