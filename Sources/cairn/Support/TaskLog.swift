import Contributor
import DAP
import Ledger
import TransparencyLog

/// The log of a task, and whom to believe about it.
struct TaskLog {
    let source: any TileSource
    let policy: LogPolicy

    var auditor: Auditor { Auditor(source: source, policy: policy) }
}

extension TaskFile {
    /// - Parameter place: The log's URL or folder; where the task file says, if nil.
    func publicLog(at place: String?) throws -> TaskLog {
        guard let text = logPolicy, let place = place ?? logURL else {
            throw CommandFailure("the task \(name) has no log")
        }
        return TaskLog(source: try LogLocation.source(place), policy: try LogPolicy(parsing: Array(text.utf8)))
    }
}
