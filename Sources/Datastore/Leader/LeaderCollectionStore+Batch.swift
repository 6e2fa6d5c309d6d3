// Questions about a batch, answered from counters and sums. The protocol is in LeaderCollectionStore.swift.

import DAP
import Ledger
import TaskTypes

extension NodeDatabase: LeaderCollectionStore {
    package func unfinishedReports(task: TaskID, scope: BatchScope) async throws(DatastoreError) -> UInt64 {
        try await read { session in
            guard let (task, buckets) = try session.leaderBatch(scope, of: task) else { return 0 }
            return try session.leaderCounts(task, buckets).unfinished
        }
    }

    package func summary(task: TaskID, scope: BatchScope) async throws(DatastoreError) -> BatchSummary {
        try await read { session in
            guard let (task, buckets) = try session.leaderBatch(scope, of: task) else { return BatchSummary() }
            return BatchSummary(try session.summary(task, buckets))
        }
    }

    package func aggregateShare(
        task: TaskID, scope: BatchScope, vdaf: any TaskVDAF
    ) async throws(DatastoreError) -> AggregatedBatch {
        try await read { session in
            guard let (task, buckets) = try session.leaderBatch(scope, of: task) else {
                return AggregatedBatch(summary: BatchSummary(), aggregateShare: vdaf.makeAccumulator().aggregateShare())
            }
            let sum = try session.sum(task, buckets, vdaf)
            guard UInt64(sum.accumulator.count) == sum.numbers.reports else {
                throw DatastoreError.corrupt("a sum is not of as many reports as it says")
            }
            return AggregatedBatch(summary: BatchSummary(sum.numbers), aggregateShare: sum.accumulator.aggregateShare())
        }
    }

    package func batchStatuses(task: TaskID, limit: Int) async throws(DatastoreError) -> [BatchStatus] {
        try await read { session in
            guard let task = try session.taskKey(task) else { return [] }
            let sealed = try session.rows(
                """
                SELECT batch, batch_id, first_time, end_time, state FROM leader_batches
                WHERE task = $1 ORDER BY batch LIMIT $2
                """,
                [task, limit]
            ).map { row in try session.status(of: row, task) }
            return sealed + (try session.openBuckets(task, limit: limit - sealed.count))
        }
    }
}

extension BatchSummary {
    init(_ numbers: BucketNumbers) {
        self.init()
        count = numbers.reports
        checksum = numbers.checksum
        interval = numbers.times.map {
            Interval(from: UInt64(clamping: $0.lowerBound), through: UInt64(clamping: $0.upperBound))
        }
    }
}

extension Session {
    /// Task and buckets of a batch; nil where this leader has not heard of one of the two.
    func leaderBatch(_ scope: BatchScope, of task: TaskID) throws -> (task: TaskKey, buckets: BucketRange)? {
        guard let task = try taskKey(task), let buckets = try leaderBuckets(scope, task) else { return nil }
        return (task, buckets)
    }

    fileprivate func status(of row: SQLRow, _ task: TaskKey) throws -> BatchStatus {
        let state = try row.code("state", as: BatchState.self).name
        if let id = try row.optionalID("batch_id", as: BatchID.self) {
            let buckets = BucketRange(batch: try row.integer("batch"))
            return BatchStatus(batch: id.base64URL, state: state, count: try leaderCounts(task, buckets).accepted)
        }
        let (first, end) = (try row.unsigned("first_time"), try row.unsigned("end_time"))
        let interval = Interval(start: first, duration: end - min(first, end))
        return BatchStatus(
            batch: "\(first)+\(interval.duration)", state: state,
            count: try leaderCounts(task, BucketRange(interval)).accepted)
    }

    /// Time buckets with accepted reports that no sealed batch contains. (In leader-selected mode reports are in batches, not
    /// in buckets.)
    fileprivate func openBuckets(_ task: TaskKey, limit: Int) throws -> [BatchStatus] {
        let isLeaderSelected = try exists(
            "SELECT 1 FROM leader_batches WHERE task = $1 AND batch_id IS NOT NULL LIMIT 1", [task])
        guard limit > 0, !isLeaderSelected else { return [] }
        return try rows(
            """
            SELECT n.time AS time, n.accepted AS accepted FROM leader_buckets AS n
            WHERE n.task = $1 AND n.accepted > 0 AND NOT EXISTS (
                SELECT 1 FROM leader_batches AS b
                WHERE b.task = n.task AND b.batch_id IS NULL AND b.first_time <= n.time AND n.time < b.end_time
            )
            ORDER BY n.time LIMIT $2
            """,
            [task, limit]
        ).map { row in
            BatchStatus(
                batch: "\(try row.unsigned("time"))+1", state: BatchState.open.name,
                count: try row.unsigned("accepted"))
        }
    }
}
