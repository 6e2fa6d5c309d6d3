import DAP

extension Session {
    /// Refuses, in the caller's transaction, what would be taken for a task that has ended meanwhile. A task that is not
    /// stored has not ended.
    func requireService(of task: TaskKey, id: TaskID) throws {
        guard let service = try integer("SELECT service FROM tasks WHERE task = $1", [task]) else { return }
        if service != TaskService.served.rawValue { throw DatastoreError.notServed(id) }
    }
}
