import DAP
import Synchronization

/// Tasks about which somebody has said something to whoever works on them: that reports have ended, for instance. Kept until
/// they are taken; may be lost with the process.
final class TaskHints: Sendable {
    private let tasks = Mutex<Set<TaskID>>([])
    /// Raised with each.
    private let signal: WakeSignal

    init(signal: WakeSignal) { self.signal = signal }

    func add(_ task: TaskID) {
        tasks.withLock { _ = $0.insert(task) }
        signal.raise()
    }

    func take() -> Set<TaskID> {
        tasks.withLock { tasks in
            defer { tasks = [] }
            return tasks
        }
    }
}
