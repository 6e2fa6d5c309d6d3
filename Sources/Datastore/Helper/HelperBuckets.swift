// The helper's batches inside a transaction of its store: their numbers, whether they take reports, how many they have.
//
// A batch's fate is a row of helper_closes or helper_collections, which shuts its buckets; none of its reports is changed
// with it. A report that is accepted there is closed over, or collected.

import DAP
import Ledger

extension Session {
    // MARK: Numbers of batches

    /// The buckets of a batch; nil for a leader-selected one of which this helper has no report.
    func helperBuckets(_ scope: BatchScope, _ task: TaskKey) throws -> BucketRange? {
        switch scope {
        case .interval(let interval): BucketRange(interval)
        case .batch(let id): try helperBatch(id, task).map(BucketRange.init(batch:))
        }
    }

    private func helperBatch(_ id: BatchID, _ task: TaskKey) throws -> Int64? {
        try integer("SELECT batch FROM helper_batches WHERE task = $1 AND batch_id = $2", [task, id.blob])
    }

    /// The number of a leader-selected batch, which it gets now where it has none.
    func helperBatchMaking(_ id: BatchID, _ task: TaskKey) throws -> Int64 {
        if let batch = try helperBatch(id, task) { return batch }
        try execute(
            "INSERT INTO helper_batches (task, batch_id) VALUES ($1, $2) ON CONFLICT (task, batch_id) DO NOTHING",
            [task, id.blob])
        guard let batch = try helperBatch(id, task) else {
            throw DatastoreError.corrupt("helper_batches has no row of a batch")
        }
        return batch
    }

    // MARK: Fate

    /// How far the bucket of the scope is that is furthest. One that is closed or collected takes no reports and lets none go.
    func helperStage(_ scope: BatchScope, _ task: TaskKey) throws -> HelperBucketStage {
        let isCollected = try self.isCollected(scope, task)
        return HelperBucketStage(
            isClosed: try isCollected || overlaps("helper_closes", scope, task), isCollected: isCollected)
    }

    /// Whether some bucket of the scope is collected.
    func isCollected(_ scope: BatchScope, _ task: TaskKey) throws -> Bool {
        try overlaps("helper_collections", scope, task)
    }

    /// Whether a row of a table with the columns batch_id, start_time and end_time shares a bucket with the scope. A scope
    /// that names no bucket shares none.
    func overlaps(_ table: String, _ scope: BatchScope, _ task: TaskKey) throws -> Bool {
        guard let (condition, arguments) = scope.overlapCondition(task) else { return false }
        return try exists("SELECT 1 AS found FROM \(table) WHERE \(condition) LIMIT 1", arguments)
    }

    /// Whether the helper's operator has ended the task and given its uncollected reports up.
    func isDiscarded(_ task: TaskKey) throws -> Bool {
        try exists(
            "SELECT 1 AS found FROM tasks WHERE task = $1 AND service = \(TaskService.discarded.rawValue)", [task])
    }

    // MARK: Numbers of reports

    /// How often reports have joined and left the buckets.
    func standing(_ task: TaskKey, _ buckets: BucketRange?) throws -> HelperStanding {
        guard let buckets else { return HelperStanding(joined: 0, left: 0) }
        let row = try first(
            """
            SELECT CAST(COALESCE(SUM(accepted + dropped), 0) AS BIGINT) AS joined,
                CAST(COALESCE(SUM(dropped), 0) AS BIGINT) AS gone
            FROM helper_buckets WHERE task = $1 AND kind = $2 AND ref >= $3 AND ref < $4
            """, buckets.arguments(task))
        guard let row else { throw DatastoreError.corrupt("a sum of helper_buckets is no row") }
        return HelperStanding(joined: try row.unsigned("joined"), left: try row.unsigned("gone"))
    }

    /// Counts reports that joined buckets. Late in the transaction.
    func countAccepted(_ reports: [Bucket: Int], _ task: TaskKey) throws {
        try executeMany(
            """
            INSERT INTO helper_buckets (task, kind, ref, accepted) VALUES ($1, $2, $3, $4)
            ON CONFLICT (task, kind, ref) DO UPDATE SET accepted = helper_buckets.accepted + excluded.accepted
            """, Self.rows(reports, task))
    }

    /// Counts reports that left buckets. Late in the transaction.
    func countLeaving(_ reports: [Bucket: Int], _ task: TaskKey) throws {
        let changed = try executeMany(
            """
            UPDATE helper_buckets SET accepted = accepted - $4, dropped = dropped + $4
            WHERE task = $1 AND kind = $2 AND ref = $3 AND accepted >= $4
            """, Self.rows(reports, task))
        guard changed.allSatisfy({ $0 == 1 }) else {
            throw DatastoreError.corrupt("more reports would leave a bucket than have joined it")
        }
    }

    private static func rows(_ reports: [Bucket: Int], _ task: TaskKey) -> [SQLArguments] {
        reports.sorted { Bucket.inOrder($0.key, $1.key) }.map { [task, $0.key.kind, $0.key.ref, $0.value] }
    }
}

extension BatchScope {
    /// The columns batch_id, start_time and end_time of a row about the scope.
    var columns: SQLArguments {
        switch self {
        case .batch(let id): [id.blob, SQLValue.null, SQLValue.null]
        case .interval(let interval):
            [SQLValue.null, interval.start.clampedToInt64, (interval.end ?? .max).clampedToInt64]
        }
    }

    /// What holds for the rows of a task that share a bucket with the scope; nil where it names none.
    ///
    /// Intervals of one table may contain each other, so it is the ends that lead to the few rows of late times.
    func overlapCondition(_ task: TaskKey) -> (sql: String, arguments: SQLArguments)? {
        switch self {
        case .batch(let id): return ("task = $1 AND batch_id = $2", [task, id.blob])
        case .interval(let interval):
            guard let end = interval.end else { return nil }
            return (
                "task = $1 AND end_time > $2 AND start_time < $3",
                [task, interval.start.clampedToInt64, end.clampedToInt64]
            )
        }
    }
}
