import DAP
import Foundation
import GRDB

extension SQLiteDatastore: LeaderReportStore {
    package func storeReports(
        _ reports: [NewReport], task: TaskID, bucketCapacity: UInt64?
    ) async throws(DatastoreError) -> [UploadOutcome] {
        try await write { db in
            try Self.requireService(of: task, db)
            var buckets = BucketFill(task: task, capacity: bucketCapacity)
            let outcomes = try reports.map { report in try Self.store(report, task, &buckets, db) }
            // The answer promises those that have a deadline.
            let isPromising = zip(reports, outcomes).contains { $0.deadline != nil && $1 == .stored }
            if isPromising { try Self.countGeneration(db) }
            return outcomes
        }
    }

    private static func store(
        _ report: NewReport, _ task: TaskID, _ buckets: inout BucketFill, _ db: Database
    ) throws -> UploadOutcome {
        let known = try Row.fetchOne(
            db, sql: "SELECT fingerprint FROM leader_reports WHERE task_id = ? AND report_id = ?",
            arguments: [task.blob, report.reportID.blob])
        if let known {
            return try known.bytes("fingerprint") == report.fingerprint ? .duplicate : .replayed
        }
        if let claimKey = report.claimKey, try isKeptOut(report.reportID, claimKey: claimKey, task, db) {
            return .withdrawn
        }
        let time = try report.time.stored("report time")
        guard try !isSealed(time: time, task, db) else { return .batchCollected }
        guard try buckets.takePlace(time: time, db) else { return .full }
        try db.execute(
            sql: """
                INSERT INTO leader_reports (task_id, report_id, fingerprint, time, state, deadline)
                VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                task.blob, report.reportID.blob, report.fingerprint.blob, time, ReportState.received.rawValue,
                report.deadline?.clampedToInt64,
            ])
        try db.execute(
            sql: """
                INSERT INTO leader_payloads (sequence, metadata, public_share, input_share, helper_share)
                VALUES (?, ?, ?, ?, ?)
                """,
            arguments: [
                db.lastInsertedRowID, report.payload.metadata.blob, report.payload.publicShare.blob,
                report.payload.inputShare.blob, report.payload.helperShare.blob,
            ])
        return .stored
    }

    /// Whether a batch that contains `time` is closing or collected (time-interval mode).
    static func isSealed(time: Int64, _ task: TaskID, _ db: Database) throws -> Bool {
        try Bool.fetchOne(
            db,
            sql: """
                SELECT EXISTS (
                    SELECT 1 FROM leader_batches
                    WHERE task_id = ? AND batch_id IS NULL AND first_time <= ? AND ? < end_time
                )
                """,
            arguments: [task.blob, time, time]) ?? false
    }

    package func tasksWithWaitingReports() async throws(DatastoreError) -> [TaskID: Int] {
        try await read { db in
            let tasks = try Row.fetchAll(db, sql: "SELECT task_id FROM tasks")
            var found: [TaskID: Int] = [:]
            for row in tasks {
                let task = try row.id("task_id", as: TaskID.self)
                let count = try Int.fetchOne(
                    db, sql: "SELECT COUNT(*) FROM leader_reports WHERE task_id = ? AND state = ?",
                    arguments: [task.blob, ReportState.received.rawValue])
                if let count, count > 0 { found[task] = count }
            }
            return found
        }
    }

    /// No report is put off by so many seconds: where one seems to be, the clock was wrong then or is now.
    private static let longestWait: UInt64 = 7_200

    package func waitingReports(
        task: TaskID, excluding excluded: Set<Int64>, now: UInt64, limit: Int, payloadLimit: Int
    ) async throws(DatastoreError) -> [WaitingReport] {
        // Numbers of our own making: nothing in them has to be escaped.
        let list = excluded.map(String.init).joined(separator: ", ")
        return try await read { db in
            let cursor = try Row.fetchCursor(
                db,
                sql: """
                    SELECT r.report_id, r.time, r.attempts, r.refused_after, p.* FROM leader_reports r
                    JOIN leader_payloads p ON p.sequence = r.sequence
                    WHERE r.task_id = ? AND r.state = ? AND (r.not_before <= ? OR r.not_before > ?)
                        AND r.sequence NOT IN (\(list))
                    ORDER BY r.sequence LIMIT ?
                    """,
                arguments: [
                    task.blob, ReportState.received.rawValue, now.clampedToInt64,
                    (min(now, .max - Self.longestWait) + Self.longestWait).clampedToInt64, limit,
                ])
            var found: [WaitingReport] = []
            var size = 0
            while size < payloadLimit, let row = try cursor.next() {
                let report = try Self.waitingReport(row)
                size += report.payload.size
                found.append(report)
            }
            return found
        }
    }

    static func waitingReport(_ row: Row) throws -> WaitingReport {
        WaitingReport(
            sequence: try row.integer("sequence"), reportID: try row.id("report_id", as: ReportID.self),
            time: try row.unsigned("time"),
            attempts: Int(try row.integer("attempts")), refusedAfter: try row.optionalUnsigned("refused_after"),
            payload: ReportPayload(
                metadata: try row.bytes("metadata"), publicShare: try row.bytes("public_share"),
                inputShare: try row.bytes("input_share"), helperShare: try row.bytes("helper_share")))
    }

    package func standing(of report: ReportID, task: TaskID) async throws(DatastoreError) -> ReportStanding {
        try await read { db in
            let found = try Row.fetchOne(
                db, sql: "SELECT state, error, log_index FROM leader_reports WHERE task_id = ? AND report_id = ?",
                arguments: [task.blob, report.blob])
            guard let row = found else { return .unknown }
            switch try row.code("state", as: ReportState.self) {
            case .received, .aggregating: return .pending
            case .accepted: return .accepted(logIndex: try row.optionalUnsigned("log_index"))
            case .rejected: return .rejected(try row.code("error", as: ReportError.self))
            case .withdrawn: return .withdrawn
            }
        }
    }

    package func reportCounts(task: TaskID) async throws(DatastoreError) -> ReportCounts {
        try await read { db in
            var counts = ReportCounts()
            let rows = try Row.fetchAll(
                db,
                sql: "SELECT state, error, COUNT(*) AS n FROM leader_reports WHERE task_id = ? GROUP BY state, error",
                arguments: [task.blob])
            for row in rows {
                let number = try row.unsigned("n")
                switch try row.code("state", as: ReportState.self) {
                case .received: counts.received += number
                case .aggregating: counts.aggregating += number
                case .accepted: counts.accepted += number
                case .withdrawn: counts.withdrawn += number
                case .rejected: counts.rejected[try row.code("error", as: ReportError.self), default: 0] += number
                }
            }
            return counts
        }
    }
}

/// How full the time buckets of a task are, counted once for each bucket of an upload.
private struct BucketFill {
    let task: TaskID
    let capacity: UInt64?
    private var filled: [Int64: UInt64] = [:]

    init(task: TaskID, capacity: UInt64?) {
        self.task = task
        self.capacity = capacity
    }

    /// Whether the bucket has room for one more report; rejected ones take no room.
    mutating func takePlace(time: Int64, _ db: Database) throws -> Bool {
        guard let capacity else { return true }
        var count = filled[time] ?? 0
        if filled[time] == nil {
            let stored = try Int64.fetchOne(
                db, sql: "SELECT COUNT(*) FROM leader_reports WHERE task_id = ? AND time = ? AND state < ?",
                arguments: [task.blob, time, ReportState.rejected.rawValue])
            count = UInt64(clamping: stored ?? 0)
        }
        guard count < capacity else {
            filled[time] = count
            return false
        }
        filled[time] = count + 1
        return true
    }
}
