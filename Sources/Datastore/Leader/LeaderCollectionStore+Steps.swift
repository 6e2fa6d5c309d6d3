// The steps of a collection job: which may follow which is in CollectionLife. What ends something for a batch locks its
// task alone, so that what it has counted stays what it counted.

import DAP
import Ledger

extension NodeDatabase {
    package func sealBatch(
        collection key: Int64, interval: Interval?, sizes: ClosedRange<UInt64>
    ) async throws(DatastoreError) -> SealOutcome {
        try await write { session in
            let (job, task) = try session.lockedCollection(key, .exclusive)
            guard CollectionLife.after(job.state, .seal) != nil else {
                throw DatastoreError.conflict("collection job \(key) has its batch already")
            }
            if let unfinished = try session.unfinished(task, upTo: job.watermark, interval) {
                return .notReady(unfinished)
            }
            return try interval.map { try session.seal(job, task, $0, sizes) }
                ?? session.sealOldest(job, task, sizes)
        }
    }

    package func recordProposal(size: UInt64, collection key: Int64) async throws(DatastoreError) {
        let size = try size.stored("checkpoint size")
        try await write { session in
            _ = try session.lockedCollection(key, .shared)
            try session.move(.propose, key, "proposal_size = $2", [size])
        }
    }

    package func leaveOut(
        _ reports: [EndedReport], collection key: Int64, vdaf: any TaskVDAF
    ) async throws(DatastoreError) {
        try await write { session in
            let (_, task) = try session.lockedCollection(key, .exclusive)
            try session.move(.leaveOut, key, "proposal_size = NULL, share_id = NULL", [])
            // The batch of a job in this state is sealed.
            try session.end(reports, task: task, vdaf: vdaf) { report, end in
                ReportLife.after(report.stage(in: .sealed), end.leftOut)
            }
        }
    }

    package func recordShareID(_ id: String?, collection key: Int64) async throws(DatastoreError) {
        try await write { session in
            _ = try session.lockedCollection(key, .shared)
            try session.move(.nameShare, key, "share_id = $2", [id])
        }
    }

    package func recordClose(_ closeEntry: [UInt8], collection key: Int64) async throws(DatastoreError) {
        try await write { session in
            _ = try session.lockedCollection(key, .exclusive)
            try session.move(.close, key, "close_entry = $2, proposal_size = NULL", [closeEntry.blob])
            try session.appendLogEntries([closeEntry])
            try session.countGeneration()
        }
    }

    package func recordHelperShare(
        _ share: [UInt8], statement: [UInt8]?, collection key: Int64
    ) async throws(DatastoreError) {
        try await write { session in
            _ = try session.lockedCollection(key, .shared)
            try session.move(.takeShare, key, "helper_statement = $2", [statement?.blob])
            try session.keepParts(.helperShare, share, of: key)
        }
    }

    package func publish(
        response: [UInt8], batchEntry: [UInt8]?, collection key: Int64
    ) async throws(DatastoreError) {
        try await write { session in
            let (job, task) = try session.lockedCollection(key, .exclusive)
            guard let scope = job.scope else { throw DatastoreError.conflict("collection job \(key) has no batch") }
            try session.move(.publish, key)
            try session.deleteParts(.helperShare, of: key)
            try session.keepParts(.response, response, of: key)
            try session.clearLeaderBatch(scope, task)
            if let batchEntry { try session.appendLogEntries([batchEntry]) }
            try session.countGeneration()
        }
        await tryToScrub()
    }

    package func finishCollection(_ key: Int64) async throws(DatastoreError) {
        try await write { session in
            _ = try session.lockedCollection(key, .shared)
            try session.move(.finish, key)
        }
    }

    package func failCollection(
        _ key: Int64, problem: CollectionProblem, batch fate: BatchFate
    ) async throws(DatastoreError) {
        try await write { session in
            let (job, task) = try session.lockedCollection(key, .exclusive)
            let fate = CollectionLife.fate(fate, isClosed: job.closeEntry != nil)
            try session.move(
                .fail, key,
                """
                problem_type = $2, problem_detail = $3, proposal_size = NULL, share_id = NULL\
                \(fate == .closed ? "" : ", selector = NULL")
                """,
                [problem.type?.rawValue, problem.detail])
            // One that goes on behind its close asks for the share again.
            try session.deleteParts(.helperShare, of: key)
            if let scope = job.scope { try session.change(scope, task, .release(fate)) }
        }
    }
}

extension Session {
    /// Changes a job that is in one of the states in which that may happen; refuses otherwise.
    ///
    /// - Parameters:
    ///   - assignments: what changes with the state; their arguments are `$2` and so on.
    func move(
        _ move: CollectionMove, _ key: Int64, _ assignments: String = "", _ arguments: SQLArguments = []
    ) throws {
        let state = move.end.map { "state = \($0.sql)" }
        let all = [state, assignments.isEmpty ? nil : assignments].compactMap(\.self).joined(separator: ", ")
        let changed = try execute(
            """
            UPDATE leader_collections SET \(all) WHERE collection = $1 AND state IN (\(CollectionState.sql(move.starts)))
            """,
            [key] + arguments)
        guard changed == 1 else {
            throw DatastoreError.conflict("collection job \(key) is not in the state for this step")
        }
    }

    // MARK: Sealing

    /// How many reports of the interval (nil: of the task) are still in aggregation, if one of them was uploaded before the
    /// watermark; nil if none was.
    ///
    /// The number is the counters'; whether one is old enough is looked for among those that wait or are in a job, which
    /// have indices of their own. (A plus sign keeps a planner from taking another index for a condition, as that of the
    /// times leads to all reports of the interval; a cross join keeps SQLite from reading the jobs of all tasks.)
    fileprivate func unfinished(_ task: TaskKey, upTo watermark: Int64, _ interval: Interval?) throws -> UInt64? {
        let times = interval.map { BucketRange($0) } ?? BucketRange(Interval(start: 0, duration: .max))
        let count = try leaderCounts(task, times).unfinished
        guard count > 0 else { return nil }
        let arguments: SQLArguments = [task, watermark, times.refs.lowerBound, times.refs.upperBound]
        // Those that were put off are mostly the oldest.
        for range in ["not_before = 0 AND report <= $2", "not_before > 0 AND +report <= $2"] {
            let isWaiting = try exists(
                """
                SELECT 1 FROM leader_reports
                WHERE task = $1 AND state = \(ReportState.received.sql) AND \(range)
                    AND +time >= $3 AND +time < $4
                LIMIT 1
                """,
                arguments)
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

    fileprivate func seal(
        _ job: StoredCollection, _ task: TaskKey, _ interval: Interval, _ sizes: ClosedRange<UInt64>
    ) throws -> SealOutcome {
        if let closed = try adoptClosed(job, task, interval) { return .sealed(closed) }
        if try overlapsSealed(interval, task) { return .overlap }
        let refs = BucketRange(interval)
        if let misfit = sizes.misfit(try leaderCounts(task, refs).accepted) { return misfit }
        guard case .move(let state) = BatchLife.after(nil, isInterval: true, .choose) else { return .overlap }
        try execute(
            "INSERT INTO leader_batches (task, first_time, end_time, state) VALUES ($1, $2, $3, \(state.sql))",
            [task, refs.refs.lowerBound, refs.refs.upperBound])
        return try choose(.interval(interval), job)
    }

    /// The oldest batch that can be collected; one that the helper refused before only where there is no other.
    fileprivate func sealOldest(
        _ job: StoredCollection, _ task: TaskKey, _ sizes: ClosedRange<UInt64>
    ) throws -> SealOutcome {
        let states = BatchState.sql(BatchLife.choosable)
        let found = try first(
            """
            SELECT batch, batch_id FROM leader_batches
            WHERE task = $1 AND state IN (\(states)) AND accepted >= $2 ORDER BY state, batch LIMIT 1
            """,
            // An empty batch is never worth collecting, whatever the minimum.
            [task, max(sizes.lowerBound, 1).clampedToInt64])
        guard let found else {
            if let closed = try adoptClosed(job, task, nil) { return .sealed(closed) }
            let largest = try integer(
                "SELECT MAX(accepted) FROM leader_batches WHERE task = $1 AND state IN (\(states))", [task])
            return .tooFew(UInt64(clamping: largest ?? 0))
        }
        try change(batch: try found.integer("batch"), .choose)
        return try choose(.batch(try found.id("batch_id", as: BatchID.self)), job)
    }

    private func choose(_ scope: BatchScope, _ job: StoredCollection) throws -> SealOutcome {
        try move(.seal, job.key, "selector = $2", [scope.selector.encoded().blob])
        return .sealed(scope)
    }

    /// A batch that both have closed, and whose job failed and was deleted by its collector: nobody else can collect it,
    /// so the same request goes on from there. (Leader-selected: after the batches that can be chosen.)
    private func adoptClosed(
        _ job: StoredCollection, _ task: TaskKey, _ interval: Interval?
    ) throws -> BatchScope? {
        guard let closed = try deletedBehindClose(task, request: job.request, interval), let scope = closed.scope else {
            return nil
        }
        try move(
            .adopt, job.key, "selector = $2, close_entry = $3",
            [scope.selector.encoded().blob, closed.closeEntry?.blob])
        try execute(
            "UPDATE leader_collections SET selector = NULL, close_entry = NULL WHERE collection = $1", [closed.key])
        try change(scope, task, .resume)
        return scope
    }
}
