import DAP
import GRDB

extension SQLiteDatastore {
    static func registerTaskMigrations(_ migrator: inout DatabaseMigrator) {
        migrator.registerMigration("tasks 1") { db in
            try db.execute(
                sql: """
                    CREATE TABLE tasks (
                        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
                        task_id BLOB NOT NULL UNIQUE,
                        name TEXT NOT NULL,
                        configuration BLOB NOT NULL,
                        collector_config BLOB NOT NULL,
                        policy_text BLOB,
                        verify_key BLOB NOT NULL
                    )
                    """)
        }
        // `verify_key` stays the key that a leader uses; its id and the other keys came later.
        migrator.registerMigration("tasks 2") { db in
            try db.execute(
                sql: """
                    ALTER TABLE tasks ADD COLUMN verify_key_id INTEGER NOT NULL DEFAULT 0;
                    ALTER TABLE tasks ADD COLUMN source INTEGER NOT NULL DEFAULT 0;
                    CREATE TABLE task_other_keys (
                        task_id BLOB NOT NULL REFERENCES tasks (task_id) ON DELETE CASCADE,
                        position INTEGER NOT NULL,
                        key_id INTEGER NOT NULL,
                        verify_key BLOB NOT NULL,
                        PRIMARY KEY (task_id, position)
                    ) WITHOUT ROWID;
                    """)
        }
    }
}

extension SQLiteDatastore: TaskStore {
    @discardableResult
    package func addTask(_ task: StoredTask, logEntry: [UInt8]?) async throws(DatastoreError) -> Bool {
        try await write { db in
            if let present = try Self.same(task, db) {
                try Self.adopt(present, task, db)
                return try Self.serveAgain(present, db)
            }
            try Self.insert(task, db)
            if let logEntry { try Self.appendLogEntries([logEntry], db) }
            return true
        }
    }

    package func addAnnouncedTask(
        _ task: StoredTask, limit: UInt64
    ) async throws(DatastoreError) -> AnnouncedTaskOutcome {
        try await write { db in
            // An operator who has ended a task has done so for all who announce it.
            guard try Self.same(task, db) == nil else { return .stored }
            let count = try Int64.fetchOne(
                db, sql: "SELECT COUNT(*) FROM tasks WHERE source = ?", arguments: [TaskSource.announced.rawValue])
            guard UInt64(clamping: count ?? 0) < limit else { return .full }
            try Self.insert(task, db)
            return .stored
        }
    }

    /// The same task, where it is there already.
    private static func same(_ task: StoredTask, _ db: Database) throws -> StoredTask? {
        guard let present = try fetchTask(task.id, db) else { return nil }
        // The name is a label for people, and it is one task whoever brought it: adding it again changes nothing.
        var same = task
        same.name = present.name
        same.source = present.source
        same.service = present.service
        // Nothing in an announced task names the collector: whoever announced it has chosen none.
        if present.source == .announced, task.source == .taskprov { same.collectorConfig = present.collectorConfig }
        guard same == present else {
            throw DatastoreError.conflict(
                "task \(task.id.base64URL) is stored with another configuration, collector key, policy or verification key"
            )
        }
        return present
    }

    /// An announced task becomes the operator's, who knows its name and its collector.
    private static func adopt(_ present: StoredTask, _ task: StoredTask, _ db: Database) throws {
        guard present.source == .announced, task.source == .taskprov else { return }
        try db.execute(
            sql: "UPDATE tasks SET name = ?, collector_config = ?, source = ? WHERE task_id = ?",
            arguments: [task.name, task.collectorConfig.blob, task.source.rawValue, task.id.blob])
    }

    private static func insert(_ task: StoredTask, _ db: Database) throws {
        guard let first = task.verifyKeys.first else { throw DatastoreError.conflict("a task without keys") }
        try db.execute(
            sql: """
                INSERT INTO tasks (
                    task_id, name, configuration, collector_config, policy_text, verify_key, verify_key_id, source)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                task.id.blob, task.name, task.configuration.blob, task.collectorConfig.blob, task.policyText?.blob,
                first.bytes.blob, Int64(first.id), task.source.rawValue,
            ])
        for (position, key) in task.verifyKeys.enumerated().dropFirst() {
            try db.execute(
                sql: "INSERT INTO task_other_keys (task_id, position, key_id, verify_key) VALUES (?, ?, ?, ?)",
                arguments: [task.id.blob, position, Int64(key.id), key.bytes.blob])
        }
    }

    /// - Returns: whether the task had ended.
    private static func serveAgain(_ task: StoredTask, _ db: Database) throws -> Bool {
        switch task.service {
        case .served: return false
        case .discarded:
            throw DatastoreError.conflict(
                "task \(task.id.base64URL) was ended and its reports were discarded, so it cannot be served again; "
                    + "make a new task")
        case .ended:
            try db.execute(
                sql: "UPDATE tasks SET service = ? WHERE task_id = ?",
                arguments: [TaskService.served.rawValue, task.id.blob])
            return true
        }
    }

    package func task(_ id: TaskID) async throws(DatastoreError) -> StoredTask? {
        try await read { db in try Self.fetchTask(id, db) }
    }

    package func everyTask() async throws(DatastoreError) -> [Result<StoredTask, DamagedTask>] {
        try await read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM tasks ORDER BY sequence").map { row in
                do { return .success(try Self.storedTask(row, db)) } catch DatastoreError.corrupt(let reason) {
                    return .failure(
                        DamagedTask(
                            row: try row.integer("sequence"), id: try? row.id("task_id", as: TaskID.self),
                            name: row["name"], reason: reason))
                }
            }
        }
    }

    private static func fetchTask(_ id: TaskID, _ db: Database) throws -> StoredTask? {
        try Row.fetchOne(db, sql: "SELECT * FROM tasks WHERE task_id = ?", arguments: [id.blob])
            .map { try storedTask($0, db) }
    }

    private static func storedTask(_ row: Row, _ db: Database) throws -> StoredTask {
        guard let name: String = row["name"] else { throw DatastoreError.corrupt("name is missing") }
        let id = try row.id("task_id", as: TaskID.self)
        let others = try Row.fetchAll(
            db, sql: "SELECT key_id, verify_key FROM task_other_keys WHERE task_id = ? ORDER BY position",
            arguments: [id.blob])
        return StoredTask(
            id: id, name: name, configuration: try row.bytes("configuration"),
            collectorConfig: try row.bytes("collector_config"), policyText: row.optionalBytes("policy_text"),
            verifyKeys: [VerifyKey(id: try keyID(row, "verify_key_id"), bytes: try row.bytes("verify_key"))]
                + (try others.map { VerifyKey(id: try keyID($0, "key_id"), bytes: try $0.bytes("verify_key")) }),
            source: try row.code("source", as: TaskSource.self),
            service: try row.code("service", as: TaskService.self))
    }

    private static func keyID(_ row: Row, _ column: String) throws -> UInt8 {
        guard let id = UInt8(exactly: try row.integer(column)) else {
            throw DatastoreError.corrupt("\(column) is not a key's id")
        }
        return id
    }
}
