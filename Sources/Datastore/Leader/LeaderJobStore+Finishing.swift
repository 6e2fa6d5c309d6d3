// How aggregation jobs end; the protocol is in LeaderJobStore.swift.

import DAP
import TaskTypes
import Tasks

extension NodeDatabase {
    package func finishJob(
        _ lease: JobLease, outcomes: [(report: ReportID, outcome: ReportOutcome)], loggedAfter end: UInt64? = nil,
        vdaf: any TaskVDAF
    ) async throws(DatastoreError) {
        try await write { session in
            let (job, task) = (lease.job.key, lease.job.taskKey)
            try session.lock(.task(task), .shared)
            // Whoever ends it has its reports.
            try session.release(.aggregation, lease.claim, after: .zero, Session.endsJob)
            try session.forgetExchange(of: [job])
            try session.finish(job, task, outcomes, loggedAfter: end, vdaf)
        }
    }
}

extension Session {
    fileprivate func finish(
        _ job: Int64, _ task: TaskKey, _ outcomes: [(report: ReportID, outcome: ReportOutcome)],
        loggedAfter end: UInt64?, _ vdaf: any TaskVDAF
    ) throws {
        var reports = Dictionary(try reportRows(ofJob: job).map { ($0.id, $0) }) { first, _ in first }
        let withdrawals = try waitingWithdrawals(reports.values.map(\.number))
        let changes = try outcomes.map { id, outcome in
            guard let report = reports.removeValue(forKey: id) else {
                throw DatastoreError.conflict("report \(id.base64URL) is not in job \(job)")
            }
            return try ReportChange(report, outcome, withdrawal: withdrawals[report.number], loggedAfter: end)
        }
        guard reports.isEmpty else {
            throw DatastoreError.conflict("job \(job) ends without an outcome for all reports")
        }
        var counters = LeaderCounters()
        // One more job of the task has shown that the way to the helper and back works.
        if AggregationJobLife.isAnswered(outcomes.lazy.map { $0.outcome.word }) { counters.answeredJobs = 1 }
        try carryOut(changes, of: task, counters: counters, vdaf: vdaf)
    }

    /// Ends the task's pending jobs. Their reports wait again, but for those that were taken back meanwhile.
    ///
    /// - Parameter time: POSIX seconds.
    /// - Precondition: the task is locked exclusively.
    func endLeaderJobs(_ task: TaskKey, at time: UInt64) throws {
        let jobs = try rows("SELECT job FROM leader_jobs WHERE task = $1 AND state <> \(JobState.ended.sql)", [task])
            .map { try $0.integer("job") }.sorted()
        try endJobs(jobs)
        for job in jobs { try returnReports(ofJob: job, task, at: time) }
    }

    /// Lets the reports of a job that has just ended wait again, but for those that were taken back meanwhile.
    ///
    /// What the log says of those waits for the end of the window of now: whoever asks here, who may not know the task, need not
    /// say when that is.
    ///
    /// - Parameter time: POSIX seconds.
    func returnReports(ofJob job: Int64, _ task: TaskKey, at time: UInt64) throws {
        let reports = try reportRows(ofJob: job)
        let withdrawals = try waitingWithdrawals(reports.map(\.number))
        let end = withdrawals.isEmpty ? nil : try logWindowEnd(task, of: time)
        try carryOut(
            reports.map {
                try ReportChange(
                    $0, .returned(notBefore: 0), withdrawal: withdrawals[$0.number], loggedAfter: end)
            }, of: task)
    }

    /// The end of the window of a task's log that a time is in; nil where the log lets nothing wait. That of a task which this
    /// program cannot read may let words wait as long as any.
    private func logWindowEnd(_ task: TaskKey, of time: UInt64) throws -> UInt64? {
        guard let row = try first("SELECT configuration FROM tasks WHERE task = $1", [task]) else { return nil }
        guard let configuration = try? TaskConfiguration(decoding: row.bytes("configuration")) else {
            return LogWindow(seconds: LogWindow.longest)?.end(of: time)
        }
        return configuration.cairn?.logWindowEnd(of: time)
    }

    // MARK: Jobs

    /// What ends a job, of ``release(_:_:after:_:_:)``.
    static let endsJob = ", state = \(JobState.ended.sql)"

    /// Marks jobs ended, whoever holds them, and deletes what only those need that are not.
    func endJobs(_ jobs: [Int64]) throws {
        try executeMany(
            """
            UPDATE leader_jobs SET state = \(JobState.ended.sql), lease_token = 0
            WHERE job = $1 AND state <> \(JobState.ended.sql)
            """, jobs.sorted().map { [$0] })
        try forgetExchange(of: jobs)
    }

    /// Deletes what a job needs only until it ends.
    func forgetExchange(of jobs: [Int64]) throws {
        for table in ["leader_job_requests", "leader_turns"] {
            try executeMany("DELETE FROM \(table) WHERE job = $1", jobs.map { [$0] })
        }
    }

    /// The pending jobs that reports are in.
    func jobs(of reports: [Int64]) throws -> [Int64] {
        let found = try rows([], matching: reports.map(SQLValue.integer)) {
            """
            SELECT job FROM leader_reports
            WHERE report IN (\($0)) AND state = \(ReportState.aggregating.sql) AND job IS NOT NULL
            """
        }
        return Set(try found.map { try $0.integer("job") }).sorted()
    }

    /// A job ends with an outcome for all of its reports.
    func requireEmpty(_ job: Int64) throws {
        let isLeft = try exists(
            """
            SELECT 1 AS found FROM leader_reports WHERE job = $1 AND state = \(ReportState.aggregating.sql) LIMIT 1
            """, [job])
        guard !isLeft else { throw DatastoreError.conflict("job \(job) ends without an outcome for all reports") }
    }

    /// The reports that are in a job, in the order of its request.
    private func reportRows(ofJob job: Int64) throws -> [ReportRow] {
        try rows(
            """
            SELECT \(ReportRow.columns) FROM leader_reports WHERE job = $1 AND state = \(ReportState.aggregating.sql)
            ORDER BY position
            """, [job]
        ).map(ReportRow.init)
    }

    /// The withdrawals that wait for the end of reports' jobs.
    private func waitingWithdrawals(_ reports: [Int64]) throws -> [Int64: [UInt8]] {
        let found = try rows([], matching: reports.map(SQLValue.integer)) {
            "SELECT report, entry FROM leader_withdrawals WHERE report IN (\($0))"
        }
        return Dictionary(try found.map { (try $0.integer("report"), try $0.bytes("entry")) }) { first, _ in first }
    }
}

extension ReportChange {
    /// What a job's end means for one of its reports, which its contributor may have taken back meanwhile.
    ///
    /// - Throws: `.stale` where the report is in no job.
    init(
        _ report: ReportRow, _ outcome: ReportOutcome, withdrawal: [UInt8]?, loggedAfter end: UInt64? = nil
    ) throws(DatastoreError) {
        let stage = report.place.stage(isWithdrawn: withdrawal != nil)
        guard case .move(let move) = ReportLife.after(stage, .finish(outcome.word)) else { throw .stale }
        switch outcome {
        case .accepted(let outputShare, let entry):
            self.init(report, move, entry: entry, kept: withdrawal, outputShare: outputShare, loggedAfter: end)
        case .rejected(_, let entry): self.init(report, move, entry: entry, loggedAfter: end)
        case .returned(let notBefore, _):
            self.init(report, move, kept: withdrawal, notBefore: notBefore.clampedToInt64, loggedAfter: end)
        }
    }
}

extension ReportOutcome {
    /// What it says, without what it brings.
    package var word: JobWord {
        switch self {
        case .accepted: .accepted
        case .rejected(let error, _): .rejected(error)
        case .returned(_, let isSuspect): .returned(isSuspect: isSuspect)
        }
    }
}
