import NodeAPI
import TransparencyLog

/// The log policy of a task that this node leads, and where the task's helper cosigns.
struct TaskPolicy: Sendable {
    let policy: LogPolicy
    /// The submission prefix of the helper's witness, without a slash at its end.
    let helperWitness: String
}

extension NodeContext {
    /// The policies of all tasks that are logged here, those that have ended included: whoever holds receipts of them still
    /// reads the log under their policies.
    func logPolicies() async throws -> [TaskPolicy] {
        try await registry.all().filter(concerns).compactMap { task in
            task.policy.map {
                TaskPolicy(policy: $0, helperWitness: client(of: task).baseURL.string + API.helperWitnessPrefix)
            }
        }
    }
}
