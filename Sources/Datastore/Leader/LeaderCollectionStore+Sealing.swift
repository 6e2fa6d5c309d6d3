// The first step of a collection job: which batch it gets, and whether it is time. From then on nothing more comes into the
// batch. (The other steps are in LeaderCollectionStore+Steps.)

import DAP
import Ledger

extension NodeDatabase {
    package func sealBatch(
        _ lease: CollectionLease, interval: Interval?, sizes: ClosedRange<UInt64>, at time: UInt64 = .max,
        isWhole: Bool = false
    ) async throws(DatastoreError) -> SealOutcome {
        try await write { session in
            let job = try session.held(lease, .exclusive)
            guard CollectionLife.after(job.state, .seal) != nil else {
                throw DatastoreError.conflict("collection job \(job.key) has its batch already")
            }
            let task = lease.job.taskKey
            if let unfinished = try session.unfinished(task, upTo: job.watermark, interval, at: time) {
                return .notReady(unfinished)
            }
            if let interval { return try session.seal(job, lease, interval, sizes) }
            // Looked for where it matters alone, for many may wait that came later.
            if isWhole, let end = try session.windowEnd(task, upTo: job.watermark, after: time) {
                return .window(until: end)
            }
            let outcome = try session.sealOldest(job, lease, sizes)
            guard case .tooFew = outcome, !isWhole else { return outcome }
            return try session.windowEnd(task, upTo: job.watermark, after: time).map(SealOutcome.window) ?? outcome
        }
    }
}

extension Session {
    /// How many reports of the interval (nil: of the task) are still in aggregation, if one of them was uploaded before the
    /// watermark; nil if none was.
    ///
    /// The number is the counters'; whether one is old enough is looked for among those that wait or are in a job, which
    /// have indices of their own. (A plus sign keeps a planner from taking another index for a condition, as that of the
    /// times leads to all reports of the interval; a cross join keeps SQLite from reading the jobs of all tasks.)
    fileprivate func unfinished(
        _ task: TaskKey, upTo watermark: Int64, _ interval: Interval?, at time: UInt64
    ) throws -> UInt64? {
        let times = interval.map { BucketRange($0) } ?? BucketRange(Interval(start: 0, duration: .max))
        let count = try leaderCounts(task, times).unfinished
        guard count > 0 else { return nil }
        let arguments: SQLArguments = [task, watermark, times.refs.lowerBound, times.refs.upperBound]
        // Those that were put off are mostly the oldest.
        for (range, limit) in [
            ("not_before = 0 AND turn = 0 AND report <= $2", [] as SQLArguments),
            ("not_before > 0 AND not_before <= $5 AND +report <= $2", [time.clampedToInt64]),
        ] {
            let isWaiting = try exists(
                """
                SELECT 1 FROM leader_reports
                WHERE task = $1 AND state = \(ReportState.received.sql) AND \(range)
                    AND +time >= $3 AND +time < $4
                LIMIT 1
                """,
                arguments + limit)
            if isWaiting { return count }
        }
        let isInJob = try exists(
            """
            SELECT 1 FROM leader_jobs AS j CROSS JOIN leader_reports AS r
            WHERE j.state <> \(JobState.ended.sql) AND j.task = $1 AND r.job = j.job
                AND r.state = \(ReportState.aggregating.sql) AND +r.report <= $2 AND +r.time >= $3 AND +r.time < $4 LIMIT 1
            """,
            arguments)
        return isInJob ? count : nil
    }

    /// When the first of the reports may be in a batch that were uploaded before the watermark and wait for the end of a window;
    /// nil where none does.
    fileprivate func windowEnd(_ task: TaskKey, upTo watermark: Int64, after time: UInt64) throws -> UInt64? {
        guard time < .max else { return nil }
        return try first(
            """
            SELECT not_before FROM leader_reports
            WHERE task = $1 AND state = \(ReportState.received.sql) AND not_before > $2 AND +report <= $3
            ORDER BY not_before LIMIT 1
            """, [task, time.clampedToInt64, watermark]
        )?.unsigned("not_before")
    }

    fileprivate func seal(
        _ job: StoredCollection, _ lease: CollectionLease, _ interval: Interval, _ sizes: ClosedRange<UInt64>
    ) throws -> SealOutcome {
        let task = lease.job.taskKey
        if let closed = try adoptClosed(job, lease, interval) { return .sealed(closed) }
        if try overlapsSealed(interval, task) { return .overlap }
        let refs = BucketRange(interval)
        if let misfit = sizes.misfit(try leaderCounts(task, refs).accepted) { return misfit }
        guard case .move(let state) = BatchLife.after(nil, isInterval: true, .choose) else { return .overlap }
        try execute(
            "INSERT INTO leader_batches (task, first_time, end_time, state) VALUES ($1, $2, $3, \(state.sql))",
            [task, refs.refs.lowerBound, refs.refs.upperBound])
        return try choose(.interval(interval), lease)
    }

    /// The oldest batch that can be collected; one that the helper refused before only where there is no other.
    fileprivate func sealOldest(
        _ job: StoredCollection, _ lease: CollectionLease, _ sizes: ClosedRange<UInt64>
    ) throws -> SealOutcome {
        let task = lease.job.taskKey
        let states = BatchState.sql(BatchLife.choosable)
        let found = try first(
            """
            SELECT batch, batch_id FROM leader_batches
            WHERE task = $1 AND state IN (\(states)) AND accepted >= $2 ORDER BY state, batch LIMIT 1
            """,
            // An empty batch is never worth collecting, whatever the minimum.
            [task, max(sizes.lowerBound, 1).clampedToInt64])
        guard let found else {
            if let closed = try adoptClosed(job, lease, nil) { return .sealed(closed) }
            let largest = try integer(
                "SELECT MAX(accepted) FROM leader_batches WHERE task = $1 AND state IN (\(states))", [task])
            return .tooFew(UInt64(clamping: largest ?? 0))
        }
        try change(batch: try found.integer("batch"), .choose)
        return try choose(.batch(try found.id("batch_id", as: BatchID.self)), lease)
    }

    private func choose(_ scope: BatchScope, _ lease: CollectionLease) throws -> SealOutcome {
        try move(.seal, lease, "selector = $3", [scope.selector.encoded().blob])
        return .sealed(scope)
    }

    /// A batch that both have closed, and whose job failed and was deleted by its collector: nobody else can collect it,
    /// so the same request goes on from there. (Leader-selected: after the batches that can be chosen.)
    private func adoptClosed(
        _ job: StoredCollection, _ lease: CollectionLease, _ interval: Interval?
    ) throws -> BatchScope? {
        let task = lease.job.taskKey
        guard let closed = try deletedBehindClose(task, request: job.request, interval), let scope = closed.scope else {
            return nil
        }
        try move(
            .adopt, lease, "selector = $3, close_entry = $4",
            [scope.selector.encoded().blob, closed.closeEntry?.blob])
        try execute(
            "UPDATE leader_collections SET selector = NULL, close_entry = NULL WHERE collection = $1", [closed.key])
        try change(scope, task, .resume)
        return scope
    }
}
