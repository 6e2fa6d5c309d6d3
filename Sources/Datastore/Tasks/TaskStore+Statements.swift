// Adding and reading tasks; the protocol is in TaskStore.swift.

import DAP

extension NodeDatabase: TaskStore {
    @discardableResult
    package func addTask(
        _ task: StoredTask, logEntry: [UInt8]?, file: [UInt8]? = nil
    ) async throws(DatastoreError) -> Bool {
        try await write { session in
            try session.lock(.tasks, .exclusive)
            _ = try session.lockedTask(task.id, .exclusive)
            if let present = try session.same(task) {
                try session.adopt(present, as: task)
                if let file { try session.keepFile(file, of: task.id) }
                return try session.serveAgain(present)
            }
            try session.insert(task)
            if let file { try session.keepFile(file, of: task.id) }
            if let logEntry {
                let entry = QueuedEntry(word: .task, bytes: logEntry)
                try session.queueLogEntries([entry], of: session.taskKeyMaking(task.id))
            }
            try session.countTaskChange()
            return true
        }
    }

    package func addAnnouncedTask(
        _ task: StoredTask, limit: UInt64
    ) async throws(DatastoreError) -> AnnouncedTaskOutcome {
        try await write { session in
            try session.lock(.tasks, .exclusive)
            // An operator who has ended a task has done so for all who announce it.
            guard try session.same(task) == nil else { return .stored }
            // Tasks that requests announced are as few as the operator allows.
            let count = try session.integer(
                "SELECT COUNT(*) FROM tasks WHERE source = $1", [TaskSource.announced.rawValue])
            guard UInt64(clamping: count ?? 0) < limit else { return .full }
            try session.insert(task)
            try session.countTaskChange()
            return .stored
        }
    }

    package func task(_ id: TaskID) async throws(DatastoreError) -> StoredTask? {
        try await read { session in try session.storedTask(id) }
    }

    package func taskFile(_ id: TaskID) async throws(DatastoreError) -> [UInt8]? {
        try await read { session in
            try session.first(
                "SELECT f.bytes FROM task_files AS f JOIN task_ids AS i ON i.task = f.task WHERE i.task_id = $1",
                [id.blob]
            )?.bytes("bytes")
        }
    }

    /// Keeps the file of a task that is stored and has none; nothing else.
    package func keepFormerTaskFile(_ file: [UInt8], of id: TaskID) async throws(DatastoreError) {
        try await write { session in
            guard let key = try session.lockedTask(id, .shared), try session.storedTask(id) != nil else { return }
            try session.execute(
                "INSERT INTO task_files (task, bytes) VALUES ($1, $2) ON CONFLICT (task) DO NOTHING", [key, file.blob])
        }
    }

    package func everyTask() async throws(DatastoreError) -> [Result<StoredTask, DamagedTask>] {
        try await read { session in
            let others = Dictionary(
                grouping: try session.rows(
                    "SELECT task, key_id, verify_key FROM task_other_keys ORDER BY task, position"),
                by: { row in try? row.integer("task") })
            return try session.rows("\(Session.taskSelection) ORDER BY t.sequence").map { row in
                do {
                    return .success(try Session.storedTask(row, others: others[try row.integer("task")] ?? []))
                } catch DatastoreError.corrupt(let reason) {
                    return .failure(
                        DamagedTask(
                            row: try row.integer("sequence"), id: try? row.id("task_id", as: TaskID.self),
                            name: try? row.text("name"), reason: reason))
                }
            }
        }
    }

    package func taskRevision() async throws(DatastoreError) -> Int64 {
        try await read { session in
            guard let revision = try session.integer("SELECT revision FROM task_revision") else {
                throw DatastoreError.corrupt("task_revision is empty")
            }
            return revision
        }
    }
}

extension Session {
    fileprivate static let taskSelection = """
        SELECT t.*, i.task_id, (SELECT n.role FROM node_state AS n) AS node_roles
        FROM tasks AS t JOIN task_ids AS i ON i.task = t.task
        """

    /// Tells every process that something about tasks has changed. Late in the transaction: behind what it logs, before the generation.
    func countTaskChange() throws {
        try execute("UPDATE task_revision SET revision = revision + 1")
    }

    func storedTask(_ id: TaskID) throws -> StoredTask? {
        guard let row = try first("\(Self.taskSelection) WHERE i.task_id = $1", [id.blob]) else { return nil }
        let others = try rows(
            "SELECT key_id, verify_key FROM task_other_keys WHERE task = $1 ORDER BY position",
            [try row.integer("task")])
        return try Self.storedTask(row, others: others)
    }

    /// The same task, where it is there already.
    fileprivate func same(_ task: StoredTask) throws -> StoredTask? {
        guard let present = try storedTask(task.id) else { return nil }
        // The name is a label for people, and it is one task whoever brought it: adding it again changes nothing.
        var same = task
        same.name = present.name
        same.source = present.source
        same.service = present.service
        // Rows of schema 3 may not know what those who come with the task do.
        if present.role == nil || task.role == nil { same.role = present.role }
        // Nothing in an announced task names the collector: whoever announced it has chosen none.
        if present.source == .announced, task.source == .taskprov { same.collectorConfig = present.collectorConfig }
        guard same == present else {
            throw DatastoreError.conflict(
                "task \(task.id.base64URL) is stored with another configuration, role, collector key, policy or verification key"
            )
        }
        return present
    }

    fileprivate func keepFile(_ file: [UInt8], of task: TaskID) throws {
        try execute(
            """
            INSERT INTO task_files (task, bytes) VALUES ($1, $2)
            ON CONFLICT (task) DO UPDATE SET bytes = excluded.bytes
            """, [try taskKeyMaking(task), file.blob])
    }

    /// An announced task becomes the operator's, who knows its name and its collector.
    fileprivate func adopt(_ present: StoredTask, as task: StoredTask) throws {
        guard present.source == .announced, task.source == .taskprov else { return }
        try execute(
            "UPDATE tasks SET name = $1, collector_config = $2, source = $3 WHERE task = $4",
            [task.name, task.collectorConfig.blob, task.source.rawValue, try taskKeyMaking(task.id)])
        try countTaskChange()
    }

    /// The caller counts the change.
    fileprivate func insert(_ task: StoredTask) throws {
        guard let first = task.verifyKeys.first else { throw DatastoreError.conflict("a task without keys") }
        let key = try taskKeyMaking(task.id)
        try execute(
            """
            INSERT INTO tasks (
                task, sequence, name, configuration, collector_config, policy_text, verify_key, verify_key_id, source,
                service, role)
            VALUES ($1, (SELECT COALESCE(MAX(sequence), 0) + 1 FROM tasks), $2, $3, $4, $5, $6, $7, $8, $9, $10)
            """,
            [
                key, task.name, task.configuration.blob, task.collectorConfig.blob, task.policyText?.blob,
                first.bytes.blob, Int(first.id), task.source.rawValue, TaskService.served.rawValue,
                task.role?.rawValue,
            ])
        try executeMany(
            "INSERT INTO task_other_keys (task, position, key_id, verify_key) VALUES ($1, $2, $3, $4)",
            task.verifyKeys.enumerated().dropFirst().map { [key, $0, Int($1.id), $1.bytes.blob] })
    }

    /// - Returns: whether the task had ended.
    fileprivate func serveAgain(_ task: StoredTask) throws -> Bool {
        switch task.service {
        case .served: return false
        case .discarded:
            throw DatastoreError.conflict(
                "task \(task.id.base64URL) was ended and its reports were discarded, so it cannot be served again; "
                    + "make a new task")
        case .ended:
            let key = try taskKeyMaking(task.id)
            try execute("UPDATE tasks SET service = $1 WHERE task = $2", [TaskService.served.rawValue, key])
            try returnToEarlyRoom(key)
            try countTaskChange()
            return true
        }
    }

    fileprivate static func storedTask(_ row: SQLRow, others: [SQLRow]) throws -> StoredTask {
        StoredTask(
            id: try row.id("task_id", as: TaskID.self), name: try row.text("name"),
            configuration: try row.bytes("configuration"), collectorConfig: try row.bytes("collector_config"),
            policyText: try row.optionalBytes("policy_text"),
            verifyKeys: [VerifyKey(id: try keyID(row, "verify_key_id"), bytes: try row.bytes("verify_key"))]
                + (try others.map { VerifyKey(id: try keyID($0, "key_id"), bytes: try $0.bytes("verify_key")) }),
            source: try row.code("source", as: TaskSource.self),
            service: try row.code("service", as: TaskService.self), role: try role(row))
    }

    /// What the row says, else what the database was when rows did not say it yet.
    private static func role(_ row: SQLRow) throws -> NodeRole? {
        try row.optionalRole("role")
            ?? row.optionalText("node_roles").flatMap(DatabaseRoles.init(stored:))?.former
    }

    private static func keyID(_ row: SQLRow, _ column: String) throws -> UInt8 {
        guard let id = UInt8(exactly: try row.integer(column)) else {
            throw DatastoreError.corrupt("\(column) is not a key's id")
        }
        return id
    }
}
