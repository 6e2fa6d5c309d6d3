import DAP
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

    /// Checks a receipt offline. The checks run in order and stop at the first that fails.
    package static func verify(file: [UInt8], policy: LogPolicy) -> ReceiptReport {
        var report = ReceiptReport()
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
    }

    package struct Outcome: Sendable {
        package let check: Check
        /// `nil` where the check passed.
        package let failure: String?
    }

    package private(set) var outcomes: [Outcome] = []
    package fileprivate(set) var entry: ReportEntry?
    package fileprivate(set) var index: UInt64?
    package fileprivate(set) var claimKey: [UInt8]?
    package fileprivate(set) var policyVerdict: PolicyVerdict?

    /// Whether every check ran and passed.
    package var isValid: Bool {
        outcomes.count == Check.allCases.count && outcomes.allSatisfy { $0.failure == nil }
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
