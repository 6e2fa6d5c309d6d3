import Contributor
import Ledger
import Tasks
import TransparencyLog

/// The log of a task, and whom to believe about it.
struct TaskLog {
    let source: any TileSource
    let policy: LogPolicy

    var auditor: Auditor { Auditor(source: source, policy: policy) }
}

extension TaskFile {
    /// The audit of the task, with the policy file that `cairn task create` wrote beside the task's.
    var auditCommand: PrintedCommand {
        PrintedCommand("audit").option("--log", logURL ?? "URL").option("--policy", "\(name).policy")
    }

    /// Whom the task's parties believe about its log.
    func parsedPolicy() throws -> LogPolicy {
        guard let text = logPolicy else { throw CommandFailure("the task \(name) has no log") }
        return try LogPolicy(parsing: Array(text.utf8))
    }

    /// - Parameter place: The log's URL or folder; where the task file says, if nil.
    func publicLog(at place: String?) throws -> TaskLog {
        let policy = try parsedPolicy()
        guard let place = place ?? logURL else { throw CommandFailure("the task \(name) has no log") }
        return TaskLog(source: try LogLocation.source(place), policy: policy)
    }
}
