// Reports that end otherwise than by their job: taken back by their contributor, or given up before a promise breaks. The
// protocol is in LeaderReportStore.swift.

import DAP
import Ledger
import TaskTypes

extension NodeDatabase {
    package func withdraw(
        _ withdrawal: WithdrawalEntry, earlyLimit: Int, loggedAfter end: UInt64? = nil, vdaf: any TaskVDAF
    ) async throws(DatastoreError) -> WithdrawalOutcome {
        let entry = LedgerEntry.withdrawal(withdrawal).encoded()
        return try await write { session in
            let task = try session.lockedTaskMaking(withdrawal.taskID, .exclusive)
            return try session.counting {
                try session.withdraw(
                    withdrawal, entry: entry, task, earlyLimit: earlyLimit, loggedAfter: end, vdaf)
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
                    WHERE state IN (\(ReportState.unfinished)) AND deadline IS NOT NULL AND deadline <= $1)
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
                WHERE state IN (\(ReportState.unfinished)) AND deadline IS NOT NULL AND deadline <= $1 AND +task = $2
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
                "SELECT report_id FROM leader_reports WHERE job IN (\($0)) AND state = \(ReportState.aggregating.sql)"
            }
            return found + (try members.map { try $0.id("report_id", as: ReportID.self) })
        }
    }

    package func earliestOpenDeadline() async throws(DatastoreError) -> UInt64? {
        try await read { session in
            // The conditions are spelt as in the index.
            let row = try session.first(
                """
                SELECT deadline FROM leader_reports WHERE state IN (\(ReportState.unfinished)) AND deadline IS NOT NULL
                ORDER BY deadline LIMIT 1
                """)
            return try row?.unsigned("deadline")
        }
    }

    package func giveUp(
        _ reports: [EndedReport], task: TaskID, loggedAfter end: UInt64? = nil
    ) async throws(DatastoreError) {
        try await write { session in
            guard let key = try session.lockedTask(task, .exclusive) else { return }
            let found = try session.reportRows(reports.map(\.reportID), key)
            // Whatever ended meanwhile has its entry.
            let changes = reports.compactMap { report -> ReportChange? in
                guard let row = found[report.reportID],
                    case .move(let move) = ReportLife.after(row.place.stage(), .giveUp(report.error))
                else { return nil }
                return ReportChange(row, move, entry: report.logEntry, loggedAfter: end)
            }
            let jobs = try session.jobs(of: changes.map(\.report.number))
            try session.endJobs(jobs)
            try session.carryOut(changes, of: key)
            for job in jobs { try session.requireEmpty(job) }
        }
    }
}

extension Session {
    // MARK: Withdrawing

    fileprivate func withdraw(
        _ withdrawal: WithdrawalEntry, entry: [UInt8], _ task: TaskKey, earlyLimit: Int, loggedAfter end: UInt64?,
        _ vdaf: any TaskVDAF
    ) throws -> WithdrawalOutcome {
        let found = try first(
            "SELECT \(ReportRow.columns) FROM leader_reports WHERE task = $1 AND report_id = $2",
            [task, withdrawal.reportID.blob])
        guard let row = found else {
            return try withdrawEarly(withdrawal, entry: entry, task, limit: earlyLimit, loggedAfter: end)
        }
        let report = try ReportRow(row)
        let stage = try stage(of: report, task)
        // The queue first: what is not there any more has its place.
        let waiting = report.place.state == .accepted ? try queuedLeaf(of: report.number, task) : nil
        let hasKey = try claimKey(of: report, waiting: waiting?.bytes) == withdrawal.claimKey
        let step = ReportLife.after(stage, .withdraw(hasKey: hasKey, hasRoom: true))
        switch step {
        case .move(let move):
            let change = ReportChange(report, move, entry: entry, loggedAfter: end, behind: waiting?.notBefore)
            try carryOut([change], of: task, vdaf: vdaf)
        case .keepWithdrawal:
            try execute(
                "INSERT INTO leader_withdrawals (report, entry) VALUES ($1, $2)", [report.number, entry.blob])
        case .refuse(.sealed):
            if let end = try closeWait(report.bucket, task) { return .closing(until: end) }
        case .nothing, .refuse: break
        }
        return WithdrawalOutcome(step, stage)
    }

    /// Withdraws a report before it comes: its contributor does not know whether it ever arrived, and must not send its
    /// value again before the log says that this one is out.
    private func withdrawEarly(
        _ withdrawal: WithdrawalEntry, entry: [UInt8], _ task: TaskKey, limit: Int, loggedAfter end: UInt64?
    ) throws -> WithdrawalOutcome {
        let row: SQLArguments = [task, withdrawal.reportID.blob, withdrawal.claimKey.blob]
        let isKeptOut = try exists(
            """
            SELECT 1 AS found FROM leader_early_withdrawals WHERE task = $1 AND report_id = $2 AND claim_key = $3
            """, row)
        let stage: ReportStage = isKeptOut ? .keptOut : .absent
        let step = ReportLife.after(
            stage, .withdraw(hasKey: true, hasRoom: try isKeptOut || hasEarlyRoom(task, limit)))
        if step == .keepWithdrawal {
            try execute("INSERT INTO leader_early_withdrawals (task, report_id, claim_key) VALUES ($1, $2, $3)", row)
            try queueLogEntries([QueuedEntry(word: .withdrawal, wait: QueueWait(until: end), bytes: entry)], of: task)
        }
        return WithdrawalOutcome(step, stage)
    }

    /// Not counted, but looked at whether there is a last one.
    private func hasEarlyRoom(_ task: TaskKey, _ limit: Int) throws -> Bool {
        guard limit > 0 else { return false }
        return try !exists(
            "SELECT 1 AS found FROM leader_early_withdrawals WHERE task = $1 LIMIT 1 OFFSET $2", [task, limit - 1])
    }

    private func stage(of report: ReportRow, _ task: TaskKey) throws -> ReportStage {
        switch report.place.state {
        case .aggregating:
            report.place.stage(
                isWithdrawn: try exists("SELECT 1 AS found FROM leader_withdrawals WHERE report = $1", [report.number]))
        case .accepted:
            report.place.stage(
                in: try report.place.batch.map { try batchStage(batch: $0) } ?? batchStage(time: report.time, task))
        case .received, .rejected, .withdrawn: report.place.stage()
        }
    }

    /// Who may withdraw a report. It is in its metadata, which lie in its payload first and then in its leaf.
    ///
    /// - Parameter waiting: the leaf, where it has no place in the log yet.
    private func claimKey(of report: ReportRow, waiting: [UInt8]?) throws -> [UInt8]? {
        switch report.place.state {
        case .received, .aggregating:
            let payload = try first("SELECT metadata FROM leader_payloads WHERE report = $1", [report.number])
            guard let metadata = try payload?.bytes("metadata") else { return nil }
            return (try? ReportMetadata(decoding: metadata))?.claimKey?.publicKey
        case .accepted:
            let leaf = try waiting ?? loggedLeaf(of: report.number)
            guard let leaf, case .report(let entry)? = try? LedgerEntry(decoding: leaf) else { return nil }
            return entry.metadata.claimKey?.publicKey
        case .rejected, .withdrawn: return nil
        }
    }

    private func loggedLeaf(of report: Int64) throws -> [UInt8]? {
        try first(
            """
            SELECT e.bytes FROM leader_reports AS r JOIN log_entries AS e ON e.idx = r.log_index WHERE r.report = $1
            """, [report]
        )?.bytes("bytes")
    }

    // MARK: Ending

    /// The rows of reports, of those that are there.
    func reportRows(_ reports: [ReportID], _ task: TaskKey) throws -> [ReportID: ReportRow] {
        let found = try rows([task], matching: reports.map(\.blob)) {
            "SELECT \(ReportRow.columns) FROM leader_reports WHERE task = $1 AND report_id IN (\($0))"
        }.map(ReportRow.init)
        return Dictionary(found.map { ($0.id, $0) }) { first, _ in first }
    }

    /// Ends reports of the leader's own accord, or because the helper has: their shares are forgotten, and the log says so,
    /// in the order of `ended`.
    ///
    /// - Parameters:
    ///   - counters: what else the transaction counts; written here.
    ///   - end: of the window that the log has to wait for; nil where it does not.
    ///   - vdaf: the task's; needed for accepted ones, which leave their sums.
    ///   - step: what ``ReportLife`` says of a report.
    /// - Throws: `.stale` where it refuses one, or one is not here.
    func end(
        _ ended: [EndedReport], task: TaskKey, counters: LeaderCounters = LeaderCounters(),
        loggedAfter end: UInt64? = nil, vdaf: (any TaskVDAF)? = nil, _ step: (ReportPlace, EndedReport) -> ReportStep
    ) throws {
        let found = try reportRows(ended.map(\.reportID), task)
        let changes = try ended.map { report in
            guard let row = found[report.reportID], case .move(let move) = step(row.place, report) else {
                throw DatastoreError.stale
            }
            return ReportChange(row, move, entry: report.logEntry, loggedAfter: end)
        }
        try carryOut(changes, of: task, counters: counters, vdaf: vdaf)
    }
}

extension WithdrawalOutcome {
    /// What a contributor is told about its withdrawal.
    package init(_ step: ReportStep, _ stage: ReportStage) {
        let isInJob = if case .aggregating = stage { true } else { false }
        self =
            switch step {
            case .move: .withdrawn
            case .keepWithdrawal, .nothing: isInJob ? .pending : .withdrawn
            case .refuse(.wrongKey): .wrongKey
            case .refuse(.sealed): .tooLate
            case .refuse(.rejected(let error)): .rejected(error)
            case .refuse(.full): .full
            case .refuse(.withdrawn): .withdrawn
            case .refuse(.replayed), .refuse(.stale): .unknown
            }
    }
}
