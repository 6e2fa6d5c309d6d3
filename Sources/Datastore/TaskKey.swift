import DAP

/// A task's number in this database: what rows name it by, instead of 32 bytes each.
package struct TaskKey: Sendable, Hashable, SQLArgument {
    let value: Int64

    package var sqlValue: SQLValue { .integer(value) }
}

extension Session {
    /// The number of a task that the database has heard of: one that is stored, or that the leader's log names.
    func taskKey(_ id: TaskID) throws -> TaskKey? {
        try integer("SELECT task FROM task_ids WHERE task_id = $1", [id.blob]).map(TaskKey.init)
    }

    /// The task's number, which it gets now where it has none.
    func taskKeyMaking(_ id: TaskID) throws -> TaskKey {
        if let key = try taskKey(id) { return key }
        try execute("INSERT INTO task_ids (task_id) VALUES ($1) ON CONFLICT (task_id) DO NOTHING", [id.blob])
        guard let key = try taskKey(id) else { throw DatastoreError.corrupt("task_ids has no row of a task") }
        return key
    }

    /// The number of a task, locked for the transaction; nil where the database has not heard of it.
    func lockedTask(_ id: TaskID, _ mode: LockMode) throws -> TaskKey? {
        guard let key = try taskKey(id) else { return nil }
        try lock(.task(key), mode)
        return key
    }

    /// The number of a task, which it gets now where it has none, locked for the transaction.
    func lockedTaskMaking(_ id: TaskID, _ mode: LockMode) throws -> TaskKey {
        let key = try taskKeyMaking(id)
        try lock(.task(key), mode)
        return key
    }
}
