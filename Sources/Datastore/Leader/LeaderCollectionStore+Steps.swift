// The steps of a collection job: which may follow which is in CollectionLife. What ends something for a batch locks its
// task alone, so that what it has counted stays what it counted.

import DAP
import Ledger
import TaskTypes

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

    package func recordProposal(size: UInt64, _ lease: CollectionLease) async throws(DatastoreError) {
        let size = try size.stored("checkpoint size")
        try await write { session in
            try session.lock(.task(lease.job.taskKey), .shared)
            try session.move(.propose, lease, "proposal_size = $3", [size])
        }
    }

    package func leaveOut(
        _ reports: [EndedReport], _ lease: CollectionLease, vdaf: any TaskVDAF
    ) async throws(DatastoreError) {
        try await write { session in
            let task = lease.job.taskKey
            try session.lock(.task(task), .exclusive)
            try session.move(.leaveOut, lease, "proposal_size = NULL, share_id = NULL")
            // The batch of a job in this state is sealed.
            try session.end(reports, task: task, vdaf: vdaf) { report, end in
                ReportLife.after(report.stage(in: .sealed), end.leftOut)
            }
        }
    }

    package func recordShareID(_ id: String?, _ lease: CollectionLease) async throws(DatastoreError) {
        try await write { session in
            try session.lock(.task(lease.job.taskKey), .shared)
            try session.move(.nameShare, lease, "share_id = $3", [id])
        }
    }

    package func recordClose(_ closeEntry: [UInt8], _ lease: CollectionLease) async throws(DatastoreError) {
        try await write { session in
            let (key, task) = (lease.job.key, lease.job.taskKey)
            try session.lock(.task(task), .exclusive)
            try session.move(.close, lease, "close_entry = $3, proposal_size = NULL", [closeEntry.blob])
            try session.queueLogEntries([QueuedEntry(word: .close, subject: key, bytes: closeEntry)], of: task)
            try session.countGeneration()
        }
    }

    package func recordHelperShare(
        _ share: [UInt8], statement: [UInt8]?, _ lease: CollectionLease
    ) async throws(DatastoreError) {
        try await write { session in
            try session.lock(.task(lease.job.taskKey), .shared)
            try session.move(.takeShare, lease, "helper_statement = $3", [statement?.blob])
            try session.keepParts(.helperShare, share, of: lease.job.key)
        }
    }

    package func publish(
        response: [UInt8], batchEntry: [UInt8]?, blobs: [NamedBlob] = [], _ lease: CollectionLease
    ) async throws(DatastoreError) {
        try await write { session in
            let (key, task) = (lease.job.key, lease.job.taskKey)
            try session.lock(.task(task), .exclusive)
            try session.move(.publish, lease)
            guard let scope = try session.collection(key).scope else {
                throw DatastoreError.conflict("collection job \(key) has no batch")
            }
            try session.deleteParts(.helperShare, of: key)
            try session.keepParts(.response, response, of: key)
            try session.keep(blobs)
            try session.clearLeaderBatch(scope, task)
            if let batchEntry {
                try session.queueLogEntries([QueuedEntry(word: .batch, subject: key, bytes: batchEntry)], of: task)
            }
            try session.countGeneration()
        }
        await tryToScrub()
    }

    package func finishCollection(_ lease: CollectionLease) async throws(DatastoreError) {
        try await write { session in
            try session.lock(.task(lease.job.taskKey), .shared)
            try session.move(.finish, lease, "lease_token = 0")
        }
    }

    package func failCollection(
        _ lease: CollectionLease, problem: CollectionProblem, batch fate: BatchFate
    ) async throws(DatastoreError) {
        try await write { session in
            let job = try session.held(lease, .exclusive)
            try session.fail(job, lease.claim, lease.job.taskKey, problem, fate)
        }
    }
}

extension Session {
    /// Changes a job under its lease, where it is in one of the states in which that may happen; refuses otherwise. The lease
    /// goes on. A step forgets what was in its way (``CollectionProgress/afterStep``).
    ///
    /// - Parameter assignments: what changes with the state; their arguments are `$3` and so on.
    fileprivate func move(
        _ move: CollectionMove, _ lease: CollectionLease, _ assignments: String = "", _ arguments: SQLArguments = []
    ) throws {
        try self.move(move, lease.claim, assignments, arguments)
    }

    private func move(
        _ move: CollectionMove, _ claim: LeaseClaim, _ assignments: String = "", _ arguments: SQLArguments = []
    ) throws {
        let all = [move.end.map { "state = \($0.sql), \(Self.stepped)" }, assignments.isEmpty ? nil : assignments]
        let changed = try execute(
            """
            UPDATE leader_collections SET \(all.compactMap(\.self).joined(separator: ", "))
            WHERE collection = $1 AND lease_token = $2 AND state IN (\(CollectionState.sql(move.starts)))
            """,
            [claim.row, claim.token] + arguments)
        guard changed != 1 else { return }
        let isHeld = try exists(
            """
            SELECT 1 FROM leader_collections
            WHERE collection = $1 AND lease_token = $2 AND state < \(CollectionState.finished.sql)
            """, [claim.row, claim.token])
        guard isHeld else { throw DatastoreError.leaseLost }
        throw DatastoreError.conflict("collection job \(claim.row) is not in the state for this step")
    }

    /// A step's part of ``CollectionProgress/afterStep``.
    private static let stepped = """
        failures = 0, refusals = 0, long_requests = 0, long_since = NULL, looks = 0, unfinished = NULL, is_asked = 0, \
        note = NULL
        """

    /// Begins a job anew that failed, because its collector asks again: whatever was in its way is forgotten.
    ///
    /// - Parameter assignments: what changes with the state; their arguments are `$2` and so on.
    func begin(
        anew move: CollectionMove, _ key: Int64, _ assignments: String, _ arguments: SQLArguments
    ) throws {
        guard let state = move.end else { return }
        let changed = try execute(
            """
            UPDATE leader_collections
            SET state = \(state.sql), \(Self.stepped), comparisons = 0, lease_token = 0, due = 0, \(assignments)
            WHERE collection = $1 AND state IN (\(CollectionState.sql(move.starts)))
            """, [key] + arguments)
        guard changed == 1 else {
            throw DatastoreError.conflict("collection job \(key) is not in the state for this step")
        }
    }

    /// Ends a job with an error.
    ///
    /// - Precondition: its task is locked exclusively.
    func fail(
        _ job: StoredCollection, _ claim: LeaseClaim, _ task: TaskKey, _ problem: CollectionProblem, _ wanted: BatchFate
    ) throws {
        let fate = CollectionLife.fate(wanted, isClosed: job.closeEntry != nil)
        try move(
            .fail, claim,
            """
            lease_token = 0, problem_type = $3, problem_detail = $4, proposal_size = NULL, share_id = NULL\
            \(fate == .closed ? "" : ", selector = NULL")
            """,
            [problem.type?.rawValue, problem.detail])
        // One that goes on behind its close asks for the share again.
        try deleteParts(.helperShare, of: job.key)
        if let scope = job.scope { try change(scope, task, .release(fate)) }
    }

    // MARK: Sealing

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
