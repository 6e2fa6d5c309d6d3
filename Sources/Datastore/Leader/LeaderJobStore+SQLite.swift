import DAP
import GRDB
import Ledger

/// States of `leader_jobs`.
enum JobState: Int64 {
    case pending = 0
    case ended = 1
}

extension SQLiteDatastore: LeaderJobStore {
    package func batchForNextJob(
        task: TaskID, maxBatchSize: UInt64
    ) async throws(DatastoreError) -> (id: BatchID, room: UInt64) {
        try await write { db in
            let open = try Row.fetchAll(
                db, sql: "SELECT batch_id FROM leader_batches WHERE task_id = ? AND state = ? ORDER BY sequence",
                arguments: [task.blob, BatchState.open.rawValue])
            for row in open {
                let id = try row.id("batch_id", as: BatchID.self)
                let count = try BatchScope.batch(id).count([.aggregating, .accepted], task, db)
                if count < maxBatchSize { return (id, maxBatchSize - count) }
            }
            let id = BatchID.random()
            try db.execute(
                sql: "INSERT INTO leader_batches (task_id, batch_id, state) VALUES (?, ?, ?)",
                arguments: [task.blob, id.blob, BatchState.open.rawValue])
            return (id, maxBatchSize)
        }
    }

    package func createJob(
        _ job: NewJob?, refused: [RefusedReport], task: TaskID, maxBatchSize: UInt64
    ) async throws(DatastoreError) -> JobCreation {
        do {
            return try await write { db in
                if let key = job?.verifyKey, try Self.firstKey(of: task, db) != key { throw DatastoreError.stale }
                if let job, let batch = job.batchID {
                    let filled = try BatchScope.batch(batch).count([.aggregating, .accepted], task, db)
                    guard try Self.isOpen(batch, task, db), filled <= maxBatchSize,
                        UInt64(job.reportIDs.count) <= maxBatchSize - filled
                    else { throw DatastoreError.stale }
                }
                try Self.refuse(refused, from: .received, task, db)
                guard let job, !job.reportIDs.isEmpty else { return .nothingToSend }
                try db.execute(
                    sql: "INSERT INTO leader_jobs (task_id, batch_id, state, request) VALUES (?, ?, ?, ?)",
                    arguments: [task.blob, job.batchID?.blob, JobState.pending.rawValue, job.request.blob])
                let key = db.lastInsertedRowID
                for (position, report) in job.reportIDs.enumerated() {
                    try db.execute(
                        sql: """
                            UPDATE leader_reports SET state = ?, job = ?, position = ?, batch_id = ?
                            WHERE task_id = ? AND report_id = ? AND state = ?
                            """,
                        arguments: [
                            ReportState.aggregating.rawValue, key, position, job.batchID?.blob, task.blob,
                            report.blob, ReportState.received.rawValue,
                        ])
                    guard db.changesCount == 1 else { throw DatastoreError.stale }
                }
                return .created(key: key)
            }
        } catch {
            guard error == .stale else { throw error }
            return .stale
        }
    }

    private static func firstKey(of task: TaskID, _ db: Database) throws -> [UInt8]? {
        try Row.fetchOne(db, sql: "SELECT verify_key FROM tasks WHERE task_id = ?", arguments: [task.blob])?
            .bytes("verify_key")
    }

    static func isOpen(_ batch: BatchID, _ task: TaskID, _ db: Database) throws -> Bool {
        let state = try Int64.fetchOne(
            db, sql: "SELECT state FROM leader_batches WHERE task_id = ? AND batch_id = ?",
            arguments: [task.blob, batch.blob])
        return state == BatchState.open.rawValue
    }

    /// Marks reports rejected, forgets their shares and logs their `rejected` entries.
    static func refuse(
        _ refused: [RefusedReport], from state: ReportState, _ task: TaskID, _ db: Database
    ) throws {
        for report in refused {
            let sequence = try Int64.fetchOne(
                db, sql: "SELECT sequence FROM leader_reports WHERE task_id = ? AND report_id = ? AND state = ?",
                arguments: [task.blob, report.reportID.blob, state.rawValue])
            guard let sequence else { throw DatastoreError.stale }
            if report.isWithdrawn, let entry = report.logEntry {
                try withdraw(sequence, entry: entry, db)
            } else {
                try reject(sequence, report.error, logEntry: report.logEntry, db)
            }
        }
    }

    private static func reject(
        _ sequence: Int64, _ error: ReportError, logEntry: [UInt8]?, _ db: Database
    ) throws {
        let index = try logEntry.map { try appendLogEntries([$0], db) }
        try db.execute(
            sql: "UPDATE leader_reports SET state = ?, error = ?, log_index = ? WHERE sequence = ?",
            arguments: [ReportState.rejected.rawValue, Int64(error.rawValue), index, sequence])
        try forget(sequence, db)
    }

    /// Deletes everything of a report that has ended but its row.
    static func forget(_ sequence: Int64, _ db: Database) throws {
        for table in ["leader_payloads", "leader_output_shares", "leader_withdrawals"] {
            try db.execute(sql: "DELETE FROM \(table) WHERE sequence = ?", arguments: [sequence])
        }
    }

    package func reports(ofJob key: Int64) async throws(DatastoreError) -> [WaitingReport] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT r.report_id, r.time, r.attempts, r.refused_after, p.* FROM leader_reports r
                    JOIN leader_payloads p ON p.sequence = r.sequence
                    WHERE r.job = ? AND r.state = ? ORDER BY r.position
                    """,
                arguments: [key, ReportState.aggregating.rawValue]
            ).map(Self.waitingReport)
        }
    }

    package func recordHelperID(_ helperID: String?, ofJob key: Int64) async throws(DatastoreError) {
        try await write { db in
            try db.execute(
                sql: "UPDATE leader_jobs SET location = ? WHERE sequence = ?", arguments: [helperID, key])
        }
    }

    @discardableResult
    package func finishJob(
        _ key: Int64, outcomes: [(report: ReportID, outcome: ReportOutcome)]
    ) async throws(DatastoreError) -> Bool {
        try await write { db in
            try db.execute(
                sql: "UPDATE leader_jobs SET state = ?, request = NULL WHERE sequence = ? AND state = ?",
                arguments: [JobState.ended.rawValue, key, JobState.pending.rawValue])
            guard db.changesCount == 1 else { return false }
            for (report, outcome) in outcomes { try Self.finish(report, outcome, key, db) }
            let left = try Int.fetchOne(
                db, sql: "SELECT COUNT(*) FROM leader_reports WHERE job = ? AND state = ?",
                arguments: [key, ReportState.aggregating.rawValue])
            guard left == 0 else { throw DatastoreError.conflict("job \(key) ends without an outcome for all reports") }
            try Self.forgetTurns(ofJob: key, db)
            if outcomes.contains(where: { $0.outcome.isAccepted }) { try Self.countAnswered(key, db) }
            return true
        }
    }

    private static func finish(_ report: ReportID, _ outcome: ReportOutcome, _ key: Int64, _ db: Database) throws {
        let sequence = try Int64.fetchOne(
            db, sql: "SELECT sequence FROM leader_reports WHERE job = ? AND state = ? AND report_id = ?",
            arguments: [key, ReportState.aggregating.rawValue, report.blob])
        guard let sequence else {
            throw DatastoreError.conflict("report \(report.base64URL) is not in job \(key)")
        }
        let withdrawal = try waitingWithdrawal(sequence, db)
        switch (outcome, withdrawal) {
        case (.accepted(_, let logEntry), let withdrawal?):
            // The helper holds the report: leaf and withdrawal tell it, and everybody, that it counts for nothing.
            let index = try logEntry.map { try appendLogEntries([$0], db) }
            try db.execute(
                sql: "UPDATE leader_reports SET log_index = ? WHERE sequence = ?", arguments: [index, sequence])
            try withdraw(sequence, entry: withdrawal, db)
        case (.returned, let withdrawal?):
            try withdraw(sequence, entry: withdrawal, db)
        case (.accepted(let outputShare, let logEntry), nil):
            let index = try logEntry.map { try appendLogEntries([$0], db) }
            try db.execute(
                sql: "UPDATE leader_reports SET state = ?, log_index = ? WHERE sequence = ?",
                arguments: [ReportState.accepted.rawValue, index, sequence])
            try db.execute(sql: "DELETE FROM leader_payloads WHERE sequence = ?", arguments: [sequence])
            try db.execute(
                sql: "INSERT INTO leader_output_shares (sequence, output_share) VALUES (?, ?)",
                arguments: [sequence, outputShare.blob])
        case (.rejected(let error, let logEntry), _):
            try reject(sequence, error, logEntry: logEntry, db)
        case (.returned(let notBefore, let refused), nil):
            try db.execute(
                sql: """
                    UPDATE leader_reports SET state = ?, job = NULL, position = NULL, batch_id = NULL, not_before = ?
                    WHERE sequence = ?
                    """,
                arguments: [ReportState.received.rawValue, notBefore.clampedToInt64, sequence])
            if refused { try countRefusal(sequence, db) }
        }
    }
}

extension DatastoreError {
    /// Rolls a transaction back whose premise no longer holds.
    fileprivate static let stale = DatastoreError.conflict("the aggregation job's reports or batch changed meanwhile")
}
