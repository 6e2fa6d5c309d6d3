// Forming aggregation jobs; the protocol is in LeaderJobStore.swift.

import DAP

extension NodeDatabase: LeaderJobStore {
    package func claimJob(_ claim: JobClaim, for duration: Duration) async throws(DatastoreError) -> ClaimedJob? {
        // Whoever makes a batch does so alone: else two jobs that find none with room would each make one, and reports that
        // could be collected together would wait in two batches.
        for mode in [LockMode.shared, .exclusive] {
            let attempt = try await write { session -> ClaimAttempt in
                guard let key = try session.lockedTask(claim.task, mode) else { return .nothing }
                return try session.claim(claim, key, makesBatch: mode == .exclusive, for: duration)
            }
            switch attempt {
            case .claimed(let job): return job
            case .nothing: return nil
            case .noBatch: continue
            }
        }
        return nil
    }

    package func sendJob(
        _ lease: JobLease, _ request: JobRequest?, rejected: [EndedReport], loggedAfter end: UInt64? = nil,
        for duration: Duration
    ) async throws(DatastoreError) {
        try await write { session in
            let (job, task) = (lease.job.key, lease.job.taskKey)
            try session.lock(.task(task), .shared)
            guard let request else {
                try session.release(.aggregation, lease.claim, after: .zero, Session.endsJob)
                try session.endFormed(rejected, task, loggedAfter: end)
                return try session.requireEmpty(job)
            }
            try session.hold(.aggregation, lease.claim, for: duration, ", state = \(JobState.pending.sql)")
            if let used = request.verifyKey, try session.verifyKey(of: task) != used { throw DatastoreError.stale }
            try session.executeMany(
                "INSERT INTO leader_job_requests (job, part, bytes) VALUES ($1, $2, $3)",
                Session.parts(of: request.bytes).enumerated().map { [job, $0.offset, $0.element.blob] })
            if !rejected.isEmpty { try session.endFormed(rejected, task, loggedAfter: end) }
        }
    }
}

/// What became of a transaction that was to take the reports of a job.
private enum ClaimAttempt: Sendable {
    case claimed(ClaimedJob)
    /// No report waits, or the task is not there.
    case nothing
    /// There is no batch with room, and nothing was changed.
    case noBatch
}

extension Session {
    /// Ends reports of a job that fail the leader's own checks.
    fileprivate func endFormed(_ rejected: [EndedReport], _ task: TaskKey, loggedAfter window: UInt64?) throws {
        try end(rejected, task: task, loggedAfter: window) { report, rejection in
            ReportLife.after(report.stage(), .finish(.rejected(rejection.error)))
        }
    }

    /// - Parameter makesBatch: whether the task is locked exclusively, so that a batch may be made where none has room.
    fileprivate func claim(
        _ claim: JobClaim, _ task: TaskKey, makesBatch: Bool, for duration: Duration
    ) throws -> ClaimAttempt {
        let waiting = try waitingRows(
            task, now: claim.now, window: claim.window, limit: claim.jobSize, payloadLimit: claim.jobBytes,
            isTaking: true)
        let candidates = try waiting.rows.map {
            JobCandidate(sequence: try $0.integer("report"), attempts: Int(try $0.integer("attempts")))
        }
        var chosen = claim.choose(candidates)
        guard !chosen.isEmpty else { return .nothing }
        var batch: OpenBatch?
        if let capacity = claim.batchCapacity {
            let open = try openBatch(task, below: capacity)
            guard let joined = try open ?? (makesBatch ? makeBatch(task) : nil) else { return .noBatch }
            batch = joined
            chosen = Array(chosen.prefix(Int(clamping: capacity - min(joined.filled, capacity))))
        }
        let token = LeaseClaim.randomToken()
        let job = try insert(
            """
            INSERT INTO leader_jobs (task, batch, state, lease_token, due)
            VALUES ($1, $2, \(JobState.forming.sql), $3, \(dialect.now) + $4) RETURNING job
            """, [task, batch?.number, token, duration.milliseconds])
        try take(chosen.map(\.sequence), into: job, task, batch?.number, capacity: claim.batchCapacity)
        let lease = Lease(
            LeasedJob(key: job, task: claim.task, isForming: true, taskKey: task), LeaseClaim(row: job, token: token))
        return .claimed(
            ClaimedJob(
                lease: lease, batchID: batch?.id, reports: chosen.count,
                isCut: waiting.isCut || chosen.count < candidates.count))
    }

    /// Puts reports that wait into a job.
    ///
    /// - Throws: `.stale` where one of them does not wait any more, or their batch has no room for all.
    private func take(
        _ reports: [Int64], into job: Int64, _ task: TaskKey, _ batch: Int64?, capacity: UInt64?
    ) throws {
        // ReportLife's claim, by the statement that finds out who may be claimed. In the order of rows, so that of two jobs
        // with the same reports one waits for the other.
        let ordered = reports.enumerated().sorted { $0.element < $1.element }
        let taken = try returningMany(
            """
            UPDATE leader_reports SET state = \(ReportState.aggregating.sql), job = $3, position = $4, batch = $5
            WHERE report = $2 AND task = $1 AND state = \(ReportState.received.sql) RETURNING time
            """, ordered.map { [task, $0.element, job, $0.offset, batch] })
        var counters = LeaderCounters()
        counters.batchCapacity = capacity?.clampedToInt64
        for row in taken {
            guard let row else { throw DatastoreError.stale }
            counters.move(
                time: try row.integer("time"), from: ReportPlace(state: .received),
                to: ReportPlace(state: .aggregating, batch: batch))
        }
        try write(counters, of: task)
    }

    /// Bytes in pieces that fit a row.
    static func parts(of bytes: [UInt8]) -> [[UInt8]] {
        let size = 1 << 20
        return stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min($0 + size, bytes.count)]) }
    }
}
