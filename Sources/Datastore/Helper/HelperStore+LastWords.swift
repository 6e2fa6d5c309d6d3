// What the helper does not stand by: reports that it rejected or left out, and those that their contributors took back.
// Its signed word about one of them is final, so a report that has a row here is never accepted later.
//
// A withdrawal may come before its report. Then it waits under its claim key, and the report that comes with this key is
// rejected; nothing that waits makes room for another one. It waits until its report has come, or has ended in the task's log,
// behind which no close counts it.

import DAP
import Ledger
import TaskTypes

extension NodeDatabase {
    package func withdrawHelperReport(
        _ withdrawal: WithdrawalEntry, early: EarlyRoom?, vdaf: any TaskVDAF
    ) async throws(DatastoreError) -> WithdrawalOutcome {
        try await write { session in
            let task = try session.lockedTaskMaking(withdrawal.taskID, .exclusive)
            return try session.withdraw(withdrawal, task, early: early, vdaf)
        }
    }

    package func helperBucket(
        of report: ReportID, claimKey: [UInt8], in task: TaskID
    ) async throws(DatastoreError) -> BatchScope? {
        try await read { session in
            guard let key = try session.taskKey(task) else { return nil }
            return try session.first(
                """
                SELECT r.time, i.batch_id FROM helper_reports AS r LEFT JOIN helper_batches AS i ON i.batch = r.batch
                WHERE r.task = $1 AND r.report_id = $2 AND r.claim_key = $3
                    AND r.state = \(HelperReportState.accepted.sql)
                """, [key, report.blob, claimKey.blob])?.helperScope()
        }
    }

    package func helperLastWords(
        _ task: TaskID, _ reports: [ReportID]
    ) async throws(DatastoreError) -> [HelperLastWord?] {
        try await read { session in
            guard let key = try session.taskKey(task) else { return reports.map { _ in nil } }
            let words = try session.lastWords(key, reports)
            return reports.map { words[$0] }
        }
    }

    package func helperRejectionCounts(_ task: TaskID) async throws(DatastoreError) -> [ReportError: UInt64] {
        try await read { session in
            guard let key = try session.taskKey(task) else { return [:] }
            return try session.helperRejectionCounts(of: key)
        }
    }
}

extension Session {
    func helperRejectionCounts(of task: TaskKey) throws -> [ReportError: UInt64] {
        var counts: [ReportError: UInt64] = [:]
        for row in try rows("SELECT error, reports FROM helper_refusal_counts WHERE task = $1", [task]) {
            counts[try row.code("error", as: ReportError.self)] = try row.unsigned("reports")
        }
        return counts
    }

    /// Adds up what a job's answer rejects.
    func countRejections(_ answers: [VerifyResp.Outcome], _ task: TaskKey) throws {
        try executeMany(
            """
            INSERT INTO helper_refusal_counts (task, error, reports) VALUES ($1, $2, $3)
            ON CONFLICT (task, error) DO UPDATE SET reports = helper_refusal_counts.reports + excluded.reports
            """,
            HelperJobLife.rejections(answers).sorted { $0.key.rawValue < $1.key.rawValue }
                .map { [task, Int64($0.key.rawValue), $0.value] })
    }

    // MARK: Last words

    /// The rows of helper_refusals of some reports.
    func recordedWords(_ task: TaskKey, _ reports: [SQLValue]) throws -> [ReportID: HelperLastWord] {
        let found = try rows([task], matching: reports) {
            "SELECT report_id, error, withdrawal FROM helper_refusals WHERE task = $1 AND report_id IN (\($0))"
        }
        var words: [ReportID: HelperLastWord] = [:]
        for row in found {
            let entry = try row.optionalBytes("withdrawal")
            words[try row.id("report_id", as: ReportID.self)] =
                try entry.map { .withdrawn(entry: $0) } ?? .rejected(row.code("error", as: ReportError.self))
        }
        return words
    }

    /// The helper's last word on each of some reports that it does not stand by.
    func lastWords(_ task: TaskKey, _ reports: [ReportID]) throws -> [ReportID: HelperLastWord] {
        let ids = reports.map(\.blob)
        var words = try recordedWords(task, ids)
        let isDiscarded = try isDiscarded(task)
        var buckets: [BatchScope: HelperBucketStage] = [:]
        let found = try rows([task], matching: ids) {
            """
            SELECT r.report_id, r.state, r.time, i.batch_id FROM helper_reports AS r
            LEFT JOIN helper_batches AS i ON i.batch = r.batch WHERE r.task = $1 AND r.report_id IN (\($0))
            """
        }
        for row in found {
            let report = try row.id("report_id", as: ReportID.self)
            guard words[report] == nil else { continue }
            var bucket = HelperBucketStage.open
            // Where a bucket is matters for reports of a task that was given up alone.
            if isDiscarded {
                let scope = try row.helperScope()
                bucket = try buckets[scope] ?? helperStage(scope, task)
                buckets[scope] = bucket
            }
            let stage = HelperReportStage(
                try row.code("state", as: HelperReportState.self), nil, in: bucket, isDiscarded: isDiscarded)
            words[report] = stage.lastWord.map(HelperLastWord.rejected)
        }
        return words
    }

    // MARK: Withdrawals

    /// - Precondition: the task is locked exclusively.
    fileprivate func withdraw(
        _ withdrawal: WithdrawalEntry, _ task: TaskKey, early: EarlyRoom?, _ vdaf: any TaskVDAF
    ) throws -> WithdrawalOutcome {
        let id = withdrawal.reportID
        let row = try first(
            """
            SELECT r.report, r.state, r.time, r.batch, r.claim_key, i.batch_id FROM helper_reports AS r
            LEFT JOIN helper_batches AS i ON i.batch = r.batch WHERE r.task = $1 AND r.report_id = $2
            """, [task, id.blob])
        let word = try recordedWords(task, [id.blob])[id]
        guard let row else { return try withdrawEarly(withdrawal, word, task, early) }
        let stage = HelperReportStage(
            try row.code("state", as: HelperReportState.self), word, in: try helperStage(row.helperScope(), task),
            isDiscarded: try isDiscarded(task))
        let hasKey = try row.optionalBytes("claim_key") == withdrawal.claimKey
        let step = HelperReportLife.after(stage, .withdraw(hasKey: hasKey, room: .notPromised))
        if step == .withdraw {
            try execute(
                "INSERT INTO helper_refusals (task, report_id, withdrawal) VALUES ($1, $2, $3)",
                [task, id.blob, LedgerEntry.withdrawal(withdrawal).encoded().blob])
            try letGo([row.helperBucket(): [row.integer("report")]], task, vdaf)
            try countGeneration()
        }
        return WithdrawalOutcome(step)
    }

    /// Of a report that this helper has never accepted.
    private func withdrawEarly(
        _ withdrawal: WithdrawalEntry, _ word: HelperLastWord?, _ task: TaskKey, _ early: EarlyRoom?
    ) throws -> WithdrawalOutcome {
        if let word {
            // Whose report it was is not known any more.
            return WithdrawalOutcome(
                HelperReportLife.after(HelperReportStage(word), .withdraw(hasKey: true, room: .notPromised)))
        }
        guard let early else {
            return WithdrawalOutcome(
                HelperReportLife.after(.absent, .withdraw(hasKey: true, room: .notPromised)))
        }
        return try keepEarly(withdrawal, task, early)
    }
}

extension WithdrawalOutcome {
    /// What a contributor is told about its withdrawal, but for one that waits already.
    package init(_ step: HelperReportStep) {
        self =
            switch step {
            case .withdraw, .nothing: .withdrawn
            case .keepWithdrawal: .pending
            case .refuse(.wrongKey): .wrongKey
            case .refuse(.shut): .tooLate
            case .refuse(.rejected(let error)): .rejected(error)
            case .refuse(.full): .full
            case .refuse(.unknown), .refuse(.stale), .accept, .reject, .leaveOut: .unknown
            }
    }
}

extension SQLRow {
    /// The bucket of a row of helper_reports joined with helper_batches, as closes and collections name it.
    func helperScope() throws -> BatchScope {
        try optionalID("batch_id", as: BatchID.self).map(BatchScope.batch)
            ?? .interval(Interval(start: unsigned("time"), duration: 1))
    }
}
