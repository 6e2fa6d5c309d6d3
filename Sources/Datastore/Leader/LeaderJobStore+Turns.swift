// Pending jobs and how the exchange about them has gone; the protocol is in LeaderJobStore.swift.

import DAP

extension NodeDatabase {
    package func pendingJobs() async throws(DatastoreError) -> [WaitingJob] {
        try await read { session in
            try session.rows(
                """
                SELECT j.job, i.task_id, \(Self.turn) FROM leader_jobs AS j JOIN task_ids AS i ON i.task = j.task
                LEFT JOIN leader_turns AS t ON t.job = j.job WHERE j.state = 0 ORDER BY j.job
                """
            ).map { row in
                WaitingJob(
                    key: try row.integer("job"), task: try row.id("task_id", as: TaskID.self),
                    progress: try Self.progress(row))
            }
        }
    }

    package func pendingJob(_ key: Int64) async throws(DatastoreError) -> PendingJob? {
        try await read { session in
            let found = try session.first(
                """
                SELECT i.task_id, b.batch_id, j.location, \(Self.turn),
                    (SELECT COUNT(*) FROM leader_reports AS r WHERE r.job = j.job AND r.state = 1) AS reports
                FROM leader_jobs AS j JOIN task_ids AS i ON i.task = j.task
                LEFT JOIN leader_batches AS b ON b.batch = j.batch LEFT JOIN leader_turns AS t ON t.job = j.job
                WHERE j.job = $1 AND j.state = 0
                """, [key])
            guard let row = found else { return nil }
            var request: [UInt8] = []
            try session.forEach("SELECT bytes FROM leader_job_requests WHERE job = $1 ORDER BY part", [key]) {
                request += try $0.bytes("bytes")
            }
            return PendingJob(
                key: key, task: try row.id("task_id", as: TaskID.self),
                batchID: try row.optionalID("batch_id", as: BatchID.self), request: request,
                helperID: try row.optionalText("location"), reportCount: Int(try row.integer("reports")),
                progress: try Self.progress(row))
        }
    }

    package func reports(ofJob key: Int64) async throws(DatastoreError) -> [WaitingReport] {
        try await read { session in
            try session.waitingReports(
                try session.rows(
                    """
                    SELECT report, report_id, time, attempts, refused_after FROM leader_reports
                    WHERE job = $1 AND state = 1 ORDER BY position
                    """, [key]))
        }
    }

    package func recordHelperID(_ helperID: String?, ofJob key: Int64) async throws(DatastoreError) {
        try await write { session in
            try session.execute("UPDATE leader_jobs SET location = $2 WHERE job = $1 AND state = 0", [key, helperID])
        }
    }

    package func recordProgress(_ progress: JobProgress, ofJob key: Int64) async throws(DatastoreError) {
        try await write { session in
            // Holds the job's row, so that it does not end before this is stored.
            let isPending = try session.execute(
                "UPDATE leader_jobs SET location = location WHERE job = $1 AND state = 0", [key])
            guard isPending == 1 else { return }
            try session.execute(
                """
                INSERT INTO leader_turns
                    (job, answer, attempts, may_be_committed, sent_at, not_before, is_asked, reason)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                ON CONFLICT (job) DO UPDATE SET
                    answer = excluded.answer, attempts = excluded.attempts,
                    may_be_committed = excluded.may_be_committed, sent_at = excluded.sent_at,
                    not_before = excluded.not_before, is_asked = excluded.is_asked, reason = excluded.reason
                """,
                [
                    key, progress.answer.rawValue, progress.attempts, progress.mayBeCommitted,
                    progress.sentAt.clampedToInt64, progress.notBefore.clampedToInt64, progress.isAsked,
                    progress.reason,
                ])
        }
    }

    package func earliestDeadline(ofJob key: Int64) async throws(DatastoreError) -> UInt64? {
        try await read { session in
            let row = try session.first(
                "SELECT MIN(deadline) AS deadline FROM leader_reports WHERE job = $1 AND state = 1", [key])
            return try row?.optionalUnsigned("deadline")
        }
    }

    package func answeredJobs(task: TaskID) async throws(DatastoreError) -> UInt64 {
        try await read { session in
            let row = try session.first(
                "SELECT a.jobs FROM leader_answered AS a JOIN task_ids AS i ON i.task = a.task WHERE i.task_id = $1",
                [task.blob])
            return try row?.unsigned("jobs") ?? 0
        }
    }

    /// The columns of leader_turns, all of them null where the job has no row there.
    private static let turn =
        "t.answer, t.attempts, t.may_be_committed, t.sent_at, t.not_before, t.is_asked, t.reason"

    private static func progress(_ row: SQLRow) throws -> JobProgress {
        guard try row.optionalInteger("answer") != nil else { return JobProgress() }
        return JobProgress(
            answer: try row.code("answer", as: JobProgress.Answer.self), attempts: Int(try row.integer("attempts")),
            mayBeCommitted: try row.flag("may_be_committed"), sentAt: try row.unsigned("sent_at"),
            notBefore: try row.unsigned("not_before"), isAsked: try row.flag("is_asked"),
            reason: try row.text("reason"))
    }
}

extension Session {
    /// The pending jobs of a task for its operator, oldest first.
    func pendingJobOverviews(of task: TaskKey, limit: Int) throws -> [PendingJobOverview] {
        try rows(
            """
            SELECT j.job, t.attempts, t.not_before, t.reason,
                (SELECT COUNT(*) FROM leader_reports AS r WHERE r.job = j.job AND r.state = 1) AS reports
            FROM leader_jobs AS j LEFT JOIN leader_turns AS t ON t.job = j.job
            WHERE j.task = $1 AND j.state = 0 ORDER BY j.job LIMIT $2
            """, [task, limit]
        ).map { row in
            PendingJobOverview(
                key: try row.integer("job"), reports: try row.unsigned("reports"),
                attempts: try row.optionalUnsigned("attempts"), notBefore: try row.optionalUnsigned("not_before"),
                lastReason: try row.optionalText("reason"))
        }
    }
}
