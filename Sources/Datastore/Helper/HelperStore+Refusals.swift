// What the helper does not stand by: reports that it refused or dropped, and those that their contributors took back.
// Its signed word about one of them is final, so a report that has a row here is never accepted later.
//
// A withdrawal may come before its report. Then it waits under its claim key, and the report that comes with this key is
// refused; nothing that waits makes room for another one.

import DAP
import Ledger

extension NodeDatabase {
    package func withdrawHelperReport(
        _ withdrawal: WithdrawalEntry, earlyLimit: Int?, vdaf: any TaskVDAF
    ) async throws(DatastoreError) -> WithdrawalOutcome {
        try await write { session in
            let task = try session.lockedTaskMaking(withdrawal.taskID, .exclusive)
            return try session.withdraw(withdrawal, task, earlyLimit: earlyLimit, vdaf)
        }
    }

    package func helperRefusals(
        _ task: TaskID, _ reports: [ReportID]
    ) async throws(DatastoreError) -> [HelperRefusal?] {
        try await read { session in
            guard let key = try session.taskKey(task) else { return reports.map { _ in nil } }
            let words = try session.lastWords(key, reports)
            return reports.map { words[$0] }
        }
    }

    package func helperRefusalCounts(_ task: TaskID) async throws(DatastoreError) -> [ReportError: UInt64] {
        try await read { session in
            guard let key = try session.taskKey(task) else { return [:] }
            return try session.helperRefusalCounts(of: key)
        }
    }
}

extension Session {
    func helperRefusalCounts(of task: TaskKey) throws -> [ReportError: UInt64] {
        var counts: [ReportError: UInt64] = [:]
        for row in try rows("SELECT error, reports FROM helper_refusal_counts WHERE task = $1", [task]) {
            counts[try row.code("error", as: ReportError.self)] = try row.unsigned("reports")
        }
        return counts
    }

    /// Adds up what a job's answer refuses. Too early is not final, and would be counted at every try.
    func countRefusals(_ answers: [VerifyResp.Outcome], _ task: TaskKey) throws {
        var counts: [ReportError: Int] = [:]
        for case .reject(let error) in answers where error != .reportTooEarly { counts[error, default: 0] += 1 }
        try executeMany(
            """
            INSERT INTO helper_refusal_counts (task, error, reports) VALUES ($1, $2, $3)
            ON CONFLICT (task, error) DO UPDATE SET reports = helper_refusal_counts.reports + excluded.reports
            """,
            counts.sorted { $0.key.rawValue < $1.key.rawValue }.map { [task, Int64($0.key.rawValue), $0.value] })
    }

    // MARK: Last words

    /// The rows of helper_refusals of some reports.
    func refusals(_ task: TaskKey, _ reports: [SQLValue]) throws -> [ReportID: HelperRefusal] {
        let found = try rows([task], matching: reports) {
            "SELECT report_id, error, withdrawal FROM helper_refusals WHERE task = $1 AND report_id IN (\($0))"
        }
        var refusals: [ReportID: HelperRefusal] = [:]
        for row in found {
            let entry = try row.optionalBytes("withdrawal")
            refusals[try row.id("report_id", as: ReportID.self)] =
                try entry.map { .withdrawn(entry: $0) } ?? .rejected(row.code("error", as: ReportError.self))
        }
        return refusals
    }

    /// The helper's last word on each of some reports that it does not stand by.
    func lastWords(_ task: TaskKey, _ reports: [ReportID]) throws -> [ReportID: HelperRefusal] {
        let ids = reports.map(\.blob)
        var words = try refusals(task, ids)
        let isDiscarded = try isDiscarded(task)
        var collected: [BatchScope: Bool] = [:]
        let found = try rows([task], matching: ids) {
            """
            SELECT r.report_id, r.state, r.time, i.batch_id FROM helper_reports AS r
            LEFT JOIN helper_batches AS i ON i.batch = r.batch WHERE r.task = $1 AND r.report_id IN (\($0))
            """
        }
        for row in found {
            let report = try row.id("report_id", as: ReportID.self)
            guard words[report] == nil else { continue }
            var isGone = try row.code("state", as: HelperReportState.self) == .dropped
            if !isGone, isDiscarded {
                let scope = try row.helperScope()
                let isCollected = try collected[scope] ?? self.isCollected(scope, task)
                collected[scope] = isCollected
                isGone = !isCollected
            }
            if isGone { words[report] = .rejected(.reportDropped) }
        }
        return words
    }

    // MARK: Withdrawals

    /// - Precondition: the task is locked exclusively.
    fileprivate func withdraw(
        _ withdrawal: WithdrawalEntry, _ task: TaskKey, earlyLimit: Int?, _ vdaf: any TaskVDAF
    ) throws -> WithdrawalOutcome {
        let id = withdrawal.reportID
        let row = try first(
            """
            SELECT r.report, r.state, r.time, r.batch, r.claim_key, i.batch_id FROM helper_reports AS r
            LEFT JOIN helper_batches AS i ON i.batch = r.batch WHERE r.task = $1 AND r.report_id = $2
            """, [task, id.blob])
        guard let row else {
            if let refusal = try refusals(task, [id.blob])[id] { return Self.outcome(refusal) }
            guard let earlyLimit else { return .unknown }
            return try keepEarly(withdrawal, task, limit: earlyLimit)
        }
        guard try row.optionalBytes("claim_key") == withdrawal.claimKey else { return .wrongKey }
        if let refusal = try lastWords(task, [id])[id] { return Self.outcome(refusal) }
        if try isShut(row.helperScope(), task) { return .tooLate }
        try execute(
            "INSERT INTO helper_refusals (task, report_id, withdrawal) VALUES ($1, $2, $3)",
            [task, id.blob, LedgerEntry.withdrawal(withdrawal).encoded().blob])
        try drop([row.helperBucket(): [row.integer("report")]], task, vdaf)
        try countGeneration()
        return .withdrawn
    }

    private static func outcome(_ refusal: HelperRefusal) -> WithdrawalOutcome {
        switch refusal {
        case .withdrawn: .withdrawn
        case .rejected(let error): .refused(error)
        }
    }

    // MARK: Early ones

    /// The withdrawals that wait for some reports.
    func earlyWithdrawals(_ task: TaskKey, _ reports: [SQLValue]) throws -> [SQLRow] {
        try rows([task], matching: reports) {
            "SELECT report_id, claim_key, entry FROM helper_early_withdrawals WHERE task = $1 AND report_id IN (\($0))"
        }
    }

    /// Keeps a withdrawal until its report comes.
    private func keepEarly(
        _ withdrawal: WithdrawalEntry, _ task: TaskKey, limit: Int
    ) throws -> WithdrawalOutcome {
        let key: SQLArguments = [task, withdrawal.reportID.blob, withdrawal.claimKey.blob]
        let condition = "task = $1 AND report_id = $2 AND claim_key = $3"
        if try exists("SELECT 1 AS found FROM helper_early_withdrawals WHERE \(condition)", key) { return .pending }
        // First the place, in the statement that counts it: withdrawals of other tasks want it, too.
        let counted = try execute(
            "UPDATE helper_early_count SET withdrawals = withdrawals + 1 WHERE withdrawals < $1", [limit])
        guard counted == 1 else { return .full }
        try execute(
            "INSERT INTO helper_early_withdrawals (task, report_id, claim_key, entry) VALUES ($1, $2, $3, $4)",
            key + [LedgerEntry.withdrawal(withdrawal).encoded().blob])
        try countGeneration()
        return .pending
    }

    /// Makes room again, once the helper has spoken its last word on reports or accepted them.
    func forgetEarlyWithdrawals(of reports: Set<ReportID>, _ task: TaskKey) throws {
        let forgotten = try executeMany(
            "DELETE FROM helper_early_withdrawals WHERE task = $1 AND report_id = $2",
            reports.sorted().map { [task, $0.blob] }
        ).reduce(0, +)
        guard forgotten > 0 else { return }
        try execute("UPDATE helper_early_count SET withdrawals = withdrawals - $1", [forgotten])
    }
}

extension SQLRow {
    /// The bucket of a row of helper_reports joined with helper_batches, as closes and collections name it.
    func helperScope() throws -> BatchScope {
        try optionalID("batch_id", as: BatchID.self).map(BatchScope.batch)
            ?? .interval(Interval(start: unsigned("time"), duration: 1))
    }
}
