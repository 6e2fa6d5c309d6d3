import Contributor
import DAP
import Ledger
import Tasks

/// How a collected result stands to the log of its task.
package enum ResultStanding: Sendable, Equatable {
    /// The log proves this result and its number of reports.
    case proved(AuditedResult)
    /// The task is uncommitted: nothing is logged that could prove a result.
    case uncommitted
    /// The log cannot be read, or lacks what it takes to judge.
    case unproved(String)

    package var isProved: Bool { if case .proved = self { true } else { false } }

    /// For people, in the middle of a sentence.
    package var words: String {
        switch self {
        case .proved: "the log proves this result and its number of reports"
        case .uncommitted: "the task is uncommitted, so its result rests on both aggregators' word"
        case .unproved(let reason): reason
        }
    }
}

extension CollectionOutcome {
    /// Holds the result against the log of its task.
    ///
    /// - Throws: `ResultError.contradicted` where the log says otherwise: the result must not be used.
    package func standing(in log: OwnerLog, query: Query) async throws(ResultError) -> ResultStanding {
        let file = log.file
        guard (try? file.configuration.validated())?.isCommitted == true else { return .uncommitted }
        let auditor: Auditor
        do throws(TaskLogError) { auditor = try log.auditor } catch { return .unproved("\(error)") }
        switch await verdict(of: file.taskID, query: query, source: auditor.source, policy: auditor.policy) {
        case .audited(let result): return .proved(result)
        case .unaudited(let reason): return .unproved(reason)
        case .contradicted(let reason): throw .contradicted(reason, task: file)
        }
    }
}

/// Why a collected result is not used.
package enum ResultError: Error, Sendable, Equatable {
    /// The log of the task says otherwise.
    case contradicted(String, task: TaskFile)
    /// A file whose names and shapes the result was to get holds another number of values.
    case otherLength(file: String, found: Int, expected: Int)
    /// The model whose names and shapes the result has cannot be had.
    case model(TaskModelError)
}

extension ResultError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .contradicted(let reason, _): "the log contradicts the result, which is not used: \(reason)"
        case .otherLength(let file, let found, let expected):
            "\(file) holds \(found) values, and the task's results have \(expected)"
        case .model(let error): "the names and shapes of the result are its model's, and \(error)"
        }
    }
}
