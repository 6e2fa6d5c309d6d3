import DAP
import Encodings
import TransparencyLog

/// A task says in which log it is told and under which policy file (`log_key`, `log_policy_hash`). What another log says
/// of it, or what another policy believes, is not what its parties agreed on: a policy without the independent witness,
/// say, or the log of somebody who copied the task's entry.
package enum TaskLogRule {
    /// - Parameters:
    ///   - policy: the policy by which a checkpoint was accepted.
    ///   - verdict: whose signatures it found on the checkpoint.
    /// - Returns: what is not the task's own; nil where all is as the task says.
    package static func violation(of task: ValidatedTask, policy: LogPolicy, verdict: PolicyVerdict) -> String? {
        if let hash = task.cairn.logPolicyHash, hash != policy.fileHash {
            return "the task names the log policy with the SHA-256 \(Hex.encode(hash)); the one used here has "
                + Hex.encode(policy.fileHash)
        }
        guard let logKey = task.cairn.logKey, let own = try? NoteVerifier(vkey: logKey) else {
            return "the task names no log"
        }
        let hasSigned = verdict.logs.contains { key in
            if case .valid = key.outcome { key.verifier == own } else { false }
        }
        return hasSigned ? nil : "the task names the log key \(logKey), which did not sign this log's checkpoint"
    }
}
