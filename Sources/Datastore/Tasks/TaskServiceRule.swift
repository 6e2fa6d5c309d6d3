import DAP

extension Session {
    /// Refuses, in the caller's transaction, what would be taken for a task that has ended meanwhile. A task that is not
    /// stored has not ended.
    func requireService(of task: TaskKey, id: TaskID) throws {
        guard let service = try integer("SELECT service FROM tasks WHERE task = $1", [task]) else { return }
        if service != TaskService.served.rawValue { throw DatastoreError.notServed(id) }
    }

    /// Refuses what was verified with a key that the task has no more: whoever replaced it was told that nothing had been
    /// accepted under it, and may send the same reports under the new one.
    ///
    /// - Throws: `.stale`.
    func requireKey(_ key: VerifyKey, of task: TaskKey) throws {
        guard let row = try first("SELECT verify_key_id, verify_key FROM tasks WHERE task = $1", [task]) else { return }
        if try row.integer("verify_key_id") == Int64(key.id) {
            guard try row.bytes("verify_key") == key.bytes else { throw DatastoreError.stale }
            return
        }
        let isAnother = try exists(
            "SELECT 1 AS found FROM task_other_keys WHERE task = $1 AND key_id = $2 AND verify_key = $3",
            [task, Int(key.id), key.bytes.blob])
        if !isAnother { throw DatastoreError.stale }
    }
}
