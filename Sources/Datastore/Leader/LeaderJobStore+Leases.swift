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
        try await read { try $0.due(.aggregation).map { (job: $0.row, task: $0.task) } }
    }

    package func unparkJobs(_ times: JobTimes) async throws(DatastoreError) -> Int {
        try await unpark(.aggregation, times)
    }

    package func dissolveJob(_ lease: JobLease, at time: UInt64) async throws(DatastoreError) {
        try await write { session in
            try session.lock(.task(lease.job.taskKey), .shared)
            try session.dissolve(lease.claim, lease.job.taskKey, at: time)
        }
    }

    package func dissolveDueJobs(
        of task: TaskID, except own: Set<Int64>, at time: UInt64
    ) async throws(DatastoreError) -> Int {
        try await write { session in
            guard let key = try session.lockedTask(task, .shared) else { return 0 }
            let claims = try session.acquire(.forming, of: key, atMost: 16, except: own, for: .zero)
            for claim in claims { try session.dissolve(claim, key, at: time) }
            return claims.count
        }
    }

    package func hurryJobs(of task: TaskID) async throws(DatastoreError) {
        try await write { session in
            guard let key = try session.taskKey(task) else { return }
            try session.hurryAll(.aggregation, of: key)
        }
    }
}

extension Session {
    /// Ends a job of which nothing was ever sent.
    fileprivate func dissolve(_ claim: LeaseClaim, _ task: TaskKey, at time: UInt64) throws {
        try release(.forming, claim, after: .zero, Session.endsJob)
        try forgetExchange(of: [claim.row])
        try returnReports(ofJob: claim.row, task, at: time)
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
