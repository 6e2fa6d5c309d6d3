import DAP
import GRDB
import Ledger

/// Where a report stands with the helper; the numbers are in the database.
enum HelperReportState: Int64 {
    /// Verified, with its output share.
    case accepted = 0
    /// In a signed close: neither it nor its neighbours can change any more.
    case closed = 1
    /// Its batch is collected; the output share is gone.
    case collected = 2
    /// Not in the close of its buckets; the output share is gone.
    case dropped = 3
}

extension SQLiteDatastore {
    package func helperJob(_ task: TaskID, _ job: AggregationJobID) async throws(DatastoreError) -> HelperJob? {
        try await read { db in try Self.fetchJob(task, job, db) }
    }

    package func commitHelperJob(
        _ task: TaskID, _ job: AggregationJobID, outcomes: [HelperOutcome], recordsRefusals: Bool
    ) async throws(DatastoreError) -> [UInt8] {
        try await write { db in
            if case .finished(let response) = try Self.fetchJob(task, job, db) { return response }
            try Self.requireService(of: task, db)
            var isRefusing = false
            let responses = try outcomes.map { outcome -> VerifyResp in
                let id = outcome.reportID
                let refused: ReportError
                switch outcome.finding {
                case .refused(let error): refused = error
                case .verified(let report):
                    guard let error = try Self.commit(report, id: id, task: task, db) else {
                        return VerifyResp(reportID: id, outcome: .continue(payload: report.outbound))
                    }
                    refused = error
                }
                if recordsRefusals {
                    isRefusing = true
                    try Self.recordRefusal(refused, of: id, task, db)
                }
                return VerifyResp(reportID: id, outcome: .reject(refused))
            }
            if isRefusing { try Self.countGeneration(db) }
            let response = AggregationJobResp(responses: responses).encoded()
            guard responses.contains(where: { $0.outcome != .reject(.reportTooEarly) }) else { return response }
            try Self.countRefusals(responses, task, db)
            try db.execute(
                sql: """
                    INSERT INTO helper_jobs (task_id, job_id, response) VALUES (?, ?, ?)
                    ON CONFLICT (task_id, job_id) DO UPDATE SET response = excluded.response
                    """,
                arguments: [task.blob, job.blob, response.blob])
            return response
        }
    }

    package func deleteHelperJob(_ task: TaskID, _ job: AggregationJobID) async throws(DatastoreError) -> Bool {
        try await write { db in
            try db.execute(
                sql: "UPDATE helper_jobs SET response = NULL WHERE task_id = ? AND job_id = ? AND response IS NOT NULL",
                arguments: [task.blob, job.blob])
            return db.changesCount == 1
        }
    }

    private static func fetchJob(_ task: TaskID, _ job: AggregationJobID, _ db: Database) throws -> HelperJob? {
        let row = try Row.fetchOne(
            db, sql: "SELECT response FROM helper_jobs WHERE task_id = ? AND job_id = ?",
            arguments: [task.blob, job.blob])
        guard let row else { return nil }
        return row.optionalBytes("response").map { .finished(response: $0) } ?? .deleted
    }

    /// DAP-18, Batch Buckets: a report is committed unless its bucket is collected, its id was committed before, or it
    /// was refused for good.
    private static func commit(
        _ report: VerifiedReport, id: ReportID, task: TaskID, _ db: Database
    ) throws -> ReportError? {
        let bucket = report.batchID.map(BatchScope.batch) ?? .interval(Interval(start: report.time, duration: 1))
        switch try refusal([task.blob, id.blob], db) {
        case .rejected(let error): return error
        case .withdrawn: return .reportDropped
        case nil: break
        }
        if try takeEarlyWithdrawal(of: id, claimKey: report.claimKey, task, db) { return .reportDropped }
        if try isShut(task, bucket, db) { return .batchCollected }
        try db.cachedStatement(
            sql: """
                INSERT INTO helper_reports
                    (task_id, report_id, time, batch_id, state, leaf_hash, claim_key, output_share)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
                """
        ).execute(arguments: [
            task.blob, id.blob, try report.time.stored("report time"), report.batchID?.blob,
            HelperReportState.accepted.rawValue, report.leafHash?.blob, report.claimKey?.blob,
            report.outputShare.blob,
        ])
        guard db.changesCount == 1 else { return .reportReplayed }
        try forgetEarlyWithdrawals(of: id, task, db)
        return nil
    }

    /// Whether some bucket of the scope is in a signed close or collected.
    static func isShut(_ task: TaskID, _ scope: BatchScope, _ db: Database) throws -> Bool {
        try overlaps("helper_closes", task, scope, db) || overlaps("helper_collections", task, scope, db)
    }

    /// Whether a row of a table with the columns batch_id, start_time and end_time shares a bucket with the scope.
    static func overlaps(_ table: String, _ task: TaskID, _ scope: BatchScope, _ db: Database) throws -> Bool {
        let (condition, arguments) = overlapCondition(scope)
        let statement = try db.cachedStatement(
            sql: "SELECT EXISTS (SELECT 1 FROM \(table) WHERE task_id = ? AND \(condition))")
        return try Bool.fetchOne(statement, arguments: [task.blob] + arguments) ?? false
    }

    /// SQL that holds for the rows of such a table that share a bucket with the scope; for none where it names no bucket.
    static func overlapCondition(_ scope: BatchScope) -> (sql: String, arguments: StatementArguments) {
        switch scope {
        case .batch(let id): ("batch_id = ?", [id.blob])
        case .interval(let interval):
            (
                "start_time < ? AND ? < end_time",
                interval.end.map { [$0.clampedToInt64, interval.start.clampedToInt64] } ?? [0, Int64.max]
            )
        }
    }
}
