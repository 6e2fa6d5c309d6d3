// Reports that end otherwise than by their job: taken back by their contributor, or given up before a promise breaks. The
// protocol is in LeaderReportStore.swift.

import DAP
import Ledger

extension NodeDatabase {
    package func withdraw(
        _ withdrawal: WithdrawalEntry, earlyLimit: Int, vdaf: any TaskVDAF
    ) async throws(DatastoreError) -> WithdrawalOutcome {
        let entry = LedgerEntry.withdrawal(withdrawal).encoded()
        return try await write { session in
            let task = try session.lockedTaskMaking(withdrawal.taskID, .exclusive)
            return try session.counting {
                try session.withdraw(withdrawal, entry: entry, task, earlyLimit: earlyLimit, vdaf)
            }
        }
    }

    package func tasksWithOverdueReports(at time: UInt64) async throws(DatastoreError) -> Set<TaskID> {
        try await read { session in
            // The plus sign keeps a planner from asking for the overdue reports of each task, among all that it ever had.
            let found = try session.rows(
                """
                SELECT i.task_id FROM task_ids AS i WHERE i.task IN (
                    SELECT +task FROM leader_reports
                    WHERE state IN (0, 1) AND deadline IS NOT NULL AND deadline <= $1)
                """, [time.clampedToInt64])
            return Set(try found.map { try $0.id("task_id", as: TaskID.self) })
        }
    }

    package func overdueReports(
        of task: TaskID, at time: UInt64, limit: Int
    ) async throws(DatastoreError) -> [ReportID] {
        try await read { session in
            guard let key = try session.taskKey(task) else { return [] }
            // The conditions are spelt as in the index, or the whole table would be read. The plus sign keeps a planner from
            // the index of ids, which has all reports that the task ever had.
            let overdue = try session.rows(
                """
                SELECT report_id, job FROM leader_reports
                WHERE state IN (0, 1) AND deadline IS NOT NULL AND deadline <= $1 AND +task = $2
                ORDER BY deadline LIMIT $3
                """, [time.clampedToInt64, key, limit])
            var jobs: Set<Int64> = []
            var found: [ReportID] = []
            for row in overdue {
                if let job = try row.optionalInteger("job") {
                    jobs.insert(job)
                } else {
                    found.append(try row.id("report_id", as: ReportID.self))
                }
            }
            // A job is given up whole: a request whose reports are not all there cannot be repeated.
            let members = try session.rows([], matching: jobs.sorted().map(SQLValue.integer)) {
                "SELECT report_id FROM leader_reports WHERE job IN (\($0)) AND state = 1"
            }
            return found + (try members.map { try $0.id("report_id", as: ReportID.self) })
        }
    }

    package func earliestOpenDeadline() async throws(DatastoreError) -> UInt64? {
        try await read { session in
            // The conditions are spelt as in the index.
            let row = try session.first(
                """
                SELECT deadline FROM leader_reports WHERE state IN (0, 1) AND deadline IS NOT NULL
                ORDER BY deadline LIMIT 1
                """)
            return try row?.unsigned("deadline")
        }
    }

    package func giveUp(_ reports: [RefusedReport], task: TaskID) async throws(DatastoreError) {
        try await write { session in
            guard let key = try session.lockedTask(task, .exclusive) else { return }
            let found = try session.reportRows(reports.map(\.reportID), key)
            // Whatever ended meanwhile has its entry.
            let open = reports.compactMap { report in
                found[report.reportID].flatMap { [.received, .aggregating].contains($0.place.state) ? report : nil }
            }
            let jobs = try session.jobs(of: open.compactMap { found[$0.reportID]?.number })
            try session.endJobs(jobs)
            try session.refuse(open, found, key, vdaf: nil)
            for job in jobs {
                let isLeft = try session.exists(
                    "SELECT 1 AS found FROM leader_reports WHERE job = $1 AND state = 1 LIMIT 1", [job])
                guard !isLeft else { throw DatastoreError.conflict("job \(job) has reports that are not given up") }
            }
        }
    }
}

extension Session {
    // MARK: Withdrawing

    fileprivate func withdraw(
        _ withdrawal: WithdrawalEntry, entry: [UInt8], _ task: TaskKey, earlyLimit: Int, _ vdaf: any TaskVDAF
    ) throws -> WithdrawalOutcome {
        let found = try first(
            "SELECT \(ReportRow.columns), log_index FROM leader_reports WHERE task = $1 AND report_id = $2",
            [task, withdrawal.reportID.blob])
        guard let row = found else { return try keepOut(withdrawal, entry: entry, task, limit: earlyLimit) }
        let report = try ReportRow(row)
        switch report.place.state {
        case .withdrawn: return .withdrawn
        case .rejected: return .refused(try row.code("error", as: ReportError.self))
        case .received:
            guard try waitingClaimKey(report) == withdrawal.claimKey else { return .wrongKey }
        case .aggregating:
            guard try waitingClaimKey(report) == withdrawal.claimKey else { return .wrongKey }
            try execute(
                "INSERT INTO leader_withdrawals (report, entry) VALUES ($1, $2) ON CONFLICT (report) DO NOTHING",
                [report.number, entry.blob])
            return .pending
        case .accepted:
            guard try loggedClaimKey(try row.optionalInteger("log_index")) == withdrawal.claimKey else {
                return .wrongKey
            }
            let isOpen =
                if let batch = report.place.batch { try isOpen(batch: batch) } else {
                    try !isSealed(time: report.time, task)
                }
            guard isOpen else { return .tooLate }
        }
        try carryOut([ReportChange(report: report, fate: .withdrawn, entries: [entry])], of: task, vdaf: vdaf)
        return .withdrawn
    }

    /// Withdraws a report before it comes: its contributor does not know whether it ever arrived, and must not send its
    /// value again before the log says that this one is out.
    private func keepOut(
        _ withdrawal: WithdrawalEntry, entry: [UInt8], _ task: TaskKey, limit: Int
    ) throws -> WithdrawalOutcome {
        let row: SQLArguments = [task, withdrawal.reportID.blob, withdrawal.claimKey.blob]
        let isKeptOut = try exists(
            """
            SELECT 1 AS found FROM leader_early_withdrawals WHERE task = $1 AND report_id = $2 AND claim_key = $3
            """, row)
        if isKeptOut { return .withdrawn }
        // Not counted, but looked at whether there is a last one.
        let isFull =
            try limit <= 0
            || exists(
                "SELECT 1 AS found FROM leader_early_withdrawals WHERE task = $1 LIMIT 1 OFFSET $2", [task, limit - 1])
        guard !isFull else { return .full }
        try execute("INSERT INTO leader_early_withdrawals (task, report_id, claim_key) VALUES ($1, $2, $3)", row)
        try appendLogEntries([entry])
        return .withdrawn
    }

    private func waitingClaimKey(_ report: ReportRow) throws -> [UInt8]? {
        let payload = try first("SELECT metadata FROM leader_payloads WHERE report = $1", [report.number])
        guard let metadata = try payload?.bytes("metadata") else { return nil }
        return (try? ReportMetadata(decoding: metadata))?.claimKey?.publicKey
    }

    private func loggedClaimKey(_ index: Int64?) throws -> [UInt8]? {
        guard let index, let row = try first("SELECT bytes FROM log_entries WHERE idx = $1", [index]),
            case .report(let report)? = try? LedgerEntry(decoding: try row.bytes("bytes"))
        else { return nil }
        return report.metadata.claimKey?.publicKey
    }

    // MARK: Refusing

    /// The rows of reports, of those that are there.
    func reportRows(_ reports: [ReportID], _ task: TaskKey) throws -> [ReportID: ReportRow] {
        let found = try rows([task], matching: reports.map(\.blob)) {
            "SELECT \(ReportRow.columns) FROM leader_reports WHERE task = $1 AND report_id IN (\($0))"
        }.map(ReportRow.init)
        return Dictionary(found.map { ($0.id, $0) }) { first, _ in first }
    }

    /// Ends reports of the leader's own accord, or because the helper has: their shares are forgotten, and the log says so,
    /// in the order of `refused`.
    ///
    /// - Parameters:
    ///   - state: in which they all must be.
    ///   - counters: what else the transaction counts; written here.
    ///   - vdaf: the task's; needed for accepted ones, which leave their sums.
    /// - Throws: `.stale` where one is not.
    func refuse(
        _ refused: [RefusedReport], from state: ReportState, task: TaskKey,
        counters: LeaderCounters = LeaderCounters(), vdaf: (any TaskVDAF)? = nil
    ) throws {
        let found = try reportRows(refused.map(\.reportID), task)
        guard refused.allSatisfy({ found[$0.reportID]?.place.state == state }) else { throw DatastoreError.stale }
        try refuse(refused, found, task, counters: counters, vdaf: vdaf)
    }

    fileprivate func refuse(
        _ refused: [RefusedReport], _ found: [ReportID: ReportRow], _ task: TaskKey,
        counters: LeaderCounters = LeaderCounters(), vdaf: (any TaskVDAF)?
    ) throws {
        let changes = refused.compactMap { refusal in
            found[refusal.reportID].map { report in
                let isWithdrawn = refusal.isWithdrawn && refusal.logEntry != nil
                return ReportChange(
                    report: report, fate: isWithdrawn ? .withdrawn : .rejected(refusal.error),
                    entries: refusal.logEntry.map { [$0] } ?? [])
            }
        }
        try carryOut(changes, of: task, counters: counters, vdaf: vdaf)
    }
}
