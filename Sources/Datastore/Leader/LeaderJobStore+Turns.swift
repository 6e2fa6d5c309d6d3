// Pending jobs and how the exchange about them has gone; the protocol is in LeaderJobStore.swift.

import DAP
import GRDB

extension SQLiteDatastore {
    package func pendingJobs() async throws(DatastoreError) -> [WaitingJob] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT j.sequence, j.task_id, t.* FROM leader_jobs j LEFT JOIN leader_turns t ON t.job = j.sequence
                    WHERE j.state = 0 ORDER BY j.sequence
                    """
            ).map { row in
                WaitingJob(
                    key: try row.integer("sequence"), task: try row.id("task_id", as: TaskID.self),
                    progress: try Self.progress(row))
            }
        }
    }

    package func pendingJob(_ key: Int64) async throws(DatastoreError) -> PendingJob? {
        try await read { db in
            let found = try Row.fetchOne(
                db,
                sql: """
                    SELECT j.sequence, j.task_id, j.batch_id, j.request, j.location, t.* FROM leader_jobs j
                    LEFT JOIN leader_turns t ON t.job = j.sequence WHERE j.sequence = ? AND j.state = ?
                    """,
                arguments: [key, JobState.pending.rawValue])
            guard let row = found else { return nil }
            let count = try Int.fetchOne(
                db, sql: "SELECT COUNT(*) FROM leader_reports WHERE job = ? AND state = 1", arguments: [key])
            return PendingJob(
                key: key, task: try row.id("task_id", as: TaskID.self),
                batchID: try row.optionalID("batch_id", as: BatchID.self), request: try row.bytes("request"),
                helperID: row["location"], reportCount: count ?? 0, progress: try Self.progress(row))
        }
    }

    package func recordProgress(_ progress: JobProgress, ofJob key: Int64) async throws(DatastoreError) {
        try await write { db in
            try db.execute(
                sql: """
                    INSERT OR REPLACE INTO leader_turns
                        (job, answer, attempts, may_be_committed, sent_at, not_before, is_asked, reason)
                    SELECT sequence, ?, ?, ?, ?, ?, ?, ? FROM leader_jobs WHERE sequence = ? AND state = ?
                    """,
                arguments: [
                    progress.answer.rawValue, progress.attempts, progress.mayBeCommitted,
                    progress.sentAt.clampedToInt64, progress.notBefore.clampedToInt64, progress.isAsked,
                    progress.reason, key, JobState.pending.rawValue,
                ])
        }
    }

    package func earliestDeadline(ofJob key: Int64) async throws(DatastoreError) -> UInt64? {
        try await read { db in
            let row = try Row.fetchOne(
                db, sql: "SELECT MIN(deadline) AS deadline FROM leader_reports WHERE job = ? AND state = 1",
                arguments: [key])
            return try row?.optionalUnsigned("deadline")
        }
    }

    package func answeredJobs(task: TaskID) async throws(DatastoreError) -> UInt64 {
        try await read { db in
            let row = try Row.fetchOne(
                db, sql: "SELECT jobs FROM leader_answered WHERE task_id = ?", arguments: [task.blob])
            return try row?.unsigned("jobs") ?? 0
        }
    }

    /// The columns of leader_turns, all of them null where the job has no row there.
    private static func progress(_ row: Row) throws -> JobProgress {
        guard row.hasColumn("job"), let _: Int64 = row["job"] else { return JobProgress() }
        guard let answer = JobProgress.Answer(rawValue: try row.integer("answer")) else {
            throw DatastoreError.corrupt("the answer to a job is of no known kind")
        }
        return JobProgress(
            answer: answer, attempts: Int(try row.integer("attempts")), mayBeCommitted: row["may_be_committed"],
            sentAt: try row.unsigned("sent_at"), notBefore: try row.unsigned("not_before"), isAsked: row["is_asked"],
            reason: row["reason"])
    }

    static func forgetTurns(ofJob key: Int64, _ db: Database) throws {
        try db.execute(sql: "DELETE FROM leader_turns WHERE job = ?", arguments: [key])
    }

    /// One more job of the task has shown that the way to the helper and back works.
    static func countAnswered(_ key: Int64, _ db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO leader_answered (task_id, jobs) SELECT task_id, 1 FROM leader_jobs WHERE sequence = ?
                ON CONFLICT (task_id) DO UPDATE SET jobs = jobs + 1
                """,
            arguments: [key])
    }

    /// The helper refused a whole job that this report was in.
    static func countRefusal(_ sequence: Int64, _ db: Database) throws {
        try db.execute(
            sql: """
                UPDATE leader_reports SET attempts = attempts + 1, refused_after = COALESCE(refused_after,
                    (SELECT jobs FROM leader_answered a WHERE a.task_id = leader_reports.task_id), 0)
                WHERE sequence = ?
                """,
            arguments: [sequence])
    }
}

extension ReportOutcome {
    var isAccepted: Bool { if case .accepted = self { true } else { false } }
}
