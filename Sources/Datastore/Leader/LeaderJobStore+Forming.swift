// Forming aggregation jobs; the protocol is in LeaderJobStore.swift.

import DAP

extension NodeDatabase: LeaderJobStore {
    package func batchForNextJob(
        task: TaskID, maxBatchSize: UInt64
    ) async throws(DatastoreError) -> (id: BatchID, room: UInt64) {
        let open = try await read { session in
            try session.taskKey(task).flatMap { try session.openBatch($0, below: maxBatchSize) }
        }
        let batch =
            if let open { open } else {
                try await write { session in
                    let key = try session.lockedTaskMaking(task, .shared)
                    return try session.openBatch(key, below: maxBatchSize) ?? session.makeBatch(key)
                }
            }
        return (batch.id, maxBatchSize - batch.filled)
    }

    package func createJob(
        _ job: NewJob?, refused: [EndedReport], task: TaskID, maxBatchSize: UInt64
    ) async throws(DatastoreError) -> JobCreation {
        do {
            return try await write { session in
                guard let key = try session.lockedTask(task, .shared) else {
                    guard job == nil, refused.isEmpty else { throw DatastoreError.stale }
                    return .nothingToSend
                }
                if let used = job?.verifyKey, try session.verifyKey(of: key) != used { throw DatastoreError.stale }
                var counters = LeaderCounters()
                let number = try job.flatMap { try session.insert($0, key, capacity: maxBatchSize, &counters) }
                try session.end(refused, task: key, counters: counters) { report, refusal in
                    ReportLife.after(report.stage(), .reject(refusal.error))
                }
                return number.map(JobCreation.created) ?? .nothingToSend
            }
        } catch {
            guard error == .stale else { throw error }
            return .stale
        }
    }
}

extension Session {
    /// - Returns: the job's number; nil where it has no reports.
    fileprivate func insert(
        _ job: NewJob, _ task: TaskKey, capacity: UInt64, _ counters: inout LeaderCounters
    ) throws -> Int64? {
        guard !job.reports.isEmpty else { return nil }
        let batch = try job.batchID.map { id in
            guard let batch = try leaderBatch(id, task) else { throw DatastoreError.stale }
            return batch
        }
        let number = try insert(
            "INSERT INTO leader_jobs (task, batch, state) VALUES ($1, $2, \(JobState.pending.sql)) RETURNING job",
            [task, batch])
        try executeMany(
            "INSERT INTO leader_job_requests (job, part, bytes) VALUES ($1, $2, $3)",
            Self.parts(of: job.request).enumerated().map { [number, $0.offset, $0.element.blob] })
        // ReportLife's claim, by the statement that finds out who may be claimed. In the order of rows, so that of two jobs
        // with the same reports one waits for the other.
        let ordered = job.reports.enumerated().sorted { $0.element < $1.element }
        let taken = try returningMany(
            """
            UPDATE leader_reports SET state = \(ReportState.aggregating.sql), job = $3, position = $4, batch = $5
            WHERE report = $2 AND task = $1 AND state = \(ReportState.received.sql) RETURNING time
            """, ordered.map { [task, $0.element, number, $0.offset, batch] })
        counters.batchCapacity = capacity.clampedToInt64
        for row in taken {
            guard let row else { throw DatastoreError.stale }
            counters.move(
                time: try row.integer("time"), from: ReportPlace(state: .received),
                to: ReportPlace(state: .aggregating, batch: batch))
        }
        return number
    }

    /// Bytes in pieces that fit a row.
    static func parts(of bytes: [UInt8]) -> [[UInt8]] {
        let size = 1 << 20
        return stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min($0 + size, bytes.count)]) }
    }
}
