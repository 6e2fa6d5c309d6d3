import Encodings
import Tasks
import TransparencyLog

/// A task says in which log it is told and under which policy file (`log_key`, `log_policy_hash`). What another log says
/// of it, or what another policy believes, is not what its parties agreed on: a policy without the independent witness,
/// say, or the log of somebody who copied the task's entry.
///
/// Nor is a checkpoint without a time of the task's leader that the witnesses confirm (`LeaderTime`): a leader that has
/// dropped what it promised must not go on and show its results under checkpoints on which it keeps silent about the time.
package enum TaskLogRule {
    /// What keeps the results that a checkpoint shows from being taken.
    ///
    /// - Parameters:
    ///   - policy: the policy by which a checkpoint was accepted.
    ///   - checkpoint: that checkpoint.
    ///   - verdict: whose signatures it found on the checkpoint.
    /// - Returns: nil where all is as the task says.
    package static func violation(
        of task: ValidatedTask, policy: LogPolicy, checkpoint: SignedCheckpoint, verdict: PolicyVerdict
    ) -> String? {
        if let foreign = otherLog(than: task, policy: policy, verdict: verdict) { return foreign }
        guard let leaderKey = task.cairn?.statementKeys?.leader else { return "the task names no statement keys" }
        let time = LeaderTime.judge(checkpoint, leaderKey: leaderKey, policy: policy)
        guard time.isConfirmed else { return "\(time)" }
        return nil
    }

    /// How the log or the policy at hand is not the task's; nil where both are. In a foreign log, absence proves nothing, so
    /// nobody is convicted from it either.
    package static func otherLog(
        than task: ValidatedTask, policy: LogPolicy, verdict: PolicyVerdict
    ) -> String? {
        if let hash = task.cairn?.logPolicyHash, hash != policy.fileHash {
            return "the task names the log policy with the SHA-256 \(Hex.encode(hash)); the one used here has "
                + Hex.encode(policy.fileHash)
        }
        guard let logKey = task.cairn?.logKey, let own = try? NoteVerifier(vkey: logKey) else {
            return "the task names no log"
        }
        let hasSigned = verdict.logs.contains { key in
            if case .valid = key.outcome { key.verifier == own } else { false }
        }
        return hasSigned ? nil : "the task names the log key \(logKey), which did not sign this log's checkpoint"
    }
}
