import DAP
import Ledger
import TransparencyLog

// Whose signatures make the log of a task count.

extension TaskDraft {
    /// The author's policy, if it will do, or else the usual one.
    func policy(_ nodes: NodePair) throws(TaskDraftError) -> String {
        guard let logPolicy else { return try Self.defaultPolicy(nodes) }
        try Self.check(policy: logPolicy, nodes)
        return logPolicy
    }

    /// The leader's log, with the helper as the one witness that must have seen it.
    private static func defaultPolicy(_ nodes: NodePair) throws(TaskDraftError) -> String {
        guard let log = nodes.leader.logVkey, let witness = nodes.helper.witnessVkey else { throw .noLogKeys }
        return "log \(log)\nwitness helper \(witness)\nquorum helper\n"
    }

    /// Refuses what would keep the log of the task from ever satisfying its policy, or the nodes from taking the task.
    private static func check(policy text: String, _ nodes: NodePair) throws(TaskDraftError) {
        let policy: LogPolicy
        do throws(PolicyError) { policy = try LogPolicy(parsing: Array(text.utf8)) } catch {
            throw .policy(.notAPolicy(error))
        }
        guard policy.logs.contains(where: { $0.verifier.vkey == nodes.leader.logVkey }) else {
            throw .policy(.lacksLog(nodes.leader.logVkey ?? ""))
        }
        guard policy.witnesses.contains(where: { $0.verifier.vkey == nodes.helper.witnessVkey }) else {
            throw .policy(.lacksHelper(nodes.helper.witnessVkey ?? ""))
        }
        do throws(InsecureEndpoint) { try policy.checkTransport() } catch { throw .policy(.witnessURL(error)) }
        for witness in policy.witnesses
        where witness.verifier.vkey != nodes.helper.witnessVkey && witness.url == nil {
            throw .policy(.noURL(witness: witness.name))
        }
    }
}
