// Jobs that wait to be verified, with their requests; the protocol is in HelperStore.swift, the rules in HelperJobLife.swift.

import DAP

extension NodeDatabase {
    package func keepHelperJob(
        _ job: WaitingHelperJob, request: [UInt8], lease: HelperJobLease?, for duration: Duration,
        room: HelperJobRoom
    ) async throws(DatastoreError) -> HelperJobKeeping {
        do throws(DatastoreError) {
            return try await write { session in
                let task = try session.lockedTaskMaking(job.task, .shared)
                try session.requireService(of: task, id: job.task)
                if let present = try session.insertWaiting(job, lease, duration, task) { return present }
                let key = try session.storeRequest(request, of: job.id, task)
                try session.execute(
                    "UPDATE helper_jobs SET request_key = $3 WHERE task = $1 AND job_id = $2", [task, job.id.blob, key])
                try session.takePlaces(of: job, task, room)
                return .waiting
            }
        } catch .stale {
            // Others have taken the last place: nothing of the transaction is stored.
            return .noRoom
        }
    }

    package func waitingHelperJobs() async throws(DatastoreError) -> [WaitingHelperJob] {
        try await read { try $0.waitingHelperJobs() }
    }

    package func leaseHelperJob(
        _ lease: HelperJobLease, for duration: Duration
    ) async throws(DatastoreError) -> [UInt8]? {
        let isTaken = try await write { session in
            guard let task = try session.lockedTask(lease.task, .shared) else { return false }
            let row = try session.lockedHelperJob(lease.job, task)
            let event = HelperJobEvent.lease(isFree: row?.isDue ?? true)
            guard case .proceed = HelperJobLife.after(row.stage, event) else { return false }
            try session.execute(
                """
                UPDATE helper_jobs SET lease_token = $3, due = \(session.dialect.now) + $4, attempts = attempts + 1
                WHERE task = $1 AND job_id = $2
                """, [task, lease.job.blob, lease.token, duration.milliseconds])
            return true
        }
        guard isTaken else { return nil }
        return try await read { session in
            guard let task = try session.taskKey(lease.task) else { return nil }
            let row = try session.first(
                "SELECT request_key, bytes FROM helper_jobs WHERE task = $1 AND job_id = $2 AND lease_token = $3",
                [task, lease.job.blob, lease.token])
            // The leader has deleted it meanwhile.
            guard let row else { return nil }
            return try session.request(
                of: lease.job, task, key: row.integer("request_key"), bytes: Int(row.integer("bytes")))
        }
    }

    package func renewHelperJob(_ lease: HelperJobLease, for duration: Duration) async throws(DatastoreError) {
        try await write { session in
            let (_, task) = try session.heldJob(lease, .hold(lease: lease.token))
            try session.execute(
                "UPDATE helper_jobs SET due = \(session.dialect.now) + $3 WHERE task = $1 AND job_id = $2",
                [task, lease.job.blob, duration.milliseconds])
        }
    }

    package func releaseHelperJob(_ lease: HelperJobLease, after pause: Duration) async throws(DatastoreError) {
        try await write { session in
            let (_, task) = try session.heldJob(lease, .hold(lease: lease.token))
            try session.execute(
                """
                UPDATE helper_jobs SET lease_token = 0, due = \(session.dialect.now) + $3
                WHERE task = $1 AND job_id = $2
                """, [task, lease.job.blob, pause.milliseconds])
        }
    }

    package func forgetHelperJob(_ task: TaskID, _ job: AggregationJobID) async throws(DatastoreError) -> Bool {
        try await write { session in
            guard let key = try session.lockedTask(task, .shared), let row = try session.lockedHelperJob(job, key),
                case .proceed = HelperJobLife.after(row.stage, .forget(lease: nil))
            else { return false }
            try session.removeWaiting(row, key)
            try session.freePlaces(of: row, key)
            return true
        }
    }

    package func forgetHelperJob(_ lease: HelperJobLease) async throws(DatastoreError) {
        try await write { session in
            let (row, task) = try session.heldJob(lease, .forget(lease: lease.token))
            try session.removeWaiting(row, task)
            try session.freePlaces(of: row, task)
        }
    }
}

/// What the row of a job says, locked until the transaction ends.
struct HelperJobRow: Sendable {
    let id: AggregationJobID
    let stage: HelperJobStage
    /// Whether its answer says nothing but 'too early'.
    let isPassing: Bool
    /// Whether nobody has answered it before.
    let isFirst: Bool
    /// Of the request that is kept.
    let bytes: Int64
    /// The number of the key that it is sealed under.
    let requestKey: Int64
    /// Whether nobody has it, and no pause goes on.
    let isDue: Bool
}

extension HelperJobRow? {
    var stage: HelperJobStage { self?.stage ?? .absent }
}

extension Session {
    // MARK: Reading

    /// All jobs that wait. There are no more than there is room for.
    func waitingHelperJobs() throws -> [WaitingHelperJob] {
        try rows("\(Self.waitingJobs(dialect)) WHERE j.state > \(HelperJobKept.nothing.sql)").map(WaitingHelperJob.init)
    }

    /// A job that waits.
    func waitingHelperJob(_ job: AggregationJobID, _ task: TaskKey) throws -> WaitingHelperJob? {
        try first(
            """
            \(Self.waitingJobs(dialect)) WHERE j.task = $1 AND j.job_id = $2 AND j.state > \(HelperJobKept.nothing.sql)
            """, [task, job.blob]
        ).map(WaitingHelperJob.init)
    }

    private static func waitingJobs(_ dialect: Dialect) -> String {
        """
        SELECT (SELECT i.task_id FROM task_ids AS i WHERE i.task = j.task) AS task_id, j.job_id, j.arrived, j.reports,
            j.bytes, j.attempts, j.lease_token, j.due - \(dialect.now) AS remaining
        FROM helper_jobs AS j
        """
    }

    /// The row of a job, without its answer; nil where there is none. Others who are about it wait.
    func lockedHelperJob(_ job: AggregationJobID, _ task: TaskKey) throws -> HelperJobRow? {
        try first(
            """
            SELECT response IS NOT NULL AS is_answered, state, bytes, lease_token, request_key,
                due - \(dialect.now) AS remaining
            FROM helper_jobs WHERE task = $1 AND job_id = $2\(dialect.forUpdate)
            """, [task, job.blob]
        ).map { row in
            let keeping = try row.code("state", as: HelperJobKept.self)
            let token = try row.integer("lease_token")
            let stage: HelperJobStage =
                switch keeping {
                case .nothing, .passing: try row.flag("is_answered") ? .answered : .deleted
                case .first, .again: .waiting(lease: token == 0 ? nil : token)
                }
            return HelperJobRow(
                id: job, stage: stage, isPassing: keeping == .passing, isFirst: keeping == .first,
                bytes: try row.integer("bytes"), requestKey: try row.integer("request_key"),
                isDue: try row.timeLeft("remaining") == .zero)
        }
    }

    /// The answer that a job has.
    func answer(to job: AggregationJobID, _ task: TaskKey) throws -> [UInt8]? {
        try first("SELECT response FROM helper_jobs WHERE task = $1 AND job_id = $2", [task, job.blob])?
            .optionalBytes("response")
    }

    /// The row of a job that waits, for who holds it.
    ///
    /// - Throws: `.leaseLost`.
    fileprivate func heldJob(_ lease: HelperJobLease, _ event: HelperJobEvent) throws -> (HelperJobRow, TaskKey) {
        guard let task = try lockedTask(lease.task, .shared), let row = try lockedHelperJob(lease.job, task),
            case .proceed = HelperJobLife.after(row.stage, event)
        else { throw DatastoreError.leaseLost }
        return (row, task)
    }

    // MARK: Changing

    /// - Returns: what the job is already; nil where it waits from now on.
    fileprivate func insertWaiting(
        _ job: WaitingHelperJob, _ lease: HelperJobLease?, _ duration: Duration, _ task: TaskKey
    ) throws -> HelperJobKeeping? {
        // What nobody has is due whatever the clock says.
        let due = lease == nil ? "$7" : "\(dialect.now) + $7"
        let arguments: SQLArguments = [
            task, job.id.blob, job.arrived.clampedToInt64, job.reports, job.bytes, lease?.token ?? 0,
            lease == nil ? 0 : duration.milliseconds,
        ]
        let made = try returningMany(
            """
            INSERT INTO helper_jobs (task, job_id, state, arrived, reports, bytes, lease_token, due)
            VALUES ($1, $2, \(HelperJobKept.first.sql), $3, $4, $5, $6, \(due))
            ON CONFLICT (task, job_id) DO NOTHING RETURNING job_id
            """, [arguments])[0]
        if made != nil { return nil }
        let row = try lockedHelperJob(job.id, task)
        guard case .proceed = HelperJobLife.after(row.stage, .keep) else {
            return try answer(to: job.id, task).map { .answered(response: $0) } ?? .present
        }
        let changed = try execute(
            """
            UPDATE helper_jobs SET state = \(HelperJobKept.again.sql), arrived = $3, reports = $4, bytes = $5,
                attempts = 0, lease_token = $6, due = \(due)
            WHERE task = $1 AND job_id = $2
            """, arguments)
        // Its row was one that is deleted with its transaction: the leader asks again.
        guard changed == 1 else { throw DatastoreError.busy("an aggregation job is just being answered") }
        return nil
    }

    /// Forgets the request of a job that waits, whose row stays.
    func forgetRequest(_ row: HelperJobRow, _ task: TaskKey) throws {
        try deleteRequest(of: row.id, task, key: row.requestKey)
        try execute(
            """
            UPDATE helper_jobs SET state = \(HelperJobKept.nothing.sql), lease_token = 0, due = 0, request_key = 0
            WHERE task = $1 AND job_id = $2
            """, [task, row.id.blob])
    }

    /// Forgets a job that waits. What is remembered of one that was answered before stays.
    func removeWaiting(_ row: HelperJobRow, _ task: TaskKey) throws {
        try forgetRequest(row, task)
        guard row.isFirst else { return }
        try execute("DELETE FROM helper_jobs WHERE task = $1 AND job_id = $2", [task, row.id.blob])
    }

    // MARK: Places

    /// The row that counts the jobs of all tasks: no task has the number.
    private static let allTasks: Int64 = 0

    /// Takes the place of a job, the task's first. Late in the transaction.
    ///
    /// - Throws: `.stale` where there is none.
    fileprivate func takePlaces(of job: WaitingHelperJob, _ task: TaskKey, _ room: HelperJobRoom) throws {
        try execute(
            "INSERT INTO helper_waiting (task, jobs, bytes) VALUES ($1, 0, 0) ON CONFLICT (task) DO NOTHING", [task])
        let limits: [SQLArguments] = [
            [task, job.bytes, room.jobsOfTask, room.bytesOfTask],
            [Self.allTasks, job.bytes, room.jobs, room.bytes],
        ]
        let changed = try executeMany(
            """
            UPDATE helper_waiting SET jobs = jobs + 1, bytes = bytes + $2
            WHERE task = $1 AND jobs < $3 AND bytes + $2 <= $4
            """, limits)
        guard changed == [1, 1] else { throw DatastoreError.stale }
    }

    /// Frees the place of a job that waits no more, in the same order.
    func freePlaces(of row: HelperJobRow, _ task: TaskKey) throws {
        try executeMany(
            "UPDATE helper_waiting SET jobs = jobs - 1, bytes = bytes - $2 WHERE task = $1",
            [[task, row.bytes], [Self.allTasks, row.bytes]])
    }
}

extension WaitingHelperJob {
    fileprivate init(_ row: SQLRow) throws {
        self.init(
            task: try row.id("task_id", as: TaskID.self), id: try row.id("job_id", as: AggregationJobID.self),
            arrived: try row.unsigned("arrived"), reports: Int(try row.integer("reports")),
            bytes: Int(try row.integer("bytes")), attempts: Int(try row.integer("attempts")),
            isHeld: try row.integer("lease_token") != 0, left: try row.timeLeft("remaining"))
    }
}

extension SQLRow {
    /// For how long a job is nobody's to take. No lease and no pause is as long as ``HelperJobLease/longest``: where there
    /// seems to be more, the clock was set back, and what stands there means nothing.
    fileprivate func timeLeft(_ column: String) throws -> Duration {
        let left = Duration.milliseconds(try integer(column))
        return left > HelperJobLease.longest ? .zero : max(.zero, left)
    }
}
