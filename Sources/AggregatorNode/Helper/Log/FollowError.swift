import DAP
import Datastore
import Ledger
import TransparencyLog

/// Why the helper's view of the leader's log does not reach far enough.
package enum FollowError: Error, Equatable {
    /// This helper has not cosigned a checkpoint of that size; the log has to ask its witness first.
    case notCosigned(size: UInt64, needed: UInt64)
    /// What the log serves does not belong to the tree that it had cosigned.
    case unverifiable(String)
    /// The published checkpoint does not satisfy the task's policy.
    case noQuorum(String)
    /// The witnesses' clocks do not confirm the time that the leader states.
    case clocksApart(LeaderTime.Finding)
    /// The log has a word of this helper that its database does not know: it was restored from a backup.
    case forgotten(String)
    /// The log could not be fetched.
    case unreachable(String)
    case database(DatastoreError)

    /// What the leader is told. What can pass by itself is 503; what the leader has to mend is 409.
    func problem(_ task: NodeTask) -> any Error {
        switch self {
        case .notCosigned(let size, let needed):
            NodeError.http(
                409,
                "This helper has cosigned the log up to size \(size), not \(needed); ask its witness first.",
                taskID: task.id)
        case .unverifiable(let reason):
            NodeError.http(409, "The log does not verify: \(reason).", taskID: task.id)
        case .noQuorum(let reason):
            NodeError.http(
                409, "The published checkpoint does not satisfy the task's policy: \(reason).", taskID: task.id)
        case .clocksApart(let finding):
            NodeError.http(409, "The published checkpoint is not accepted: \(finding).", taskID: task.id)
        case .forgotten(let reason):
            NodeError.unavailable("This helper is stopped: \(reason).", retryAfter: 600, taskID: task.id)
        case .unreachable(let reason):
            NodeError.unavailable("The log cannot be read: \(reason).", retryAfter: 1, taskID: task.id)
        case .database(let error): error
        }
    }

    /// Whether the log contradicts itself.
    var isContradiction: Bool { if case .unverifiable = self { true } else { false } }

    /// What a failure of reading a log means.
    init(_ error: any Error) {
        self =
            switch error {
            case let error as FollowError: error
            case let error as DatastoreError: .database(error)
            case let error as LogReaderError: .unverifiable(String(describing: error))
            case let error as MerkleError: .unverifiable(String(describing: error))
            case let error as TileSourceError: .unreachable(String(describing: error))
            case let error as CheckpointError: .unverifiable(String(describing: error))
            default: .unreachable(String(describing: error))
            }
    }
}
