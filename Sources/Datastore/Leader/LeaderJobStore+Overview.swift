// Aggregation jobs for a node's operator.

import DAP

/// An aggregation job that has not ended.
package struct PendingJobOverview: Sendable, Equatable {
    package var key: Int64
    package var task: TaskID
    /// Whether the leader is still verifying its shares; else it waits for the helper.
    package var isForming: Bool
    package var reports: UInt64
    /// The helper's name for it.
    package var helperID: String?
    /// Whether a process works on it now.
    package var isLeased: Bool
    /// Milliseconds until its lease runs out, or its pause is over; not positive: it is due.
    package var left: Int64
    /// How the exchange has gone; nil where nothing was sent yet.
    package var progress: JobProgress?
}

extension NodeDatabase {
    /// The jobs that have not ended, oldest first.
    ///
    /// - Parameter task: nil for all tasks.
    package func jobOverviews(of task: TaskID? = nil) async throws(DatastoreError) -> [PendingJobOverview] {
        try await read { session in
            guard let task else { return try session.jobOverviews(of: nil) }
            return try session.taskKey(task).map { try session.jobOverviews(of: $0) } ?? []
        }
    }

    package func jobOverview(_ key: Int64) async throws(DatastoreError) -> PendingJobOverview? {
        try await read { session in
            try session.rows("\(session.jobOverviewColumns) AND j.job = $1", [key]).first.map(PendingJobOverview.init)
        }
    }

    /// Why the exchange about a task's jobs failed last, of those that have not ended; nil where none failed.
    package func lastTrouble(of task: TaskID) async throws(DatastoreError) -> String? {
        try await read { session in
            guard let task = try session.taskKey(task) else { return nil }
            let failed = try session.rows(
                """
                SELECT t.reason, t.sent_at FROM leader_jobs AS j JOIN leader_turns AS t ON t.job = j.job
                WHERE j.task = $1 AND j.state <> \(JobState.ended.sql) AND t.answer = \(JobProgress.Answer.unusable.rawValue)
                """, [task])
            return try failed.map { (sentAt: try $0.unsigned("sent_at"), reason: try $0.text("reason")) }
                .max { $0.sentAt < $1.sentAt }?.reason
        }
    }

    /// The ids of a job's reports, in the order of its request.
    package func reportIDs(ofJob key: Int64) async throws(DatastoreError) -> [ReportID] {
        try await read { session in
            try session.rows(
                """
                SELECT report_id FROM leader_reports WHERE job = $1 AND state = \(ReportState.aggregating.sql)
                ORDER BY position
                """, [key]
            ).map { try $0.id("report_id", as: ReportID.self) }
        }
    }
}

extension Session {
    /// What ``PendingJobOverview/init(_:)`` reads of jobs that have not ended, of `leader_jobs AS j`.
    fileprivate var jobOverviewColumns: String {
        """
        SELECT j.job, i.task_id, j.state, j.location, j.lease_token, j.due - \(dialect.now) AS remaining, t.answer,
            t.attempts, t.may_be_committed, t.sent_at, t.not_before, t.is_asked, t.reason,
            (SELECT COUNT(*) FROM leader_reports AS r
                WHERE r.job = j.job AND r.state = \(ReportState.aggregating.sql)) AS reports
        FROM leader_jobs AS j JOIN task_ids AS i ON i.task = j.task LEFT JOIN leader_turns AS t ON t.job = j.job
        WHERE j.state <> \(JobState.ended.sql)
        """
    }

    /// The jobs of a task that have not ended, oldest first; nil: of all.
    func jobOverviews(of task: TaskKey?) throws -> [PendingJobOverview] {
        let found =
            if let task { try rows("\(jobOverviewColumns) AND j.task = $1", [task]) } else {
                try rows(jobOverviewColumns)
            }
        return try found.map(PendingJobOverview.init).sorted { $0.key < $1.key }
    }
}

extension PendingJobOverview {
    fileprivate init(_ row: SQLRow) throws {
        key = try row.integer("job")
        task = try row.id("task_id", as: TaskID.self)
        isForming = try row.code("state", as: JobState.self) == .forming
        reports = try row.unsigned("reports")
        helperID = try row.optionalText("location")
        isLeased = try row.integer("lease_token") != 0
        left = try row.integer("remaining")
        progress = try JobProgress(row)
    }
}

extension JobProgress {
    /// The columns of leader_turns; nil where they are null, because the job has no row there.
    init?(_ row: SQLRow) throws {
        guard try row.optionalInteger("answer") != nil else { return nil }
        self.init(
            answer: try row.code("answer", as: Answer.self), attempts: Int(try row.integer("attempts")),
            mayBeCommitted: try row.flag("may_be_committed"), sentAt: try row.unsigned("sent_at"),
            notBefore: try row.unsigned("not_before"), isAsked: try row.flag("is_asked"),
            reason: try row.text("reason"))
    }
}
