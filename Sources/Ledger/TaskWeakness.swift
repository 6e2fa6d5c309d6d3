import Encodings
import Tasks
import TransparencyLog

/// What a task does not promise, although one might think so.
///
/// A valid task can still promise nothing. Whoever makes it, serves it or contributes to it is told in a sentence, and the
/// kinds that empty a promise altogether (``needsAcceptance``) are made and served only by somebody who says so.
package enum TaskWeakness: Sendable, Hashable {
    /// The log policy of a committed task has `quorum none`.
    case quorumNone
    /// The minimum batch size is 1.
    case singleReport
    /// Everybody may see sums over so few reports.
    case tinyPublicBatches(minimum: UInt64)
    /// The helper's cosignature alone makes the quorum.
    case onlyHelperWitness
    /// The quorum needs more witnesses than a leader asks for one task.
    case manyWitnesses(named: Int)
    /// It is a task of nothing but DAP.
    case plain

    /// Public batches of fewer reports are tiny. No number is safe; this one keeps the worst from being made unawares.
    package static let smallestPublicBatch: UInt64 = 10

    /// Everything that a task lacks.
    ///
    /// - Parameters:
    ///   - policy: the task's log policy; nil in uncommitted tasks.
    ///   - helper: the key under which the helper cosigns, where it is known. Otherwise the helper is who the leader asks at
    ///     the helper's URL, which is where witnesses without a URL of their own are.
    package static func all(
        of task: ValidatedTask, policy: LogPolicy?, helper: NoteVerifier? = nil
    ) -> [TaskWeakness] {
        var found: [TaskWeakness] = task.isPlain ? [.plain] : []
        if task.isCommitted, let policy {
            if policy.quorum == nil {
                found.append(.quorumNone)
            } else if policy.isQuorumMet(by: { isHelper($0, of: task.configuration, helper) }) {
                found.append(.onlyHelperWitness)
            }
            let asked = policy.asked { isHelper($0, of: task.configuration, helper) }
            if policy.quorum(of: asked) == nil { found.append(.manyWitnesses(named: policy.witnesses.count)) }
        }
        let minimum = task.configuration.minBatchSize
        if minimum == 1 { found.append(.singleReport) }
        if task.cairn?.publish == .public, minimum < smallestPublicBatch {
            found.append(.tinyPublicBatches(minimum: minimum))
        }
        return found
    }

    private static func isHelper(
        _ witness: LogPolicy.Witness, of task: TaskConfiguration, _ helper: NoteVerifier?
    ) -> Bool {
        guard let url = witness.url, witness.verifier != helper else { return true }
        let base = task.helperURL.hasSuffix("/") ? task.helperURL : task.helperURL + "/"
        return ProtocolText.same(url, task.helperURL) || ProtocolText.hasPrefix(url, base)
    }

    /// Whether a promise is empty, so that the task is made and served only where somebody accepts that.
    package var needsAcceptance: Bool {
        switch self {
        case .quorumNone, .singleReport, .tinyPublicBatches, .manyWitnesses: true
        case .onlyHelperWitness, .plain: false
        }
    }

    /// A name for scripts, which never changes.
    package var name: String {
        switch self {
        case .quorumNone: "quorum_none"
        case .singleReport: "single_report"
        case .tinyPublicBatches: "tiny_public_batches"
        case .onlyHelperWitness: "only_helper_witness"
        case .manyWitnesses: "many_witnesses"
        case .plain: "plain_dap"
        }
    }
}

extension TaskWeakness: CustomStringConvertible {
    /// A sentence for people, without its full stop.
    package var description: String {
        switch self {
        case .quorumNone:
            "its log policy demands no witness (quorum none), so the leader alone can show different logs to different "
                + "people"
        case .singleReport:
            "a batch may hold a single report (minimum batch size 1), so a result may be one person's value"
        case .tinyPublicBatches(let minimum):
            "everybody sees sums over as few as \(minimum) report\(minimum == 1 ? "" : "s"), and few reports hide each "
                + "other badly"
        case .onlyHelperWitness:
            "its log has no independent witness, so both aggregators together can show two logs, and a helper that was "
                + "restored from a backup unnoticed can reveal an input"
        case .manyWitnesses(let named):
            "its log policy names \(named) witnesses and needs more of them than a leader asks for one task "
                + "(\(LogPolicy.mostAsked)), so no checkpoint will satisfy it and nothing can be collected"
        case .plain:
            "it is a plain DAP task: nothing is logged, so there are no receipts, promises, withdrawals or credit, and "
                + "nobody can check a result; inputs stay private and invalid ones are refused, no more"
        }
    }
}

extension TaskFile {
    /// Everything that this task lacks, see ``Ledger/TaskWeakness/all(of:policy:helper:)``. A policy that cannot be read accepts
    /// no checkpoint at all, so nothing is said about it.
    package func weaknesses(helper: NoteVerifier? = nil) throws(TaskValidationError) -> [TaskWeakness] {
        let policy = logPolicy.flatMap { try? LogPolicy(parsing: Array($0.utf8)) }
        return TaskWeakness.all(of: try configuration.validated(), policy: policy, helper: helper)
    }
}
