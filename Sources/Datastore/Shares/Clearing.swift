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

extension NodeDatabase {
    /// Destroys keys of units of time that nobody needs any more, of all tasks. Collections do that for their task; this is
    /// for those that have none for long. Not to be done often: a unit in which reports still arrive gets a new key each time.
    package func destroyIdleKeys() async throws(DatastoreError) {
        let tasks = try await read { session in
            try session.rows(
                """
                SELECT DISTINCT i.task_id FROM share_keys JOIN task_ids AS i ON i.task = share_keys.task
                WHERE share_keys.secret <> $1 AND \(Session.isIdle)
                """, [ShareKey.destroyed.blob]
            ).map { try $0.id("task_id", as: TaskID.self) }
        }
        for task in tasks {
            try await write { session in
                if let key = try session.lockedTask(task, .exclusive) { try session.destroyIdleKeys(key) }
            }
        }
    }
}

extension Session {
    /// Marks a leader's batch collected, and takes away what it no longer needs. The task is locked alone.
    func clearLeaderBatch(_ scope: BatchScope, _ task: TaskKey) throws {
        guard let batch = try leaderBatch(scope, task), let buckets = try leaderBuckets(scope, task) else {
            throw DatastoreError.corrupt("a sealed batch has no row")
        }
        try change(batch: batch, .collect)
        try deleteSums(task, buckets)
        try destroyShareKeys(task, buckets)
        try destroyIdleKeys(task)
        try execute("INSERT INTO leader_clearings (batch, through) VALUES ($1, $2)", [batch, Int64.min])
    }

    /// Destroys the keys of units of time that have no report any more whose shares somebody needs: none that waits or is in
    /// a job, and none in the unit's sum. In leader-selected mode that is so once its reports are all in batches, under
    /// whose keys they lie then; in time-interval mode where all of them were rejected or withdrawn. A report that comes
    /// later gets a key of its own.
    ///
    /// - Precondition: the task is locked alone.
    fileprivate func destroyIdleKeys(_ task: TaskKey) throws {
        // A sum of nothing is still sealed.
        try execute("DELETE FROM share_sums WHERE task = $1 AND kind = 0 AND reports = 0", [task])
        let destroyed = try execute(
            "UPDATE share_keys SET secret = $2 WHERE task = $1 AND secret <> $2 AND \(Self.isIdle)",
            [task, ShareKey.destroyed.blob])
        if destroyed > 0 { try markScrubDue() }
    }

    /// Holds for a row of share_keys that belongs to a unit of time without such reports.
    fileprivate static var isIdle: String {
        """
        share_keys.kind = 0 AND NOT EXISTS (
            SELECT 1 FROM leader_buckets AS n
            WHERE n.task = share_keys.task AND n.time = share_keys.ref AND n.received + n.aggregating > 0
        ) AND NOT EXISTS (
            SELECT 1 FROM share_sums AS s
            WHERE s.task = share_keys.task AND s.kind = 0 AND s.ref = share_keys.ref AND s.reports > 0
        )
        """
    }

    /// Deletes all sums of a task and destroys all of its keys: it has nothing any more that somebody needs.
    ///
    /// - Precondition: the task is locked alone.
    func destroyAllKeys(_ task: TaskKey) throws {
        for buckets in BucketRange.all {
            try deleteSums(task, buckets)
            try destroyShareKeys(task, buckets)
        }
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
            clearing.kept, clearing.task, clearing.buckets, after: time.map { ($0, clearing.through) },
            state: clearing.state, limit: limit
        ).map(\.report)
        try executeMany("DELETE FROM \(clearing.kept.table) WHERE report = $1", reports.map { [$0] })
        // Whoever else is at it has deleted the same. But a row that has become another's meanwhile, because a longer
        // interval with the same beginning was collected, is not done: it stays as it is.
        let row = clearing.row
        if let last = reports.last, reports.count >= limit {
            try execute(
                "UPDATE \(clearing.table) SET through = $\(row.arguments.values.count + 1) WHERE \(row.condition)",
                row.arguments + [last])
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

    /// In which reports have kept shares. A helper's may have been left out by the collection itself.
    var state: Int64? { batch == nil ? nil : kept.acceptedState }

    var table: String { batch == nil ? "helper_clearings" : "leader_clearings" }

    /// Its row in ``table``, as it was read.
    var row: (condition: String, arguments: SQLArguments) {
        if let batch { return ("batch = $1 AND through = $2", [batch, through]) }
        return (
            "task = $1 AND kind = $2 AND ref = $3 AND end_ref = $4 AND through = $5",
            buckets.arguments(task) + [through]
        )
    }
}
