import DAP
import Datastore

extension NodeDatabase {
    /// Puts one report that waits into a job of its own, as if it had been sent.
    func claimReport(_ row: Int64, task: TaskID, isSelected: Bool) async throws -> ClaimedJob {
        let claim = JobClaim(
            task: task, batchCapacity: isSelected ? 1_000 : nil, now: 0, jobSize: 1_000, jobBytes: 1 << 30
        ) { $0.filter { $0.sequence == row } }
        guard let job = try await claimJob(claim, for: .seconds(60)) else { throw CancellationError() }
        try await sendJob(job.lease, JobRequest(bytes: [1]), rejected: [], for: .seconds(60))
        return job
    }

    /// The batch that the next job's reports go into, made where there is none.
    func batchForNextJob(task: TaskID) async throws -> BatchID {
        try await engine.write { session in
            let key = try session.integer("SELECT task FROM task_ids WHERE task_id = $1", [SQLValue.blob(task.bytes)])
            let open = try session.first(
                "SELECT batch_id FROM leader_batches WHERE task = $1 AND has_room = 1 ORDER BY batch LIMIT 1",
                [SQLValue.integer(key ?? 0)])
            if let open { return try open.id("batch_id", as: BatchID.self) }
            let id = BatchID.random()
            try session.execute(
                "INSERT INTO leader_batches (task, batch_id, state, has_room) VALUES ($1, $2, 0, 1)",
                [SQLValue.integer(key ?? 0), SQLValue.blob(id.bytes)])
            return id
        }
    }
}
