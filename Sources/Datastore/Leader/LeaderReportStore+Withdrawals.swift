// Reports that end otherwise than by their job: taken back by their contributor, or given up before a promise breaks.

import DAP
import GRDB
import Ledger

extension SQLiteDatastore {
    package func withdraw(
        _ withdrawal: WithdrawalEntry, earlyLimit: Int
    ) async throws(DatastoreError) -> WithdrawalOutcome {
        let entry = LedgerEntry.withdrawal(withdrawal).encoded()
        return try await write { db in
            try Self.counting(db) { try Self.withdraw(withdrawal, entry: entry, earlyLimit: earlyLimit, db) }
        }
    }

    private static func withdraw(
        _ withdrawal: WithdrawalEntry, entry: [UInt8], earlyLimit: Int, _ db: Database
    ) throws -> WithdrawalOutcome {
        let task = withdrawal.taskID
        let found = try Row.fetchOne(
            db, sql: "SELECT * FROM leader_reports WHERE task_id = ? AND report_id = ?",
            arguments: [task.blob, withdrawal.reportID.blob])
        guard let row = found else { return try keepOut(withdrawal, entry: entry, limit: earlyLimit, db) }
        let sequence = try row.integer("sequence")
        switch try row.code("state", as: ReportState.self) {
        case .withdrawn: return .withdrawn
        case .rejected: return .refused(try row.code("error", as: ReportError.self))
        case .received:
            guard try waitingClaimKey(sequence, db) == withdrawal.claimKey else { return .wrongKey }
            try withdraw(sequence, entry: entry, db)
            return .withdrawn
        case .aggregating:
            guard try waitingClaimKey(sequence, db) == withdrawal.claimKey else { return .wrongKey }
            try db.execute(
                sql: "INSERT INTO leader_withdrawals (sequence, entry) VALUES (?, ?) ON CONFLICT DO NOTHING",
                arguments: [sequence, entry.blob])
            return .pending
        case .accepted:
            guard try loggedClaimKey(try row.optionalUnsigned("log_index"), db) == withdrawal.claimKey else {
                return .wrongKey
            }
            let isOpen =
                if let batch = try row.optionalID("batch_id", as: BatchID.self) {
                    try Self.isOpen(batch, task, db)
                } else {
                    try !isSealed(time: try row.integer("time"), task, db)
                }
            guard isOpen else { return .tooLate }
            try withdraw(sequence, entry: entry, db)
            return .withdrawn
        }
    }

    /// Withdraws a report before it comes: its contributor does not know whether it ever arrived, and must not send its
    /// value again before the log says that this one is out.
    private static func keepOut(
        _ withdrawal: WithdrawalEntry, entry: [UInt8], limit: Int, _ db: Database
    ) throws -> WithdrawalOutcome {
        let task = withdrawal.taskID
        guard
            try !isKeptOut(withdrawal.reportID, claimKey: withdrawal.claimKey, task, db)
        else { return .withdrawn }
        let count = try Int.fetchOne(
            db, sql: "SELECT COUNT(*) FROM leader_early_withdrawals WHERE task_id = ?", arguments: [task.blob])
        guard let count, count < limit else { return .full }
        try db.execute(
            sql: "INSERT INTO leader_early_withdrawals (task_id, report_id, claim_key) VALUES (?, ?, ?)",
            arguments: [task.blob, withdrawal.reportID.blob, withdrawal.claimKey.blob])
        _ = try appendLogEntries([entry], db)
        return .withdrawn
    }

    /// Whether the holder of this claim key has withdrawn the report before it came.
    static func isKeptOut(_ report: ReportID, claimKey: [UInt8], _ task: TaskID, _ db: Database) throws -> Bool {
        let statement = try db.cachedStatement(
            sql: """
                SELECT EXISTS (
                    SELECT 1 FROM leader_early_withdrawals WHERE task_id = ? AND report_id = ? AND claim_key = ?)
                """)
        return try Bool.fetchOne(statement, arguments: [task.blob, report.blob, claimKey.blob]) ?? false
    }

    private static func waitingClaimKey(_ sequence: Int64, _ db: Database) throws -> [UInt8]? {
        let payload = try Row.fetchOne(
            db, sql: "SELECT metadata FROM leader_payloads WHERE sequence = ?", arguments: [sequence])
        return payload.flatMap { try? ReportMetadata(decoding: $0.bytes("metadata")) }?.claimKey?.publicKey
    }

    private static func loggedClaimKey(_ index: UInt64?, _ db: Database) throws -> [UInt8]? {
        guard let index else { return nil }
        let row = try Row.fetchOne(
            db, sql: "SELECT bytes FROM log_entries WHERE idx = ?", arguments: [index.clampedToInt64])
        guard let row, case .report(let report)? = try? LedgerEntry(decoding: try row.bytes("bytes")) else {
            return nil
        }
        return report.metadata.claimKey?.publicKey
    }

    /// The withdrawal that waits for the end of a report's job.
    static func waitingWithdrawal(_ sequence: Int64, _ db: Database) throws -> [UInt8]? {
        try Row.fetchOne(db, sql: "SELECT entry FROM leader_withdrawals WHERE sequence = ?", arguments: [sequence])?
            .bytes("entry")
    }

    /// Ends a report as withdrawn: its shares are forgotten, and the log says so.
    static func withdraw(_ sequence: Int64, entry: [UInt8], _ db: Database) throws {
        let index = try appendLogEntries([entry], db)
        try db.execute(
            sql: "UPDATE leader_reports SET state = ?, log_index = COALESCE(log_index, ?) WHERE sequence = ?",
            arguments: [ReportState.withdrawn.rawValue, index, sequence])
        try forget(sequence, db)
    }

    package func overdueReports(at time: UInt64) async throws(DatastoreError) -> [TaskID: [ReportID]] {
        try await read { db in
            // The conditions are spelt as in the index, or SQLite would read the whole table.
            let overdue = try Row.fetchAll(
                db,
                sql: """
                    SELECT task_id, report_id, job FROM leader_reports
                    WHERE state IN (0, 1) AND deadline IS NOT NULL AND deadline <= ?
                    """,
                arguments: [time.clampedToInt64])
            var found: [TaskID: [ReportID]] = [:]
            var jobs: Set<Int64> = []
            for row in overdue {
                if let job: Int64 = row["job"] {
                    jobs.insert(job)
                } else {
                    found[try row.id("task_id", as: TaskID.self), default: []].append(
                        try row.id("report_id", as: ReportID.self))
                }
            }
            // A job is given up whole: a request whose reports are not all there cannot be repeated.
            for job in jobs.sorted() {
                let members = try Row.fetchAll(
                    db, sql: "SELECT task_id, report_id FROM leader_reports WHERE job = ? AND state = 1",
                    arguments: [job])
                for row in members {
                    found[try row.id("task_id", as: TaskID.self), default: []].append(
                        try row.id("report_id", as: ReportID.self))
                }
            }
            return found
        }
    }

    package func earliestOpenDeadline() async throws(DatastoreError) -> UInt64? {
        try await read { db in
            // The conditions are spelt as in the index.
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT deadline FROM leader_reports WHERE state IN (0, 1) AND deadline IS NOT NULL
                    ORDER BY deadline LIMIT 1
                    """)
            return try row?.unsigned("deadline")
        }
    }

    package func giveUp(_ reports: [RefusedReport], task: TaskID) async throws(DatastoreError) {
        try await write { db in
            var jobs: Set<Int64> = []
            for report in reports {
                let row = try Row.fetchOne(
                    db, sql: "SELECT state, job FROM leader_reports WHERE task_id = ? AND report_id = ?",
                    arguments: [task.blob, report.reportID.blob])
                guard let row else { continue }
                let state = try row.code("state", as: ReportState.self)
                // Whatever ended meanwhile has its entry.
                guard state == .received || state == .aggregating else { continue }
                if state == .aggregating, let job: Int64 = row["job"] { jobs.insert(job) }
                try Self.refuse([report], from: state, task, db)
            }
            for job in jobs {
                let left = try Int.fetchOne(
                    db, sql: "SELECT COUNT(*) FROM leader_reports WHERE job = ? AND state = ?",
                    arguments: [job, ReportState.aggregating.rawValue])
                guard left == 0 else { throw DatastoreError.conflict("job \(job) has reports that are not given up") }
                try db.execute(
                    sql: "UPDATE leader_jobs SET state = ?, request = NULL WHERE sequence = ?",
                    arguments: [JobState.ended.rawValue, job])
                try Self.forgetTurns(ofJob: job, db)
            }
        }
    }
}
