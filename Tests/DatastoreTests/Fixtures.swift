import DAP
import Datastore
import Foundation
import Ledger
import TaskTypes

/// A node's database in a place of its own, removed at the end.
final class TemporaryStore {
    private let place: EnginePlace
    var store: NodeDatabase

    var directory: URL { file.directory }
    var path: String { file.path }

    /// Of a database that lies in one.
    private var file: SQLiteFile {
        guard case .sqlite(let file) = place else { preconditionFailure("the database is on a server") }
        return file
    }

    /// A file.
    init() throws {
        let file = try SQLiteFile()
        place = .sqlite(file)
        store = StatementPlans.watching(try .open(path: file.path), .sqlite)
    }

    init(_ kind: EngineKind) async throws {
        place = try await kind.place()
        store = StatementPlans.watching(try await .open(place.storage), kind)
    }

    /// What queries of its stores cost its engine (``QueryWork``).
    func work(of queries: [AskedQuery]) throws -> Int {
        switch place {
        case .sqlite(let file): try QueryWork.steps(queries, sqlite: file.path)
        case .postgreSQL(let database): try QueryWork.rows(queries, postgreSQL: database)
        }
    }

    /// What a node finds that starts after this one was killed now. Of a file, that is what is on the disk with its
    /// write-ahead log, without anything that closing would have written; a server has it.
    func afterKill() async throws -> NodeDatabase {
        guard case .sqlite(let file) = place else { return try await .open(place.storage) }
        return try .open(path: file.copyAsKilled())
    }
}

enum Make {
    static let task = TaskID(unchecked: [UInt8](repeating: 7, count: 32))

    static func storedTask(_ id: TaskID = task) -> StoredTask {
        StoredTask(
            id: id, name: "test", configuration: [1, 2, 3], collectorConfig: [4], policyText: [5],
            verifyKey: [UInt8](repeating: 9, count: 32))
    }

    static func reportID(_ number: Int) -> ReportID {
        ReportID(
            unchecked: withUnsafeBytes(of: UInt64(number).bigEndian) { [UInt8]($0) } + [UInt8](repeating: 0, count: 8))
    }

    static func report(_ number: Int, time: UInt64 = 100, content: UInt8 = 0) -> NewReport {
        NewReport(
            reportID: reportID(number), time: time, fingerprint: [UInt8](repeating: content, count: 32),
            payload: ReportPayload(
                metadata: [1, UInt8(truncatingIfNeeded: number)], publicShare: [2], inputShare: [3, content],
                helperShare: [4]))
    }

    static func entry(_ number: Int) -> [UInt8] { Array("entry \(number)".utf8) }

    /// A type whose output shares are one number of 8 bytes.
    static let vdaf: any TaskVDAF = {
        guard let vdaf = try? makeTaskVDAF(.sum(maxMeasurement: 255)) else { fatalError("Prio3Sum cannot be made") }
        return vdaf
    }()

    /// The output share that is a small number.
    static func share(_ number: Int) -> [UInt8] { withUnsafeBytes(of: UInt64(number).littleEndian) { [UInt8]($0) } }
}

extension NodeDatabase {
    /// Gives whatever waits in the log's queue its place, as who has the duty does.
    ///
    /// - Returns: how many entries the log has then.
    @discardableResult
    func numberedSize(dueAt time: UInt64 = .max) async throws -> UInt64 {
        guard let lease = try await takeDuty(.log, holder: "test", for: .seconds(60)) else {
            throw DatastoreError.leaseLost
        }
        while try await numberLogEntries(lease, dueAt: time) > 0 {}
        try await endDuty(lease)
        return try await logSize()
    }

    /// Submits an entry, and gives it its place.
    func submitted(_ entry: [UInt8], task: TaskID = Make.task) async throws -> UInt64? {
        try await submitLogEntry(entry, task: task)
        try await numberedSize()
        return try await submittedLogEntry(entry)
    }

    /// The sequence numbers of reports that were uploaded.
    func rows(of numbers: [Int], task: TaskID = Make.task) async throws -> [Int64] {
        try await engine.read { session in
            try numbers.map { number in
                let row = try session.integer(
                    """
                    SELECT r.report FROM leader_reports AS r JOIN task_ids AS i ON i.task = r.task
                    WHERE i.task_id = $1 AND r.report_id = $2
                    """, [SQLValue.blob(task.bytes), SQLValue.blob(Make.reportID(number).bytes)])
                guard let row else { throw DatastoreError.conflict("report \(number) was never uploaded") }
                return row
            }
        }
    }

    /// Uploads reports and puts them in one pending job.
    func pendingJob(
        _ numbers: [Int], time: UInt64 = 100, batch: BatchID? = nil, task: TaskID = Make.task
    ) async throws -> Int64 {
        _ = try await storeReports(numbers.map { Make.report($0, time: time) }, task: task, bucketCapacity: nil)
        let reports = try await rows(of: numbers, task: task)
        let job = NewJob(batchID: batch, request: [0xAA, 0xBB], reports: reports)
        guard case .created(let key) = try await createJob(job, rejected: [], task: task, maxBatchSize: 1_000) else {
            throw DatastoreError.conflict("the job was not created")
        }
        return key
    }

    /// Uploads reports and accepts them all, each with an output share of its own number and, if wanted, a log entry.
    func accept(
        _ numbers: [Int], time: UInt64 = 100, batch: BatchID? = nil, logging: Bool = true, task: TaskID = Make.task
    ) async throws {
        let key = try await pendingJob(numbers, time: time, batch: batch, task: task)
        try await finish(
            key,
            numbers.map { number in
                let entry = logging ? Make.entry(number) : nil
                return (number, .accepted(outputShare: Make.share(number), logEntry: entry))
            })
        if logging { try await numberedSize() }
    }

    /// Ends a job of reports by their numbers.
    @discardableResult
    func finish(_ job: Int64, _ outcomes: [(number: Int, outcome: ReportOutcome)]) async throws -> Bool {
        try await finishJob(
            job, outcomes: outcomes.map { (Make.reportID($0.number), $0.outcome) }, vdaf: Make.vdaf)
    }

    /// The sum of the output shares of a batch.
    func sum(_ scope: BatchScope, task: TaskID = Make.task) async throws -> Int {
        let share = try await aggregateShare(task: task, scope: scope, vdaf: Make.vdaf).aggregateShare
        return share.reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    /// The ids of a batch's accepted reports, page by page.
    func acceptedIDs(_ scope: BatchScope, perPage limit: Int = 2, task: TaskID = Make.task) async throws -> [ReportID] {
        var ids: [ReportID] = []
        var last: ReportCursor?
        while true {
            let page = try await acceptedReports(task: task, scope: scope, after: last, limit: limit)
            ids += page.map(\.id)
            last = page.last
            if page.isEmpty { return ids }
        }
    }

    func newCollection(
        request: [UInt8] = [1], interval: Interval? = nil, task: TaskID = Make.task
    ) async throws -> StoredCollection {
        guard case .job(let job) = try await createCollection(task: task, request: request, interval: interval) else {
            throw DatastoreError.conflict("overlap")
        }
        return job
    }

    /// Compares a helper's batch with the reports that a leader names, as the node does it.
    func reconcile(
        _ task: TaskID, _ scope: BatchScope, leaders: [ReportID], vdaf: any TaskVDAF
    ) async throws -> BatchDifference? {
        let standing = try await helperStanding(task, scope)
        let numbers = try await acceptedHelperReports(task, scope, leaders)
        var named = ReportNumbers()
        for number in numbers { if let number { _ = named.insert(number) } }
        let dropped = try await reconcileHelperBatch(task, scope, named: named, standing: standing, vdaf: vdaf)
        let missing = zip(leaders, numbers).filter { $1 == nil }.map(\.0)
        return dropped.map { BatchDifference(missing: missing, dropped: $0) }
    }
}
