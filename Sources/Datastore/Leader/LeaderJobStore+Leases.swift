// Who works on which aggregation job; the protocol is in LeaderJobStore.swift.

import DAP

extension NodeDatabase {
    package func acquireJob(
        of task: TaskID, except own: Set<Int64> = [], for duration: Duration
    ) async throws(DatastoreError) -> JobLease? {
        try await write { session in
            guard let key = try session.taskKey(task) else { return nil }
            return try session.acquire(.aggregation, of: key, atMost: 1, except: own, for: duration).first
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
            // From task to task in the index of open jobs: two steps for each that has some, however many there are, and none
            // for a task that has none.
            try session.rows(
                """
                WITH RECURSIVE lanes (task) AS (
                    SELECT * FROM (SELECT j.task FROM leader_jobs AS j WHERE j.state <> \(JobState.ended.sql)
                        ORDER BY j.task LIMIT 1) AS head
                    UNION ALL SELECT (SELECT j.task FROM leader_jobs AS j
                        WHERE j.state <> \(JobState.ended.sql) AND j.task > lanes.task ORDER BY j.task LIMIT 1)
                    FROM lanes WHERE lanes.task IS NOT NULL)
                SELECT d.job, i.task_id FROM (SELECT lanes.task, (SELECT j.job FROM leader_jobs AS j
                    WHERE j.task = lanes.task AND j.state <> \(JobState.ended.sql) AND j.due <= \(session.dialect.now)
                    ORDER BY j.due LIMIT 1) AS job FROM lanes WHERE lanes.task IS NOT NULL) AS d
                JOIN task_ids AS i ON i.task = d.task WHERE d.job IS NOT NULL
                """
            ).map { (job: try $0.integer("job"), task: try $0.id("task_id", as: TaskID.self)) }
        }
    }

    package func unparkJobs(_ times: JobTimes) async throws(DatastoreError) -> Int {
        let parked = try await read { session in
            try times.impossible(
                session.rows(
                    """
                    SELECT j.job AS row_key, j.due, j.due - \(session.dialect.now) AS remaining, j.lease_token,
                        COALESCE(t.is_asked, 0) AS is_asked
                    FROM leader_jobs AS j LEFT JOIN leader_turns AS t ON t.job = j.job
                    WHERE j.state <> \(JobState.ended.sql) AND j.due > \(session.dialect.now) + $1
                    """, [times.shortest.milliseconds]))
        }
        guard !parked.isEmpty else { return 0 }
        try await write { try $0.unpark(.aggregation, parked) }
        return parked.count
    }

    package func dissolveJob(_ lease: JobLease) async throws(DatastoreError) {
        try await write { session in
            try session.lock(.task(lease.job.taskKey), .shared)
            try session.dissolve(lease.claim, lease.job.taskKey)
        }
    }

    package func dissolveDueJobs(
        of task: TaskID, except own: Set<Int64>
    ) async throws(DatastoreError) -> Int {
        try await write { session in
            guard let key = try session.lockedTask(task, .shared) else { return 0 }
            let claims = try session.acquire(.forming, of: key, atMost: 16, except: own, for: .zero)
            for claim in claims { try session.dissolve(claim, key) }
            return claims.count
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

    /// Ends a job of which nothing was ever sent.
    fileprivate func dissolve(_ claim: LeaseClaim, _ task: TaskKey) throws {
        try release(.forming, claim, after: .zero, Session.endsJob)
        try forgetExchange(of: [claim.row])
        try returnReports(ofJob: claim.row, task)
    }

    fileprivate func leased(_ claim: LeaseClaim) throws -> JobLease? {
        try first(
            """
            SELECT j.task, j.state, i.task_id, COALESCE(t.attempts, 0) AS failures
            FROM leader_jobs AS j JOIN task_ids AS i ON i.task = j.task LEFT JOIN leader_turns AS t ON t.job = j.job
            WHERE j.job = $1
            """, [claim.row]
        ).map { row in
            let isForming = try row.code("state", as: JobState.self) == .forming
            return Lease(
                LeasedJob(
                    key: claim.row, task: try row.id("task_id", as: TaskID.self), isForming: isForming,
                    failures: isForming ? Int(try row.integer("failures")) : 0,
                    taskKey: TaskKey(value: try row.integer("task"))),
                claim)
        }
    }
}
