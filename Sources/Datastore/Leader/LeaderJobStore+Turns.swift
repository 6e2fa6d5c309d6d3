// Pending jobs and how the exchange about them has gone; the protocol is in LeaderJobStore.swift.

import DAP

extension NodeDatabase {
    package func pendingJob(_ key: Int64) async throws(DatastoreError) -> PendingJob? {
        try await read { session in
            let found = try session.first(
                """
                SELECT i.task_id, b.batch_id, j.location, \(Self.turn),
                    (SELECT COUNT(*) FROM leader_reports AS r
                        WHERE r.job = j.job AND r.state = \(ReportState.aggregating.sql)) AS reports
                FROM leader_jobs AS j JOIN task_ids AS i ON i.task = j.task
                LEFT JOIN leader_batches AS b ON b.batch = j.batch LEFT JOIN leader_turns AS t ON t.job = j.job
                WHERE j.job = $1 AND j.state = \(JobState.pending.sql)
                """, [key])
            guard let row = found else { return nil }
            return PendingJob(
                key: key, task: try row.id("task_id", as: TaskID.self),
                batchID: try row.optionalID("batch_id", as: BatchID.self),
                helperID: try row.optionalText("location"), reportCount: Int(try row.integer("reports")),
                progress: try JobProgress(row) ?? JobProgress())
        }
    }

    package func request(ofJob key: Int64) async throws(DatastoreError) -> [UInt8]? {
        try await read { session in
            var request: [UInt8] = []
            try session.forEach("SELECT bytes FROM leader_job_requests WHERE job = $1 ORDER BY part", [key]) {
                request += try $0.bytes("bytes")
            }
            return request.isEmpty ? nil : request
        }
    }

    package func reports(ofJob key: Int64) async throws(DatastoreError) -> [WaitingReport] {
        try await read { session in
            try session.waitingReports(
                try session.rows(
                    """
                    SELECT report, report_id, time, attempts, refused_after FROM leader_reports
                    WHERE job = $1 AND state = \(ReportState.aggregating.sql) ORDER BY position
                    """, [key]))
        }
    }

    package func batch(ofJob key: Int64) async throws(DatastoreError) -> BatchID? {
        try await read { session in
            try session.first(
                """
                SELECT b.batch_id FROM leader_jobs AS j JOIN leader_batches AS b ON b.batch = j.batch WHERE j.job = $1
                """, [key])?.optionalID("batch_id", as: BatchID.self)
        }
    }

    package func releaseJob(
        _ lease: JobLease, after pause: Duration, exchange: (progress: JobProgress, helperID: String?)?
    ) async throws(DatastoreError) {
        try await write { session in
            guard let (progress, helperID) = exchange else {
                return try session.release(.aggregation, lease.claim, after: pause)
            }
            let key = lease.job.key
            try session.release(.aggregation, lease.claim, after: pause, ", location = $4", [helperID])
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
                """
                SELECT MIN(deadline) AS deadline FROM leader_reports
                WHERE job = $1 AND state = \(ReportState.aggregating.sql)
                """, [key])
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
}
