import Ledger
import Tasks
import TransparencyLog

// The log of a task, and whom to believe about it.

extension TaskFile {
    /// Whom the task's parties believe about its log.
    package func parsedPolicy() throws(TaskLogError) -> LogPolicy {
        guard let logPolicy else { throw .noLog(task: name) }
        do throws(PolicyError) { return try LogPolicy(parsing: Array(logPolicy.utf8)) } catch { throw .policy(error) }
    }

    /// Reads the task's log, and believes it as the task's parties do.
    ///
    /// - Parameter place: The log's URL or folder; where the task file says, if nil.
    package func auditor(at place: String? = nil, transport: HTTPTransport) throws(TaskLogError) -> Auditor {
        let policy = try parsedPolicy()
        guard let text = place ?? logURL else { throw .noLog(task: name) }
        do throws(LogPlaceError) {
            return Auditor(source: try LogPlace(text).source(transport), policy: policy)
        } catch {
            throw .place(error)
        }
    }
}

/// Why the log of a task cannot be read.
package enum TaskLogError: Error, Sendable {
    /// The task has none, or its file does not say where.
    case noLog(task: String)
    /// The task file's policy is none.
    case policy(PolicyError)
    /// It is not where somebody says.
    case place(LogPlaceError)
}

extension TaskLogError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .noLog(let task): "the task \(task) has no log"
        case .policy(let error): "\(error)"
        case .place(let error): "\(error)"
        }
    }
}
