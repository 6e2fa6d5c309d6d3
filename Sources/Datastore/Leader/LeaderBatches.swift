import DAP
import Ledger

// Batches of the leader, inside a transaction of any of its stores: which are open, which are sealed, and how many reports
// they have. A batch's fate is its row in leader_batches; none of its reports is changed with it.
//
// Sealed intervals of a task are disjoint, so the last one that starts before a time is the only one that may contain it:
// each question is one step in an index, however many batches a task has had.

extension Session {
    /// The buckets of a batch; nil for a leader-selected one that this leader does not have.
    func leaderBuckets(_ scope: BatchScope, _ task: TaskKey) throws -> BucketRange? {
        switch scope {
        case .interval(let interval): BucketRange(interval)
        case .batch(let id): try leaderBatch(id, task).map(BucketRange.init(batch:))
        }
    }

    /// The number of a leader-selected batch.
    func leaderBatch(_ id: BatchID, _ task: TaskKey) throws -> Int64? {
        try integer("SELECT batch FROM leader_batches WHERE task = $1 AND batch_id = $2", [task, id.blob])
    }

    /// The number of a batch; nil where it has no row (an interval that is not sealed has none).
    func leaderBatch(_ scope: BatchScope, _ task: TaskKey) throws -> Int64? {
        switch scope {
        case .batch(let id): try leaderBatch(id, task)
        case .interval(let interval):
            try integer(
                "SELECT batch FROM leader_batches WHERE task = $1 AND batch_id IS NULL AND first_time = $2",
                [task, interval.start.clampedToInt64])
        }
    }

    // MARK: Open and sealed

    /// How far a leader-selected batch is. Stays true for as long as the task is locked.
    func batchStage(batch: Int64) throws -> BatchStage {
        let row = try first("SELECT state FROM leader_batches WHERE batch = $1", [batch])
        return BatchLife.stage(try row?.code("state", as: BatchState.self))
    }

    /// How far the batch is that contains a time (time-interval mode).
    func batchStage(time: Int64, _ task: TaskKey) throws -> BatchStage {
        BatchLife.stage(try sealedState(time..<(time == .max ? time : time + 1), task))
    }

    /// Whether a batch that contains `time` is closing or over (time-interval mode).
    func isSealed(time: Int64, _ task: TaskKey) throws -> Bool {
        try isSealed(time..<(time == .max ? time : time + 1), task)
    }

    /// Whether an interval shares a bucket with one that is closing or over.
    func overlapsSealed(_ interval: Interval, _ task: TaskKey) throws -> Bool {
        try isSealed(BucketRange(interval).refs, task)
    }

    private func isSealed(_ times: Range<Int64>, _ task: TaskKey) throws -> Bool {
        BatchLife.stage(try sealedState(times, task)) != .open
    }

    private func sealedState(_ times: Range<Int64>, _ task: TaskKey) throws -> BatchState? {
        try sealedInterval(times, task)?.state
    }

    /// The last sealed interval that has one of these times; nil where none has.
    private func sealedInterval(
        _ times: Range<Int64>, _ task: TaskKey
    ) throws -> (times: Range<Int64>, state: BatchState)? {
        let row = try first(
            """
            SELECT first_time, end_time, state FROM leader_batches
            WHERE task = $1 AND batch_id IS NULL AND first_time < $2 ORDER BY first_time DESC LIMIT 1
            """,
            [task, times.upperBound])
        guard let row, try row.integer("end_time") > times.lowerBound else { return nil }
        let start = try row.integer("first_time")
        let found = start..<max(start, try row.integer("end_time"))
        return (found, try row.code("state", as: BatchState.self))
    }

    /// The buckets of the batch that a bucket is in, where a collection is about to close it.
    func closingBuckets(of bucket: Bucket, _ task: TaskKey) throws -> BucketRange? {
        switch bucket {
        case .batch(let batch):
            let row = try first("SELECT state FROM leader_batches WHERE batch = $1", [batch])
            return try row?.code("state", as: BatchState.self) == .closing ? BucketRange(batch: batch) : nil
        case .time(let time):
            guard let sealed = try sealedInterval(time..<(time == .max ? time : time + 1), task),
                sealed.state == .closing
            else { return nil }
            return BucketRange(times: sealed.times)
        }
    }

    /// Until when the close of the batch that a bucket is in waits because the log lets words about it wait, in POSIX seconds; nil
    /// where it waits for nothing of that kind. Until then nobody has been asked to close it, and it may be open again.
    func closeWait(_ bucket: Bucket, _ task: TaskKey) throws -> UInt64? {
        guard let buckets = try closingBuckets(of: bucket, task) else { return nil }
        return try waitingWords(task, buckets).flatMap { $0 > 0 ? $0 : nil }
    }

    /// The oldest open leader-selected batch with room, as far as is committed: whoever adds to it checks again, in the
    /// statement that counts them. (The plus sign keeps a planner from the index of all open batches.)
    func openBatch(_ task: TaskKey, below maximum: UInt64) throws -> OpenBatch? {
        try first(
            """
            SELECT batch, batch_id, aggregating + accepted AS filled FROM leader_batches
            WHERE task = $1 AND has_room = 1 AND +state = \(BatchState.open.sql) AND aggregating + accepted < $2
            ORDER BY batch LIMIT 1
            """,
            [task, maximum.clampedToInt64]
        ).map { row in
            OpenBatch(
                number: try row.integer("batch"), id: try row.id("batch_id", as: BatchID.self),
                filled: try row.unsigned("filled"))
        }
    }

    /// A new open leader-selected batch.
    func makeBatch(_ task: TaskKey) throws -> OpenBatch {
        let id = BatchID.random()
        let number = try insert(
            """
            INSERT INTO leader_batches (task, batch_id, state, has_room)
            VALUES ($1, $2, \(BatchState.open.sql), 1) RETURNING batch
            """, [task, id.blob])
        return OpenBatch(number: number, id: id, filled: 0)
    }

    // MARK: Numbers of reports

    /// How many reports of a batch are accepted, and how many are on the way to it.
    func leaderCounts(_ task: TaskKey, _ buckets: BucketRange) throws -> BatchCounts {
        let row =
            if buckets.kind == Bucket.batch(0).kind {
                try first(
                    "SELECT aggregating AS unfinished, accepted FROM leader_batches WHERE batch = $1",
                    [buckets.refs.lowerBound])
            } else {
                try first(
                    """
                    SELECT CAST(COALESCE(SUM(received + aggregating), 0) AS BIGINT) AS unfinished,
                        CAST(COALESCE(SUM(accepted), 0) AS BIGINT) AS accepted
                    FROM leader_buckets WHERE task = $1 AND time >= $2 AND time < $3
                    """,
                    [task, buckets.refs.lowerBound, buckets.refs.upperBound])
            }
        guard let row else { throw DatastoreError.corrupt("a batch has no row") }
        return BatchCounts(unfinished: try row.unsigned("unfinished"), accepted: try row.unsigned("accepted"))
    }

    // MARK: Fate

    /// Carries out what the life says of a batch that has a row.
    ///
    /// - Precondition: the task is locked exclusively.
    func change(batch: Int64, _ event: BatchEvent) throws {
        guard let row = try first("SELECT state, first_time FROM leader_batches WHERE batch = $1", [batch]) else {
            throw DatastoreError.corrupt("a sealed batch has no row")
        }
        let state = try row.code("state", as: BatchState.self)
        switch BatchLife.after(state, isInterval: try row.optionalInteger("first_time") != nil, event) {
        case .move(let end):
            try execute(
                "UPDATE leader_batches SET state = \(end.sql), has_room = $2 WHERE batch = $1",
                [batch, end == .open ? 1 : 0])
        case .forget: try execute("DELETE FROM leader_batches WHERE batch = $1", [batch])
        case .refuse: throw DatastoreError.conflict("batch \(batch) is \(state), and not in the state for this")
        }
    }

    func change(_ scope: BatchScope, _ task: TaskKey, _ event: BatchEvent) throws {
        guard let batch = try leaderBatch(scope, task) else {
            throw DatastoreError.corrupt("a sealed batch has no row")
        }
        try change(batch: batch, event)
    }
}

/// A leader-selected batch that reports may join.
struct OpenBatch: Sendable, Equatable {
    /// In leader_batches.
    let number: Int64
    let id: BatchID
    /// Reports that are accepted or in a job.
    let filled: UInt64
}

/// Numbers of a batch's reports.
struct BatchCounts: Sendable, Equatable {
    /// Uploaded (time-interval mode) or in a job, neither accepted nor rejected yet.
    let unfinished: UInt64
    let accepted: UInt64
}
