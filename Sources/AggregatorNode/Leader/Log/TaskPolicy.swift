import Encodings
import Ledger
import NodeAPI
import TransparencyLog

/// The log policy of a task that this node leads, and where the task's helper cosigns.
package struct TaskPolicy: Sendable {
    package let policy: LogPolicy
    /// The helper's base URL: tasks with the same are one peer's.
    package let peer: String
    /// The witnesses that are asked.
    package let asked: [LogPolicy.Witness]
    /// Asks witnesses of tasks with this helper, with the authorities that vouch for them.
    let outside: PeerClient?
    /// What a URL has become that was the helper's once.
    private let moved: @Sendable (String) -> String

    /// - Parameter peer: the helper's settings.
    package init(_ policy: LogPolicy, peer: PeerSettings, outside: PeerClient? = nil) {
        self.policy = policy
        self.peer = peer.url.string
        self.outside = outside
        moved = { peer.moved($0) }
        let helper = peer.url.string + API.helperWitnessPrefix
        asked = policy.asked { witness in
            guard let url = witness.url.flatMap({ BaseURL($0) }) else { return true }
            return peer.moved(url.string) == helper
        }
    }

    /// The submission prefix of the helper's witness, without a slash at its end.
    package var helperWitness: String { peer + API.helperWitnessPrefix }

    /// Where a witness is: at the URL behind its name, the helper's where there is none.
    package func prefix(of witness: LogPolicy.Witness) -> String {
        witness.url.flatMap { BaseURL($0) }.map { moved($0.string) } ?? helperWitness
    }
}

extension NodeContext {
    /// The policies of all tasks that are logged here, those that have ended included: whoever holds receipts of them still
    /// reads the log under their policies.
    func logPolicies() async throws -> [TaskPolicy] {
        try await registry.all().filter(concerns).compactMap { task in
            task.policy.map {
                let peer = peer(of: task)
                return TaskPolicy($0, peer: peer.settings, outside: peer.outside)
            }
        }
    }
}
