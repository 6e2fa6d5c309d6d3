// Collection jobs as their collectors see them: created, found, deleted. The protocol is in LeaderCollectionStore.swift.

import DAP
import Ledger

extension NodeDatabase {
    package func createCollection(
        task id: TaskID, request: [UInt8], interval: Interval?
    ) async throws(DatastoreError) -> CollectionCreation {
        try await write { session in
            let task = try session.lockedTaskMaking(id, .exclusive)
            try session.requireService(of: task, id: id)
            // No upload to the task is under way: whatever was acknowledged has a number up to this one.
            let watermark = try session.integer("SELECT MAX(report) FROM leader_reports") ?? 0
            let (last, next) = try session.newest(of: CollectionNames(task: id, request: request), task)
            let overlaps = try interval.map { try session.overlapsSealed($0, task) } ?? false
            let canAdopt = try overlaps && session.deletedBehindClose(task, request: request, interval) != nil
            let step = CollectionLife.requested(
                last: last.map { ($0.state, $0.isHidden) }, overlaps: overlaps, canAdopt: canAdopt)
            switch (step, last) {
            case (.present, let last?): return .job(try session.collection(last.key))
            case (.restart, let last?): return .job(try session.restart(last, task, watermark: watermark))
            case (.overlap, _): return .overlap
            case (.make, _), (.present, nil), (.restart, nil):
                let key = try session.insert(
                    """
                    INSERT INTO leader_collections (task, collection_id, request, state, watermark)
                    VALUES ($1, $2, $3, \(CollectionState.waiting.sql), $4) RETURNING collection
                    """,
                    [task, next.blob, request.blob, watermark])
                return .job(try session.collection(key))
            }
        }
    }

    package func collection(_ id: CollectionJobID, task: TaskID) async throws(DatastoreError) -> StoredCollection? {
        try await read { session in
            guard let task = try session.taskKey(task) else { return nil }
            return try session.collection("c.task = $1 AND c.collection_id = $2 AND c.hidden = 0", [task, id.blob])
        }
    }

    package func collection(key: Int64) async throws(DatastoreError) -> StoredCollection? {
        try await read { session in try session.collection("c.collection = $1", [key]) }
    }

    package func hideCollection(_ id: CollectionJobID, task: TaskID) async throws(DatastoreError) -> Bool {
        try await write { session in
            guard let task = try session.lockedTask(task, .exclusive) else { return false }
            // One that waits looks at once whether it can be stopped.
            let changed = try session.execute(
                """
                UPDATE leader_collections SET hidden = 1, due = CASE WHEN lease_token = 0 THEN 0 ELSE due END
                WHERE task = $1 AND collection_id = $2 AND hidden = 0
                """, [task, id.blob])
            return changed == 1
        }
    }

    package func hasClosedBatch(_ task: TaskID) async throws(DatastoreError) -> Bool {
        try await read { session in
            guard let task = try session.taskKey(task) else { return false }
            return try session.exists(
                "SELECT 1 FROM leader_collections WHERE task = $1 AND close_entry IS NOT NULL LIMIT 1", [task])
        }
    }
}

extension Session {
    /// The job of a number, which must be there.
    func collection(_ key: Int64) throws -> StoredCollection {
        guard let found = try collection("c.collection = $1", [key]) else {
            throw DatastoreError.conflict("collection job \(key) does not exist")
        }
        return found
    }

    /// The job that fulfils a condition on `leader_collections AS c`.
    fileprivate func collection(_ condition: String, _ arguments: SQLArguments) throws -> StoredCollection? {
        try collections(condition, arguments).first.map(whole)
    }

    /// A job with what is large about it, in the states that need it.
    private func whole(_ job: StoredCollection) throws -> StoredCollection {
        var job = job
        switch job.state {
        case .shareReceived: job.helperShare = try joinedParts(.helperShare, job.key)
        case .finished: job.response = try joinedParts(.response, job.key)
        case .waiting, .sealed, .closed, .published, .failed: break
        }
        return job
    }

    /// Jobs that fulfil a condition on `leader_collections AS c`, without what is large about them.
    func collections(_ condition: String, _ arguments: SQLArguments) throws -> [StoredCollection] {
        try rows(
            """
            SELECT \(Self.collectionColumns)
            FROM leader_collections AS c JOIN task_ids AS t ON t.task = c.task WHERE \(condition)
            """,
            arguments
        ).map(Self.storedCollection)
    }

    /// Collections that fulfil a condition on `leader_collections AS c`, with who has them.
    func collectionOverviews(_ condition: String, _ arguments: SQLArguments) throws -> [CollectionOverview] {
        try rows(
            """
            SELECT \(Self.collectionColumns), c.lease_token, c.due - \(dialect.now) AS remaining
            FROM leader_collections AS c JOIN task_ids AS t ON t.task = c.task WHERE \(condition)
            """,
            arguments
        ).map { row in
            CollectionOverview(
                stored: try Self.storedCollection(row), isLeased: try row.integer("lease_token") != 0,
                left: try row.integer("remaining"))
        }
    }

    private static let collectionColumns = """
        c.collection, t.task_id, c.collection_id, c.request, c.hidden, c.state, c.watermark, c.selector, c.proposal_size, \
        c.close_entry, c.share_id, c.helper_statement, c.problem_type, c.problem_detail, c.failures, c.refusals, \
        c.long_requests, c.long_since, c.comparisons, c.looks, c.unfinished, c.is_asked, c.note
        """

    private static func storedCollection(_ row: SQLRow) throws -> StoredCollection {
        var problem: CollectionProblem?
        if let detail = try row.optionalText("problem_detail") {
            let type = try row.optionalText("problem_type")
            problem = CollectionProblem(type: type.flatMap(DAPErrorType.init(rawValue:)), detail: detail)
        }
        return StoredCollection(
            key: try row.integer("collection"), task: try row.id("task_id", as: TaskID.self),
            id: try row.id("collection_id", as: CollectionJobID.self), request: try row.bytes("request"),
            state: try row.code("state", as: CollectionState.self), watermark: try row.integer("watermark"),
            scope: try storedScope(row), proposalSize: try row.optionalUnsigned("proposal_size"),
            closeEntry: try row.optionalBytes("close_entry"), shareID: try row.optionalText("share_id"),
            helperStatement: try row.optionalBytes("helper_statement"), problem: problem,
            isHidden: try row.flag("hidden"), progress: try CollectionProgress(row))
    }

    private static func storedScope(_ row: SQLRow) throws -> BatchScope? {
        guard let bytes = try row.optionalBytes("selector") else { return nil }
        guard let selector = try? BatchSelector(decoding: bytes), let scope = BatchScope(selector) else {
            throw DatastoreError.corrupt("selector is not a batch selector")
        }
        return scope
    }

    /// The newest job that a request has made, and the name of the one that comes after it.
    ///
    /// A request makes another job when its collector has deleted the one before, and no row ever goes: so its names are
    /// taken without gaps, and the last one is found in a few steps, however often the same has been asked for.
    fileprivate func newest(
        of names: CollectionNames, _ task: TaskKey
    ) throws -> (job: StoredCollection?, next: CollectionJobID) {
        let count = try GapFreeCount.find { number in
            try exists(
                "SELECT 1 FROM leader_collections WHERE task = $1 AND collection_id = $2",
                [task, names.name(number).blob])
        }
        guard count > 0 else { return (nil, names.name(0)) }
        let last = try collections("c.task = $1 AND c.collection_id = $2", [task, names.name(count - 1).blob]).first
        return (last, names.name(count))
    }

    /// A failed job begins anew: behind its signed close, if it has one.
    fileprivate func restart(_ job: StoredCollection, _ task: TaskKey, watermark: Int64) throws -> StoredCollection {
        let step = CollectionLife.restart(isClosed: job.closeEntry != nil)
        try begin(anew: step, job.key, "watermark = $2, problem_type = NULL, problem_detail = NULL", [watermark])
        if step == .resume, let scope = job.scope { try change(scope, task, .resume) }
        return try collection(job.key)
    }

    /// The oldest job of the same request that failed behind its close and was deleted by its collector: nobody else can
    /// collect its batch.
    func deletedBehindClose(_ task: TaskKey, request: [UInt8], _ interval: Interval?) throws -> StoredCollection? {
        try collections(
            """
            c.task = $1 AND c.request = $2 AND c.hidden = 1 AND c.state = \(CollectionState.failed.sql)
                AND c.close_entry IS NOT NULL ORDER BY c.collection
            """,
            [task, request.blob]
        ).first { interval == nil || $0.scope == interval.map(BatchScope.interval) }
    }

    // MARK: A task that ends

    /// How many collection jobs of a task are under way.
    func activeCollectionCount(_ task: TaskKey) throws -> UInt64 {
        let found = try integer(
            """
            SELECT COUNT(*) FROM leader_collections
            WHERE task = $1 AND state < \(CollectionState.finished.sql)
            """,
            [task])
        return UInt64(clamping: found ?? 0)
    }

    /// Ends the collection jobs of a task that ends: ``CollectionMove/abandon``, for all that are active. (Their batches stay
    /// sealed: nothing is collected from them any more.)
    func failActiveCollections(_ task: TaskKey, detail: String) throws {
        try execute(
            """
            DELETE FROM collection_parts
            WHERE kind = \(CollectionPart.helperShare.rawValue) AND collection IN (
                SELECT collection FROM leader_collections
                WHERE task = $1 AND state < \(CollectionState.finished.sql)
            )
            """,
            [task])
        try execute(
            """
            UPDATE leader_collections SET state = \(CollectionState.failed.sql), lease_token = 0, problem_detail = $2
            WHERE task = $1 AND state < \(CollectionState.finished.sql)
            """,
            [task, detail])
    }
}
