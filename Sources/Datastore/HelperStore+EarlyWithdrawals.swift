// Withdrawals that reach the helper before their reports do. Each waits under its claim key; the report that comes with
// this key is refused, and the helper's last word on it is the contributor's withdrawal.

import DAP
import GRDB
import Ledger

extension SQLiteDatastore {
    /// Keeps a withdrawal until its report comes. Nothing that is kept makes room for another one.
    static func keepEarly(
        _ withdrawal: WithdrawalEntry, entry: [UInt8], limit: Int, _ db: Database
    ) throws -> WithdrawalOutcome {
        let key: StatementArguments = [withdrawal.taskID.blob, withdrawal.reportID.blob, withdrawal.claimKey.blob]
        let isKept = try Bool.fetchOne(
            db,
            sql: """
                SELECT EXISTS (
                    SELECT 1 FROM helper_early_withdrawals WHERE task_id = ? AND report_id = ? AND claim_key = ?)
                """,
            arguments: key)
        if isKept == true { return .pending }
        let count = try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM helper_early_withdrawals") ?? 0
        guard count < limit else { return .full }
        try db.execute(
            sql: "INSERT INTO helper_early_withdrawals (task_id, report_id, claim_key, entry) VALUES (?, ?, ?, ?)",
            arguments: key + [entry.blob])
        return .pending
    }

    /// Refuses a report that was withdrawn before it came: what waited for it becomes the helper's last word on it.
    ///
    /// - Returns: whether it was.
    static func takeEarlyWithdrawal(
        of report: ReportID, claimKey: [UInt8]?, _ task: TaskID, _ db: Database
    ) throws -> Bool {
        guard let claimKey else { return false }
        let statement = try db.cachedStatement(
            sql: "SELECT entry FROM helper_early_withdrawals WHERE task_id = ? AND report_id = ? AND claim_key = ?")
        guard let row = try Row.fetchOne(statement, arguments: [task.blob, report.blob, claimKey.blob]) else {
            return false
        }
        try db.execute(
            sql: "INSERT INTO helper_refusals (task_id, report_id, withdrawal) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            arguments: [task.blob, report.blob, try row.bytes("entry").blob])
        try forgetEarlyWithdrawals(of: report, task, db)
        return true
    }

    /// Makes room again, once the helper has spoken its last word on the report.
    static func forgetEarlyWithdrawals(of report: ReportID, _ task: TaskID, _ db: Database) throws {
        try db.cachedStatement(sql: "DELETE FROM helper_early_withdrawals WHERE task_id = ? AND report_id = ?")
            .execute(arguments: [task.blob, report.blob])
    }
}
