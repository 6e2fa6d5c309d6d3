// Withdrawals that come before their reports, inside a transaction of the helper's store: kept in a bounded room, and let go
// once their reports have come or cannot come any more.

import DAP
import Ledger

extension Session {
    /// The withdrawals that wait for some reports.
    func earlyWithdrawals(_ task: TaskKey, _ reports: [SQLValue]) throws -> [SQLRow] {
        try rows([task], matching: reports) {
            "SELECT report_id, claim_key, entry FROM helper_early_withdrawals WHERE task = $1 AND report_id IN (\($0))"
        }
    }

    /// Keeps a withdrawal until its report comes.
    ///
    /// - Precondition: the task is locked exclusively.
    func keepEarly(_ withdrawal: WithdrawalEntry, _ task: TaskKey, _ room: EarlyRoom) throws -> WithdrawalOutcome {
        try requireService(of: task, id: withdrawal.taskID)
        let key: SQLArguments = [task, withdrawal.reportID.blob, withdrawal.claimKey.blob]
        let stage = try earlyStage(withdrawal, key, task, room.origin)
        guard stage == .absent else {
            let step = HelperReportLife.after(stage, .withdraw(hasKey: true, room: .free))
            return stage == .keptOut ? .pending : WithdrawalOutcome(step)
        }
        if let part = room.part, try isFull(part) {
            return WithdrawalOutcome(HelperReportLife.after(.absent, .withdraw(hasKey: true, room: .full)))
        }
        // First the place, in the statement that counts it: withdrawals of other tasks want it, too.
        let counted = try execute(
            "UPDATE helper_early_count SET withdrawals = withdrawals + 1 WHERE withdrawals < $1", [room.limit])
        let step = HelperReportLife.after(.absent, .withdraw(hasKey: true, room: counted == 1 ? .free : .full))
        if step == .keepWithdrawal {
            try execute(
                "INSERT INTO helper_early_withdrawals (task, report_id, claim_key, entry) VALUES ($1, $2, $3, $4)",
                key + [LedgerEntry.withdrawal(withdrawal).encoded().blob])
            try countGeneration()
        }
        return WithdrawalOutcome(step)
    }

    /// Whether a leader's tasks have as many as they may. (Whoever is about to take a place at the same moment is not seen: of
    /// all together there are never more than the room has.)
    private func isFull(_ part: EarlyRoom.Part) throws -> Bool {
        var count = 0
        for id in part.tasks where count < part.limit {
            if let task = try taskKey(id) { count += try earlyCount(task) }
        }
        return count >= part.limit
    }

    /// Where a report is that has not come: perhaps it has ended in the log, for whoever holds the claim key.
    private func earlyStage(
        _ withdrawal: WithdrawalEntry, _ key: SQLArguments, _ task: TaskKey, _ origin: String
    ) throws -> HelperReportStage {
        if let log = try helperLog(origin) {
            let ending = try first(
                """
                SELECT claim_key FROM helper_log_endings
                WHERE log = $1 AND task = $2 AND report_id = $3 AND (claim_key IS NULL OR claim_key = $4) LIMIT 1
                """, [log, task, withdrawal.reportID.blob, withdrawal.claimKey.blob])
            if let ending {
                return try ending.optionalBytes("claim_key") == nil ? .rejected(.reportDropped) : .withdrawn
            }
        }
        let isKept = try exists(
            """
            SELECT 1 AS found FROM helper_early_withdrawals WHERE task = $1 AND report_id = $2 AND claim_key = $3
            """, key)
        return isKept ? .keptOut : .absent
    }

    // MARK: Making room

    /// Makes room again, once the helper has spoken its last word on reports or accepted them.
    func forgetEarlyWithdrawals(of reports: Set<ReportID>, _ task: TaskKey) throws {
        let forgotten = try executeMany(
            "DELETE FROM helper_early_withdrawals WHERE task = $1 AND report_id = $2",
            reports.sorted().map { [task, $0.blob] }
        ).reduce(0, +)
        try freePlaces(forgotten)
    }

    /// Makes room again for what ends reports in a log that counts for their task: their leaves, if they get any, are in no
    /// batch, whatever the leader sends. Late in the transaction.
    ///
    /// - Parameter endings: with the claim key that alone is concerned; nil: whatever the report's is.
    func forgetEarlyWithdrawals(endedBy endings: [(task: TaskKey, report: ReportID, claimKey: [UInt8]?)]) throws {
        let byTask = Dictionary(grouping: endings, by: { $0.task }).sorted { $0.key.value < $1.key.value }
        // One that is just being kept is seen, or sees the endings. All locks come before the count, which whoever has one of
        // them alone may be about to change.
        for (task, _) in byTask { try lock(.task(task), .shared) }
        var freed = 0
        for (task, endings) in byTask {
            var ended: [ReportID: [[UInt8]?]] = [:]
            for ending in endings { ended[ending.report, default: []].append(ending.claimKey) }
            let over = try earlyWithdrawals(task, ended.keys.sorted().map(\.blob)).filter { row in
                let claimKey = try row.bytes("claim_key")
                return try ended[row.id("report_id", as: ReportID.self)]?.contains { $0 == nil || $0 == claimKey }
                    == true
            }
            let forgotten = try executeMany(
                "DELETE FROM helper_early_withdrawals WHERE task = $1 AND report_id = $2 AND claim_key = $3",
                try over.map { [task, try $0.bytes("report_id").blob, try $0.bytes("claim_key").blob] }
            ).reduce(0, +)
            // Those of a task that has ended hold no place.
            let isEnded = try exists(
                "SELECT 1 AS found FROM tasks WHERE task = $1 AND service <> \(TaskService.served.rawValue)", [task])
            if !isEnded { freed += forgotten }
        }
        try freePlaces(freed)
    }

    /// A task that ends holds no places. What waits is kept as long as the task may be served again, and its reports come.
    ///
    /// - Precondition: the task is locked exclusively.
    func leaveEarlyRoom(_ task: TaskKey, forGood: Bool) throws {
        try freePlaces(try earlyCount(task))
        if forGood { try execute("DELETE FROM helper_early_withdrawals WHERE task = $1", [task]) }
    }

    /// A task that is served again has what waited when it ended.
    ///
    /// - Precondition: the task is locked exclusively.
    func returnToEarlyRoom(_ task: TaskKey) throws { try freePlaces(try -earlyCount(task)) }

    private func earlyCount(_ task: TaskKey) throws -> Int {
        Int(clamping: try integer("SELECT COUNT(*) FROM helper_early_withdrawals WHERE task = $1", [task]) ?? 0)
    }

    private func freePlaces(_ count: Int) throws {
        guard count != 0 else { return }
        try execute("UPDATE helper_early_count SET withdrawals = withdrawals - $1", [count])
    }
}
