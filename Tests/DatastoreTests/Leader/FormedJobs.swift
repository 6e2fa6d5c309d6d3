import DAP
import Datastore
import TaskTypes

/// A job of certain reports, for tests.
struct NewJob {
    /// The batch that it must be in (leader-selected mode).
    var batchID: BatchID?
    var request: [UInt8]
    /// By their rows, in the order of the request.
    var reports: [Int64]
    var verifyKey: [UInt8]?
}

enum JobCreation: Equatable {
    case created(key: Int64)
    /// All reports were rejected.
    case nothingToSend
    /// A report or the batch was not to be had; the reports that were wait as before.
    case stale
}

extension NodeDatabase {
    /// Claims certain reports, as a driver claims the oldest, and stores their request; nobody holds the job then.
    func createJob(
        _ job: NewJob?, rejected: [EndedReport], task: TaskID, maxBatchSize: UInt64
    ) async throws -> JobCreation {
        let rows = try await rows(of: rejected.map(\.reportID), task: task) + (job?.reports ?? [])
        guard !rows.isEmpty else { return .nothingToSend }
        let claim = JobClaim(
            task: task, batchCapacity: job?.batchID == nil ? nil : maxBatchSize, now: .max >> 2, jobSize: 1_000,
            jobBytes: 1 << 30
        ) { candidates in
            let waiting = Dictionary(candidates.map { ($0.sequence, $0) }) { first, _ in first }
            let chosen = rows.compactMap { waiting[$0] }
            return chosen.count == rows.count ? chosen : []
        }
        do {
            // What would be older than the one that is wanted.
            let inTheWay = try await shut(allBut: job?.batchID, task: task)
            let outcome: Result<ClaimedJob?, DatastoreError>
            do { outcome = .success(try await claimJob(claim, for: .seconds(60))) } catch { outcome = .failure(error) }
            try await reopen(inTheWay)
            guard let claimed = try outcome.get() else { return .stale }
            guard claimed.batchID == job?.batchID, claimed.reports == rows.count else {
                try await putBack(claimed.lease)
                if claimed.batchID != job?.batchID { try await forget(claimed.batchID) }
                return .stale
            }
            do {
                let request = job.map { JobRequest(bytes: $0.request, verifyKey: $0.verifyKey) }
                try await sendJob(claimed.lease, request, rejected: rejected, for: .seconds(60))
            } catch {
                guard error == .stale else { throw error }
                try await putBack(claimed.lease)
                return .stale
            }
            guard job != nil else { return .nothingToSend }
            try await releaseJob(claimed.lease, after: .zero, exchange: nil)
            return .created(key: claimed.lease.job.key)
        } catch {
            guard error as? DatastoreError == .stale else { throw error }
            return .stale
        }
    }

    /// Lets no job into the open batches of a task but one, so that the next goes there.
    ///
    /// - Returns: those that had room.
    private func shut(allBut batch: BatchID?, task: TaskID) async throws -> [Int64] {
        guard let batch else { return [] }
        return try await engine.write { session in
            let others = try session.rows(
                """
                SELECT b.batch FROM leader_batches AS b JOIN task_ids AS i ON i.task = b.task
                WHERE i.task_id = $1 AND b.has_room = 1 AND b.batch_id <> $2
                """, [SQLValue.blob(task.bytes), SQLValue.blob(batch.bytes)]
            ).map { try $0.integer("batch") }
            try session.executeMany(
                "UPDATE leader_batches SET has_room = 0 WHERE batch = $1", others.map { [$0] })
            return others
        }
    }

    /// Deletes a batch that was made because the one that was wanted takes no reports.
    private func forget(_ batch: BatchID?) async throws {
        guard let batch else { return }
        _ = try await engine.write { session in
            try session.execute(
                "DELETE FROM leader_batches WHERE batch_id = $1 AND aggregating + accepted = 0",
                [SQLValue.blob(batch.bytes)])
        }
    }

    private func reopen(_ batches: [Int64]) async throws {
        guard !batches.isEmpty else { return }
        _ = try await engine.write { session in
            try session.executeMany(
                "UPDATE leader_batches SET has_room = 1 WHERE batch = $1", batches.map { [$0] })
        }
    }

    private func putBack(_ lease: JobLease) async throws {
        let reports = try await reports(ofJob: lease.job.key)
        try await finishJob(
            lease, outcomes: reports.map { ($0.reportID, .returned(notBefore: 0)) }, vdaf: Make.vdaf)
    }

    /// The batch that the next job's reports go into, made where there is none, and for how many more it has room.
    func batchForNextJob(task: TaskID, maxBatchSize: UInt64) async throws -> (id: BatchID, room: UInt64) {
        _ = try await storeReports([], task: task, bucketCapacity: nil)
        return try await engine.write { session in
            try session.execute(
                "INSERT INTO task_ids (task_id) VALUES ($1) ON CONFLICT (task_id) DO NOTHING",
                [SQLValue.blob(task.bytes)])
            let key = try session.integer("SELECT task FROM task_ids WHERE task_id = $1", [SQLValue.blob(task.bytes)])
            let open = try session.first(
                """
                SELECT batch_id, aggregating + accepted AS filled FROM leader_batches
                WHERE task = $1 AND has_room = 1 AND +state = 0 AND aggregating + accepted < $2 ORDER BY batch LIMIT 1
                """, [SQLValue.integer(key ?? 0), SQLValue.integer(Int64(maxBatchSize))])
            if let open {
                return (try open.id("batch_id", as: BatchID.self), maxBatchSize - (try open.unsigned("filled")))
            }
            let id = BatchID.random()
            try session.execute(
                "INSERT INTO leader_batches (task, batch_id, state, has_room) VALUES ($1, $2, 0, 1)",
                [SQLValue.integer(key ?? 0), SQLValue.blob(id.bytes)])
            return (id, maxBatchSize)
        }
    }

    /// Ends a job, whoever holds it.
    ///
    /// - Returns: false where it has ended before.
    @discardableResult
    func finishJob(
        _ key: Int64, outcomes: [(report: ReportID, outcome: ReportOutcome)], vdaf: any TaskVDAF
    ) async throws -> Bool {
        do {
            guard let lease = try await seizeJob(key, for: .seconds(60)) else { return false }
            try await finishJob(lease, outcomes: outcomes, vdaf: vdaf)
            return true
        } catch {
            guard error == .leaseLost else { throw error }
            return false
        }
    }

    /// Stores how the exchange about a job has gone; nothing where it has ended.
    func recordProgress(_ progress: JobProgress, helperID: String? = nil, ofJob key: Int64) async throws {
        guard let lease = try await seizeJob(key, for: .seconds(60)) else { return }
        try await releaseJob(lease, after: .zero, exchange: (progress, helperID))
    }

    /// The rows of reports.
    private func rows(of reports: [ReportID], task: TaskID) async throws -> [Int64] {
        try await engine.read { session in
            try reports.compactMap { report in
                try session.integer(
                    """
                    SELECT r.report FROM leader_reports AS r JOIN task_ids AS i ON i.task = r.task
                    WHERE i.task_id = $1 AND r.report_id = $2
                    """, [SQLValue.blob(task.bytes), SQLValue.blob(report.bytes)])
            }
        }
    }
}
