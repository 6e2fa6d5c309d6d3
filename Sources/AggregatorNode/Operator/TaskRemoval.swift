import Datastore
import Foundation

/// Ends a task on a node, for its operator. The node may be running.
package struct TaskRemoval: Sendable {
    private let store: NodeDatabase
    private let task: StoredTask
    private let isCommitted: Bool

    package init(store: NodeDatabase, task: StoredTask) {
        self.store = store
        self.task = task
        // A stored task that this version cannot read owes its reports all the same, and may be in a log.
        isCommitted = (try? NodeTask(task).isCommitted) ?? true
    }

    /// How a task came to its end.
    package struct Outcome: Sendable, Equatable {
        /// Whether it had ended before.
        package let already: Bool
        /// Reports that were given up.
        package let discarded: UInt64
    }

    /// - Parameters:
    ///   - discarding: Give up the reports of an uncommitted task that wait or were not collected.
    ///   - now: POSIX seconds.
    /// - Throws: ``TaskRemovalError``; `DatastoreError`.
    package func run(
        discarding: Bool, now: UInt64 = UInt64(max(0, Date().timeIntervalSince1970))
    ) async throws -> Outcome {
        if discarding, isCommitted { throw TaskRemovalError.committed }
        switch try await store.endTask(task.id, mayDiscard: discarding, at: now) {
        case .ended(let discarded): return Outcome(already: false, discarded: discarded)
        case .already: return Outcome(already: true, discarded: 0)
        case .unknown: throw TaskRemovalError.gone(task.id.base64URL)
        case .owed(let burden):
            throw TaskRemovalError.owed(task: task.name, burden, mayDiscard: !isCommitted)
        }
    }
}

/// Why a task is not ended.
package enum TaskRemovalError: Error, Sendable, Equatable {
    /// Reports of a committed task have their end in the log, and are not given up.
    case committed
    /// The database does not have it any more.
    case gone(String)
    /// Something is owed.
    case owed(task: String, TaskBurden, mayDiscard: Bool)
}

extension TaskRemovalError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .committed:
            "--discard is for uncommitted tasks: every report of a committed task has its end in the log. Collect the task, "
                + "or wait until its promises are kept, and end it then."
        case .gone(let id): "task \(id) is gone"
        case .owed(let task, let burden, let mayDiscard):
            "task \(task) is still needed: \(burden.words). Nothing was changed. Collect what is there first"
                + (mayDiscard ? ", or give it up with --discard." : ".")
        }
    }
}

extension TaskBurden {
    /// For people, in the middle of a sentence.
    package var words: String {
        var parts: [String] = []
        if waiting > 0 {
            parts.append("\(waiting) reports wait" + (promised > 0 ? ", \(promised) of them promised" : ""))
        }
        if uncollected > 0 { parts.append("\(uncollected) accepted reports are not collected") }
        if collections > 0 { parts.append("\(collections) collections are under way") }
        return parts.joined(separator: ", ")
    }
}
