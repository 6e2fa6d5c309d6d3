import DAP
import Datastore

/// The tasks that this node serves, each derived from its stored configuration once.
///
/// The database is the truth: `cairn node task add` and `remove` write into it from another process. A running node finds a
/// new task at the first request that names it, and notices within a second that a known one was changed or ended: it
/// compares the tasks' revision, one small read, at most that often.
package actor TaskRegistry {
    private let store: any TaskStore
    private var tasks: [TaskID: NodeTask] = [:]
    private var revision: Int64?
    private var compared: ContinuousClock.Instant?

    /// How old the knowledge about tasks may be.
    package static let freshness: Duration = .seconds(1)

    package init(store: any TaskStore) {
        self.store = store
    }

    /// The task of that id, or nil when this node does not serve it.
    package func task(_ id: TaskID) async throws -> NodeTask? {
        try await known(id).flatMap { $0.isServed ? $0 : nil }
    }

    /// The task of that id, also one that has ended.
    package func known(_ id: TaskID) async throws -> NodeTask? {
        try await refresh()
        if let task = tasks[id] { return task }
        let seen = revision
        guard let stored = try await store.task(id) else { return nil }
        return try derive(stored, seen: seen)
    }

    /// All tasks, in the order in which they were added, those that have ended included: whoever holds receipts of them
    /// still reads the log under their policies.
    package func all() async throws -> [NodeTask] {
        try await refresh()
        let seen = revision
        return try await store.tasks().map { try tasks[$0.id] ?? derive($0, seen: seen) }
    }

    /// All tasks that this version can serve. One that it cannot read is no reason to give the others up.
    package func usable() async throws -> [NodeTask] {
        try await refresh()
        let seen = revision
        return try await store.readableTasks().compactMap { stored in
            if let task = tasks[stored.id] { return task }
            return try? derive(stored, seen: seen)
        }
    }

    /// Forgets what another process has changed, if the last comparison is too old.
    ///
    /// - Returns: the tasks' revision, as far as it is known.
    @discardableResult
    package func refresh() async throws -> Int64? {
        if let compared, ContinuousClock.now - compared < Self.freshness { return revision }
        let asked = ContinuousClock.now
        let current = try await store.taskRevision()
        // Others may have asked, and been answered, in the meantime.
        compared = max(asked, compared ?? asked)
        if current > revision ?? -1 {
            tasks = [:]
            revision = current
        }
        return revision
    }

    /// - Parameter seen: the revision before the row was read. If it has changed since, the row may be an old one.
    private func derive(_ stored: StoredTask, seen: Int64?) throws(StoredTaskError) -> NodeTask {
        let task = try NodeTask(stored)
        if seen == revision { tasks[stored.id] = task }
        return task
    }
}
