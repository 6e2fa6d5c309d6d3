// What becomes of the shares of a batch that is collected.
//
// At once, in the transaction that marks it collected: its sums are deleted, and the keys under which all of its shares lie
// are destroyed. From then on nothing of them can be read. The rows of the kept shares still take room, as many as the
// batch has reports; they go afterwards, a slice in each transaction, so that nothing else waits for them. Nothing depends on
// when. A row in leader_clearings or helper_clearings says how far that is.

import DAP
import Ledger

extension NodeDatabase {
    /// Deletes some kept shares of one batch that is collected.
    ///
    /// - Parameter limit: how many rows at most.
    /// - Returns: whether there may be more.
    package func clearSlice(atMost limit: Int) async throws(DatastoreError) -> Bool {
        try await write { session in
            guard let clearing = try session.oldestClearing() else { return false }
            try session.clear(clearing, limit)
            return true
        }
    }
}

extension Session {
    /// Marks a leader's batch collected, and takes away what it no longer needs. The task is locked alone.
    func clearLeaderBatch(_ scope: BatchScope, _ task: TaskKey) throws {
        guard let batch = try leaderBatch(scope, task), let buckets = try leaderBuckets(scope, task) else {
            throw DatastoreError.corrupt("a sealed batch has no row")
        }
        try setBatchState(.collected, batch: batch)
        try deleteSums(task, buckets)
        try destroyShareKeys(task, buckets)
        if case .batch = scope { try destroyIdleKeys(task) }
        try execute("INSERT INTO leader_clearings (batch, through) VALUES ($1, $2)", [batch, Int64.min])
    }

    /// In leader-selected mode input shares lie under the key of their time until their report is in a batch. Those of times
    /// in which no report waits any more have nothing left that is needed.
    private func destroyIdleKeys(_ task: TaskKey) throws {
        try execute(
            """
            UPDATE share_keys SET secret = $2 WHERE task = $1 AND kind = 0 AND secret <> $2 AND NOT EXISTS (
                SELECT 1 FROM leader_buckets AS n
                WHERE n.task = share_keys.task AND n.time = share_keys.ref AND n.received + n.aggregating > 0
            )
            """,
            [task, ShareKey.destroyed.blob])
    }

    /// Takes away what is no longer needed of a helper's buckets that are collected. The task is locked alone.
    func clearHelperBuckets(_ task: TaskKey, _ buckets: BucketRange) throws {
        try deleteSums(task, buckets)
        try destroyShareKeys(task, buckets)
        // Collections may be of intervals that begin at the same time: the longer one is cleared, from its beginning.
        try execute(
            """
            INSERT INTO helper_clearings (task, kind, ref, end_ref, through) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (task, kind, ref) DO UPDATE SET through = excluded.through,
                end_ref = CASE WHEN excluded.end_ref > helper_clearings.end_ref
                    THEN excluded.end_ref ELSE helper_clearings.end_ref END
            """, buckets.arguments(task) + [Int64.min])
    }

    fileprivate func oldestClearing() throws -> Clearing? {
        let leader = try first(
            """
            SELECT c.batch, c.through, b.task, b.batch_id, b.first_time, b.end_time
            FROM leader_clearings AS c JOIN leader_batches AS b ON b.batch = c.batch ORDER BY c.batch LIMIT 1
            """)
        if let row = leader {
            let batch = try row.integer("batch")
            let interval = try row.optionalInteger("first_time").map { first in
                BucketRange(times: first..<max(first, try row.integer("end_time")))
            }
            return Clearing(
                kept: .leader, batch: batch, task: TaskKey(value: try row.integer("task")),
                buckets: interval ?? BucketRange(batch: batch), through: try row.integer("through"))
        }
        return try first("SELECT * FROM helper_clearings ORDER BY task, kind, ref LIMIT 1").map { row in
            let (ref, end) = (try row.integer("ref"), try row.integer("end_ref"))
            let isBatch = try row.integer("kind") == Bucket.batch(0).kind
            return Clearing(
                kept: .helper, batch: nil, task: TaskKey(value: try row.integer("task")),
                buckets: isBatch ? BucketRange(batch: ref) : BucketRange(times: ref..<max(ref, end)),
                through: try row.integer("through"))
        }
    }

    fileprivate func clear(_ clearing: Clearing, _ limit: Int) throws {
        let time = try integer("SELECT time FROM \(clearing.kept.reports) WHERE report = $1", [clearing.through])
        let reports = try reportPage(
            clearing.kept, clearing.task, clearing.buckets, after: time.map { ($0, clearing.through) }, state: nil,
            limit: limit
        ).map(\.report)
        try executeMany("DELETE FROM \(clearing.kept.table) WHERE report = $1", reports.map { [$0] })
        let row = clearing.row
        if let last = reports.last, reports.count >= limit {
            // Whoever else is at it has deleted the same.
            try execute(
                """
                UPDATE \(clearing.table) SET through = $\(row.arguments.values.count + 1)
                WHERE \(row.condition) AND through = $\(row.arguments.values.count + 2)
                """,
                row.arguments + [last, clearing.through])
        } else {
            try execute("DELETE FROM \(clearing.table) WHERE \(row.condition)", row.arguments)
        }
    }
}

/// A collected batch whose kept shares are being deleted, in the order of an index of its reports. Pure.
private struct Clearing {
    /// Whose shares.
    let kept: KeptShares
    /// A leader's batch, by which its row is named.
    let batch: Int64?
    let task: TaskKey
    let buckets: BucketRange
    /// The last report that is gone.
    let through: Int64

    var table: String { batch == nil ? "helper_clearings" : "leader_clearings" }

    /// Its row in ``table``.
    var row: (condition: String, arguments: SQLArguments) {
        if let batch { return ("batch = $1", [batch]) }
        return ("task = $1 AND kind = $2 AND ref = $3", [task, buckets.kind, buckets.refs.lowerBound])
    }
}
