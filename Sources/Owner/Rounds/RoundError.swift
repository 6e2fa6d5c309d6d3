import SharedModel
import Tasks

/// Why the owner of a training run does not go on. One case per cause.
package enum RoundError: Error, Sendable, Equatable {
    /// The key is not the one that the task names as its owner's.
    case otherKey(task: String)
    /// The task is no training round.
    case noRound(task: String)
    /// The task starts from another model.
    case otherModel(task: String)
    /// The log does not prove the collected sum, so it is not applied.
    case unproved(TaskFile, reason: String)
    /// The result is no sum of updates.
    case noUpdates
    /// The updates said to be behind the sum cannot add up to it.
    case update(UpdateBoundError)
    /// The next model would be none.
    case model(ModelError)
    /// The log has another model of the round; a second one would be a fork by the owner's key.
    case fork(task: String)
    /// The log names the model that came of the round, and does not hold it.
    case lostModel(task: String)
    /// The platform's random generator failed.
    case signing
}

extension RoundError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .otherKey(let task): "the owner's key is not the one that the task '\(task)' names"
        case .noRound(let task): "the task '\(task)' is not a training round"
        case .otherModel(let task): "the task '\(task)' starts from another model. Give the model that the task names."
        case .unproved(_, let reason):
            "the collected sum is not one that the log proves, so it is not applied: \(reason)"
        case .noUpdates: "the collected result is not a sum of updates"
        case .update(let error): error.description
        case .model(let error): error.description
        case .fork(let task):
            "the round '\(task)' has another model in the log already; a second one would be a fork by your key"
        case .lostModel(let task):
            "the log names the model that came of the round '\(task)', and does not hold it. Ask the leader's operator."
        case .signing: "the entry cannot be signed: this machine gives no random numbers"
        }
    }
}
