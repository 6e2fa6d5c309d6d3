import DAP
import Ledger
import TaskTypes
import TransparencyLog

/// A collected result held against the log of its task.
///
/// What the leader answers is its word alone: the number of reports is not signed, and two aggregators that lie together
/// can answer with any shares. In a committed task the log decides: the collector looks up the batch whose statements
/// name the SHA-256 of its two shares, runs the public check on it with these shares, and takes count and value from
/// there.
package enum CollectionVerdict: Sendable, Equatable {
    /// The log proves the result. Count and value are the audited ones.
    case audited(AuditedResult)
    /// The log cannot be read, or lacks what a verdict takes.
    case unaudited(String)
    /// The log says otherwise: the result must not be used.
    case contradicted(String)
}

/// The one result that the logged commitments allow.
package struct AuditedResult: Sendable, Equatable {
    package let selector: BatchSelector
    package let count: UInt64
    package let value: AggregateValue

    package init(selector: BatchSelector, count: UInt64, value: AggregateValue) {
        self.selector = selector
        self.count = count
        self.value = value
    }
}

extension CollectionOutcome {
    /// Compares this answer to `query` with the log.
    ///
    /// - Parameters:
    ///   - source: the task's log.
    ///   - policy: the task's.
    package func verdict(
        of task: TaskID, query: Query, source: any TileSource, policy: LogPolicy
    ) async -> CollectionVerdict {
        do throws(AuditError) {
            return judge(
                try await Auditor(source: source, policy: policy).collectedBatch(
                    of: task, leaderShare: leaderShare, helperShare: helperShare), query: query)
        } catch .unknownTask {
            return .contradicted("the log does not have the task")
        } catch {
            return .unaudited("\(error)")
        }
    }

    /// The rules, without the log.
    ///
    /// - Parameter batch: the batch of the log whose statements name these shares, if there is one. An honest leader
    ///   answers only when it stands under a checkpoint with the policy's quorum.
    func judge(_ batch: CollectedBatch?, query: Query) -> CollectionVerdict {
        guard let batch else {
            return .contradicted("no batch in the log has both aggregators' statements about these two shares")
        }
        let audit = batch.audit
        guard audit.selector.isConsistent(with: query) else {
            return .contradicted("the shares are those of another batch than was asked for")
        }
        switch audit.verdict {
        case .failed(let findings): return .contradicted(findings.map(\.text).joined(separator: "; "))
        case .unverified(let reasons): return .unaudited(reasons.joined(separator: "; "))
        case .unfinished(let reason): return .unaudited(reason)
        case .verified(let audited):
            guard audit.count == count else {
                return .contradicted("the leader says \(count) reports, the batch in the log has \(audit.count)")
            }
            guard batch.interval == interval else {
                return .contradicted("the leader's interval is not that of the batch's reports in the log")
            }
            guard audited == value else {
                return .contradicted("the shares add up to another value than the one that was collected")
            }
            return .audited(AuditedResult(selector: audit.selector, count: audit.count, value: audited))
        }
    }
}
