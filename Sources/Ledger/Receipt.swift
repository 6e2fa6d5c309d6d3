import DAP
import Tasks
import TransparencyLog

/// A receipt: a C2SP `tlog-proof` whose `extra` line carries the report entry.
///
/// Any tool that reads tlog-proofs can check that the entry is in the log; what it says is in `ReportEntry`. A receipt
/// holds nothing secret: the opening of the commitments stays in the contributor's wallet.
package enum Receipt {
    package static func make(
        entry: [UInt8], index: UInt64, inclusionProof: [[UInt8]], checkpoint: SignedCheckpoint
    ) -> TlogProof {
        TlogProof(extra: entry, index: index, inclusionProof: inclusionProof, checkpoint: checkpoint)
    }

    /// The task that a receipt says it is of; nil where the file is no receipt. Nothing is checked.
    package static func taskID(of file: [UInt8]) -> TaskID? {
        guard let proof = try? TlogProof(parsing: file),
            case .report(let entry)? = try? LedgerEntry(decoding: proof.extra)
        else { return nil }
        return entry.taskID
    }

    /// Checks a receipt offline. The checks run in order and stop at the first that fails.
    ///
    /// - Parameter task: the task, where it is at hand: then the report must be its, and the leader must have stated on
    ///   the checkpoint a time that the witnesses confirm, or no promise could be judged by it.
    package static func verify(file: [UInt8], policy: LogPolicy, task: ValidatedTask? = nil) -> ReceiptReport {
        var report = ReceiptReport(checksTime: task != nil)
        let proof: TlogProof
        do {
            proof = try TlogProof(parsing: file)
            report.passed(.format)
        } catch {
            return report.failing(.format, error)
        }

        let entry: ReportEntry
        do throws(CodecError) {
            guard case .report(let decoded) = try LedgerEntry(decoding: proof.extra) else {
                return report.failing(.entry, "the proven entry is not a report")
            }
            entry = decoded
            report.entry = decoded
            report.index = proof.index
            report.passed(.entry)
        } catch {
            return report.failing(.entry, error)
        }

        do {
            report.policyVerdict = try proof.verify(entry: proof.extra, policy: policy)
            report.passed(.log)
        } catch {
            return report.failing(.log, error)
        }

        guard let claimKey = entry.verifiedClaimKey() else {
            return report.failing(.claimKey, "the claim key's signature over the commitments does not hold")
        }
        report.claimKey = claimKey
        report.passed(.claimKey)
        guard let task else { return report }

        guard entry.taskID == task.taskID, let leaderKey = task.cairn?.statementKeys?.leader else {
            return report.failing(.leaderTime, "the receipt is another task's")
        }
        let verdict = policy.evaluate(proof.checkpoint)
        if let violation = TaskLogRule.otherLog(than: task, policy: policy, verdict: verdict) {
            return report.failing(.leaderTime, violation)
        }
        let finding = LeaderTime.judge(proof.checkpoint, leaderKey: leaderKey, policy: policy)
        guard finding.isConfirmed else { return report.failing(.leaderTime, finding) }
        report.passed(.leaderTime)
        return report
    }
}

/// What checking a receipt found.
package struct ReceiptReport: Sendable {
    package enum Check: String, Sendable, CaseIterable {
        /// The file is a well-formed tlog-proof.
        case format
        /// Its entry is a report in canonical encoding.
        case entry
        /// The log's signature, the witnesses' quorum and the inclusion proof.
        case log
        /// The claim key signed task, report id and both commitments.
        case claimKey = "claim_key"
        /// Where the task is known: the leader's time on the checkpoint, which witnesses confirm.
        case leaderTime = "leader_time"
    }

    package struct Outcome: Sendable {
        package let check: Check
        /// `nil` where the check passed.
        package let failure: String?
    }

    private let checksTime: Bool
    package private(set) var outcomes: [Outcome] = []
    package fileprivate(set) var entry: ReportEntry?
    package fileprivate(set) var index: UInt64?
    package fileprivate(set) var claimKey: [UInt8]?
    package fileprivate(set) var policyVerdict: PolicyVerdict?

    fileprivate init(checksTime: Bool) {
        self.checksTime = checksTime
    }

    /// Whether every check ran and passed.
    package var isValid: Bool {
        outcomes.count == Check.allCases.count - (checksTime ? 0 : 1) && outcomes.allSatisfy { $0.failure == nil }
    }

    /// The check that failed and why.
    package var failure: (check: Check, reason: String)? {
        for outcome in outcomes {
            if let reason = outcome.failure { return (outcome.check, reason) }
        }
        return nil
    }

    fileprivate mutating func passed(_ check: Check) {
        outcomes.append(Outcome(check: check, failure: nil))
    }

    fileprivate func failing(_ check: Check, _ reason: some Any) -> ReceiptReport {
        var copy = self
        copy.outcomes.append(Outcome(check: check, failure: "\(reason)"))
        return copy
    }
}
