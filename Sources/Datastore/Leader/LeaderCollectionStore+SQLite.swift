import DAP
import GRDB
import Ledger

extension SQLiteDatastore {
    package func createCollection(
        task: TaskID, request: [UInt8], interval: Interval?
    ) async throws(DatastoreError) -> CollectionCreation {
        try await write { db in
            let watermark = try Int64.fetchOne(db, sql: "SELECT COALESCE(MAX(sequence), 0) FROM leader_reports") ?? 0
            let same = try Row.fetchAll(
                db, sql: "SELECT * FROM leader_collections WHERE task_id = ? AND request = ?",
                arguments: [task.blob, request.blob]
            ).map(Self.storedCollection)
            if let present = same.first(where: { !$0.isHidden }) {
                guard present.state == .failed else { return .job(present) }
                return .job(try Self.restart(present, watermark: watermark, db))
            }
            if let interval, try Self.overlapsSealed(interval, task, db),
                try Self.deletedBehindClose(task, request: request, interval, db) == nil
            {
                return .overlap
            }
            let id = Self.collectionID(task: task, request: request, generation: same.count)
            try db.execute(
                sql: """
                    INSERT INTO leader_collections (task_id, collection_id, request, state, watermark)
                    VALUES (?, ?, ?, ?, ?)
                    """,
                arguments: [task.blob, id.blob, request.blob, CollectionState.waiting.rawValue, watermark])
            return .job(try Self.fetchCollection(db.lastInsertedRowID, db))
        }
    }

    /// A failed job begins anew: behind its signed close, if it has one.
    private static func restart(
        _ job: StoredCollection, watermark: Int64, _ db: Database
    ) throws -> StoredCollection {
        let state: CollectionState = job.closeEntry == nil ? .waiting : .closed
        try db.execute(
            sql: """
                UPDATE leader_collections SET state = ?, watermark = ?, problem_type = NULL, problem_detail = NULL
                WHERE sequence = ?
                """,
            arguments: [state.rawValue, watermark, job.key])
        if state == .closed, let scope = job.scope { try setBatchState(.closing, scope, job.task, db) }
        return try fetchCollection(job.key, db)
    }

    /// The first job of a request is named by the request's hash. Every deleted job before it changes the name,
    /// because leader-selected collectors ask for one batch after the other with the same bytes.
    private static func collectionID(task: TaskID, request: [UInt8], generation: Int) -> CollectionJobID {
        guard generation > 0 else { return .derived(taskID: task, body: request) }
        var writer = ByteWriter()
        writer.opaque32(request)
        writer.write(UInt64(generation))
        return .derived(taskID: task, body: writer.bytes)
    }

    static func overlapsSealed(_ interval: Interval, _ task: TaskID, _ db: Database) throws -> Bool {
        try Bool.fetchOne(
            db,
            sql: """
                SELECT EXISTS (
                    SELECT 1 FROM leader_batches
                    WHERE task_id = ? AND batch_id IS NULL AND first_time < ? AND ? < end_time
                )
                """,
            arguments: [
                task.blob, (interval.end ?? .max).clampedToInt64, interval.start.clampedToInt64,
            ]) ?? false
    }

    package func collection(_ id: CollectionJobID, task: TaskID) async throws(DatastoreError) -> StoredCollection? {
        try await read { db in
            try Row.fetchOne(
                db, sql: "SELECT * FROM leader_collections WHERE task_id = ? AND collection_id = ? AND hidden = 0",
                arguments: [task.blob, id.blob]
            ).map(Self.storedCollection)
        }
    }

    package func collection(key: Int64) async throws(DatastoreError) -> StoredCollection? {
        try await read { db in
            try Row.fetchOne(db, sql: "SELECT * FROM leader_collections WHERE sequence = ?", arguments: [key])
                .map(Self.storedCollection)
        }
    }

    package func activeCollections() async throws(DatastoreError) -> [StoredCollection] {
        try await read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM leader_collections WHERE state < ? ORDER BY sequence",
                arguments: [CollectionState.finished.rawValue]
            ).map(Self.storedCollection)
        }
    }

    package func hideCollection(_ id: CollectionJobID, task: TaskID) async throws(DatastoreError) -> Bool {
        try await write { db in
            try db.execute(
                sql: """
                    UPDATE leader_collections SET hidden = 1
                    WHERE task_id = ? AND collection_id = ? AND hidden = 0
                    """,
                arguments: [task.blob, id.blob])
            return db.changesCount == 1
        }
    }

    static func fetchCollection(_ key: Int64, _ db: Database) throws -> StoredCollection {
        let found = try Row.fetchOne(db, sql: "SELECT * FROM leader_collections WHERE sequence = ?", arguments: [key])
        guard let found else { throw DatastoreError.conflict("collection job \(key) does not exist") }
        return try storedCollection(found)
    }

    static func storedCollection(_ row: Row) throws -> StoredCollection {
        var problem: CollectionProblem?
        if let detail: String = row["problem_detail"] {
            let type: String? = row["problem_type"]
            problem = CollectionProblem(type: type.flatMap(DAPErrorType.init(rawValue:)), detail: detail)
        }
        return StoredCollection(
            key: try row.integer("sequence"), task: try row.id("task_id", as: TaskID.self),
            id: try row.id("collection_id", as: CollectionJobID.self), request: try row.bytes("request"),
            state: try row.code("state", as: CollectionState.self), watermark: try row.integer("watermark"),
            scope: try storedScope(row), proposal: row.optionalBytes("proposal"),
            closeEntry: row.optionalBytes("close_entry"), shareID: row["share_id"],
            helperShare: row.optionalBytes("helper_share"),
            helperStatement: row.optionalBytes("helper_statement"), response: row.optionalBytes("response"),
            problem: problem, isHidden: row["hidden"] == 1)
    }

    private static func storedScope(_ row: Row) throws -> BatchScope? {
        guard let bytes = row.optionalBytes("selector") else { return nil }
        guard let selector = try? BatchSelector(decoding: bytes), let scope = BatchScope(selector) else {
            throw DatastoreError.corrupt("selector is not a batch selector")
        }
        return scope
    }
}
