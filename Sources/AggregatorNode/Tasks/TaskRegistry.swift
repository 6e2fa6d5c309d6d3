import DAP
import Datastore

/// The tasks that this node serves, each derived from its stored configuration once.
///
/// The database is the truth: `cairn node task add` writes into it from another process, and a running node finds the
/// new task at the first request that names it.
package actor TaskRegistry {
    private let store: any TaskStore
    private var known: [TaskID: NodeTask] = [:]

    package init(store: any TaskStore) {
        self.store = store
    }

    /// The task of that id, or nil when this node has not opted into it.
    package func task(_ id: TaskID) async throws -> NodeTask? {
        if let task = known[id] { return task }
        guard let stored = try await store.task(id) else { return nil }
        return try remember(stored)
    }

    /// All tasks, in the order in which they were added.
    package func all() async throws -> [NodeTask] {
        try await store.tasks().map { try known[$0.id] ?? remember($0) }
    }

    private func remember(_ stored: StoredTask) throws(StoredTaskError) -> NodeTask {
        let task = try NodeTask(stored)
        known[stored.id] = task
        return task
    }
}
