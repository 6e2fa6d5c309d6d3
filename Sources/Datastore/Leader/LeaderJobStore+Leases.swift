// Who works on which aggregation job; the protocol is in LeaderJobStore.swift.

import DAP

extension NodeDatabase {
    package func acquireJob(of task: TaskID, for duration: Duration) async throws(DatastoreError) -> JobLease? {
        try await write { session in
            guard let key = try session.taskKey(task) else { return nil }
            return try session.acquire(.aggregation, of: key, atMost: 1, for: duration).first
                .flatMap { try session.leased($0) }
        }
    }

    package func seizeJob(_ key: Int64, for duration: Duration) async throws(DatastoreError) -> JobLease? {
        try await write { session in
            try session.seize(.aggregation, key, for: duration).flatMap { try session.leased($0) }
        }
    }

    package func renewJobs(_ leases: [JobLease], for duration: Duration) async throws(DatastoreError) -> Set<Int64> {
        try await write { session in try session.renew(.aggregation, leases.map(\.claim), for: duration) }
    }

    package func dueJobs() async throws(DatastoreError) -> [(job: Int64, task: TaskID)] {
        try await read { session in
            // One step in the index for each task, however many jobs wait.
            try session.rows(
                """
                SELECT d.job, i.task_id FROM (SELECT t.task, (SELECT j.job FROM leader_jobs AS j
                    WHERE j.task = t.task AND j.state <> \(JobState.ended.sql) AND j.due <= \(session.dialect.now)
                    ORDER BY j.due LIMIT 1) AS job FROM tasks AS t) AS d
                JOIN task_ids AS i ON i.task = d.task WHERE d.job IS NOT NULL
                """
            ).map { (job: try $0.integer("job"), task: try $0.id("task_id", as: TaskID.self)) }
        }
    }

    package func hurryJobs(of task: TaskID) async throws(DatastoreError) {
        try await write { session in
            guard let key = try session.taskKey(task) else { return }
            try session.hurryJobs(of: key)
        }
    }
}

extension Session {
    /// Lets jobs fall due that nobody has, and whose pause the peer has not asked for.
    ///
    /// - Parameter task: nil for all tasks.
    func hurryJobs(of task: TaskKey? = nil) throws {
        let waiting = """
            state <> \(JobState.ended.sql) AND lease_token = 0 AND due > 0
            AND COALESCE((SELECT t.is_asked FROM leader_turns AS t WHERE t.job = leader_jobs.job), 0) = 0
            """
        if let task {
            try execute("UPDATE leader_jobs SET due = 0 WHERE task = $1 AND \(waiting)", [task])
        } else {
            try execute("UPDATE leader_jobs SET due = 0 WHERE \(waiting)")
        }
    }

    fileprivate func leased(_ claim: LeaseClaim) throws -> JobLease? {
        try first(
            """
            SELECT j.task, j.state, i.task_id FROM leader_jobs AS j JOIN task_ids AS i ON i.task = j.task
            WHERE j.job = $1
            """, [claim.row]
        ).map { row in
            Lease(
                LeasedJob(
                    key: claim.row, task: try row.id("task_id", as: TaskID.self),
                    isForming: try row.code("state", as: JobState.self) == .forming,
                    taskKey: TaskKey(value: try row.integer("task"))),
                claim)
        }
    }
}
