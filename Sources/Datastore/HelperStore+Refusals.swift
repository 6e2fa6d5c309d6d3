// What the helper does not stand by: reports that it refused or dropped, and those that their contributors took back.
// Its signed word about one of them is final, so a report that has a row here is never accepted later.

import DAP
import GRDB
import Ledger

extension SQLiteDatastore {
    package func withdrawHelperReport(
        _ withdrawal: WithdrawalEntry, earlyLimit: Int?
    ) async throws(DatastoreError) -> WithdrawalOutcome {
        let key: StatementArguments = [withdrawal.taskID.blob, withdrawal.reportID.blob]
        let entry = LedgerEntry.withdrawal(withdrawal).encoded()
        return try await write { db in
            try Self.counting(db) { try Self.withdraw(withdrawal, key: key, entry: entry, earlyLimit, db) }
        }
    }

    private static func withdraw(
        _ withdrawal: WithdrawalEntry, key: StatementArguments, entry: [UInt8], _ earlyLimit: Int?, _ db: Database
    ) throws -> WithdrawalOutcome {
        let found = try Row.fetchOne(
            db, sql: "SELECT state, claim_key FROM helper_reports WHERE task_id = ? AND report_id = ?",
            arguments: key)
        guard let row = found else {
            if let refusal = try refusal(key, db) { return outcome(refusal) }
            guard let earlyLimit else { return .unknown }
            return try keepEarly(withdrawal, entry: entry, limit: earlyLimit, db)
        }
        guard row.optionalBytes("claim_key") == withdrawal.claimKey else { return .wrongKey }
        switch try row.code("state", as: HelperReportState.self) {
        case .closed, .collected: return .tooLate
        case .dropped: return outcome(try refusal(key, db) ?? .rejected(.reportDropped))
        case .accepted:
            try db.execute(
                sql: "UPDATE helper_reports SET state = ?, output_share = NULL WHERE task_id = ? AND report_id = ?",
                arguments: [HelperReportState.dropped.rawValue] + key)
            try db.execute(
                sql: "INSERT INTO helper_refusals (task_id, report_id, withdrawal) VALUES (?, ?, ?)",
                arguments: key + [entry.blob])
            return .withdrawn
        }
    }

    package func helperRefusals(
        _ task: TaskID, _ reports: [ReportID]
    ) async throws(DatastoreError) -> [HelperRefusal?] {
        try await read { db in
            try reports.map { id in
                let key: StatementArguments = [task.blob, id.blob]
                if let refusal = try Self.refusal(key, db) { return refusal }
                let isDropped = try Bool.fetchOne(
                    db,
                    sql: "SELECT 1 FROM helper_reports WHERE task_id = ? AND report_id = ? AND state = ?",
                    arguments: key + [HelperReportState.dropped.rawValue])
                return isDropped == true ? .rejected(.reportDropped) : nil
            }
        }
    }

    package func helperRefusalCounts(_ task: TaskID) async throws(DatastoreError) -> [ReportError: UInt64] {
        try await read { db in
            let rows = try Row.fetchAll(
                db, sql: "SELECT error, reports FROM helper_refusal_counts WHERE task_id = ?", arguments: [task.blob])
            var counts: [ReportError: UInt64] = [:]
            for row in rows { counts[try row.code("error", as: ReportError.self)] = try row.unsigned("reports") }
            return counts
        }
    }

    /// Adds up what a job's answer refuses. Too early is not final, and would be counted at every try.
    static func countRefusals(_ responses: [VerifyResp], _ task: TaskID, _ db: Database) throws {
        var counts: [ReportError: Int64] = [:]
        for case .reject(let error) in responses.map(\.outcome) where error != .reportTooEarly {
            counts[error, default: 0] += 1
        }
        for (error, number) in counts {
            try db.execute(
                sql: """
                    INSERT INTO helper_refusal_counts (task_id, error, reports) VALUES (?, ?, ?)
                    ON CONFLICT (task_id, error) DO UPDATE SET reports = reports + excluded.reports
                    """,
                arguments: [task.blob, Int64(error.rawValue), number])
        }
    }

    /// Keeps that a report was refused, unless it was accepted in another job before.
    static func recordRefusal(_ error: ReportError, of report: ReportID, _ task: TaskID, _ db: Database) throws {
        // Too early is not final: the leader sends the report again.
        guard error != .reportTooEarly else { return }
        try db.execute(
            sql: """
                INSERT INTO helper_refusals (task_id, report_id, error)
                SELECT :task, :report, :error WHERE NOT EXISTS (
                    SELECT 1 FROM helper_reports WHERE task_id = :task AND report_id = :report)
                ON CONFLICT DO NOTHING
                """,
            arguments: ["task": task.blob, "report": report.blob, "error": Int64(error.rawValue)])
        try forgetEarlyWithdrawals(of: report, task, db)
    }

    static func refusal(_ key: StatementArguments, _ db: Database) throws -> HelperRefusal? {
        let row = try Row.fetchOne(
            db, sql: "SELECT error, withdrawal FROM helper_refusals WHERE task_id = ? AND report_id = ?",
            arguments: key)
        guard let row else { return nil }
        if let entry = row.optionalBytes("withdrawal") { return .withdrawn(entry: entry) }
        return .rejected(try row.code("error", as: ReportError.self))
    }

    private static func outcome(_ refusal: HelperRefusal) -> WithdrawalOutcome {
        switch refusal {
        case .withdrawn: .withdrawn
        case .rejected(let error): .refused(error)
        }
    }
}
