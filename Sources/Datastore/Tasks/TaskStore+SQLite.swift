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
    }
}

extension SQLiteDatastore: TaskStore {
    @discardableResult
    package func addTask(_ task: StoredTask, logEntry: [UInt8]?) async throws(DatastoreError) -> Bool {
        try await write { db in
            if let present = try Self.fetchTask(task.id, db) {
                // The name is a label for people: adding the same task under another one changes nothing.
                var renamed = task
                renamed.name = present.name
                renamed.service = present.service
                guard renamed == present else {
                    throw DatastoreError.conflict(
                        "task \(task.id.base64URL) is stored with another collector key, policy or verification key")
                }
                return try Self.serveAgain(present, db)
            }
            try db.execute(
                sql: """
                    INSERT INTO tasks (task_id, name, configuration, collector_config, policy_text, verify_key)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    task.id.blob, task.name, task.configuration.blob, task.collectorConfig.blob,
                    task.policyText?.blob, task.verifyKey.blob,
                ])
            if let logEntry { try Self.appendLogEntries([logEntry], db) }
            return true
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

    package func tasks() async throws(DatastoreError) -> [StoredTask] {
        try await read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM tasks ORDER BY sequence").map(Self.storedTask)
        }
    }

    private static func fetchTask(_ id: TaskID, _ db: Database) throws -> StoredTask? {
        try Row.fetchOne(db, sql: "SELECT * FROM tasks WHERE task_id = ?", arguments: [id.blob]).map(storedTask)
    }

    private static func storedTask(_ row: Row) throws -> StoredTask {
        guard let name: String = row["name"] else { throw DatastoreError.corrupt("name is missing") }
        return StoredTask(
            id: try row.id("task_id", as: TaskID.self), name: name, configuration: try row.bytes("configuration"),
            collectorConfig: try row.bytes("collector_config"), policyText: row.optionalBytes("policy_text"),
            verifyKey: try row.bytes("verify_key"), service: try row.code("service", as: TaskService.self))
    }
}
