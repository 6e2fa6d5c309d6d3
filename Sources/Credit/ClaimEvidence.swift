import DAP
import Ledger
import Tasks
import TransparencyLog

/// What a claim shows before its proofs are looked at: which reports of which closed batches it is about.
package struct ClaimEvidence: Sendable {
    /// A closed batch.
    package struct Batch: Sendable {
        package let task: ValidatedTask
        package let terms: CloseEntry.Terms
        /// Hash of λ, or empty.
        package let weightsDigest: [UInt8]
        /// When witnesses saw the close in the log; POSIX seconds.
        package let policyVerdict: PolicyVerdict
    }

    package let batches: [Batch]
    /// In the order of the claim's items.
    package let reports: [LoggedReport]
    package let batchOfReport: [Int]
    package let kind: CreditPolicy.Kind

    /// Checks everything but λ, signatures and proofs.
    ///
    /// - Throws: `.refused`, with the first check that failed.
    init(_ claim: CreditClaim, policy: LogPolicy, tasks: Set<TaskID>) throws(CreditError) {
        var batches: [Batch] = []
        for batch in claim.batches { batches.append(try Self.read(batch, policy: policy, tasks: tasks)) }
        let kinds = Set(batches.map { $0.task.cairn?.creditPolicy?.kind ?? CreditPolicy.Kind.none })
        guard let kind = kinds.first, kinds.count == 1 else {
            throw .refused(.task, "its tasks have different credit policies")
        }
        guard kind != .none else { throw .refused(.task, "the task gives no credit") }

        var reports: [LoggedReport] = []
        var batchOfReport: [Int] = []
        for item in claim.items {
            let number = Int(item.batch)
            guard batches.indices.contains(number) else {
                throw .malformed("a receipt names a batch that is not there")
            }
            reports.append(try Self.read(item, in: batches[number]))
            batchOfReport.append(number)
        }
        guard Set(reports.map(\.receiptID)).count == reports.count else {
            throw .refused(.report, "it has the same receipt twice")
        }
        guard Set(batchOfReport).count == batches.count else { throw .malformed("a batch has no receipt") }
        self.batches = batches
        self.reports = reports
        self.batchOfReport = batchOfReport
        self.kind = kind
    }

    private static func read(
        _ batch: CreditClaim.Batch, policy: LogPolicy, tasks: Set<TaskID>
    ) throws(CreditError) -> Batch {
        let task: ValidatedTask
        do {
            task = try TaskConfiguration(decoding: batch.configuration).validated()
        } catch {
            throw .refused(.task, "\(error)")
        }
        guard tasks.contains(task.taskID) else {
            throw .refused(.task, "it is about the task \(task.taskID.base64URL), which is not among the accepted ones")
        }
        guard task.isCommitted, let keys = task.cairn?.statementKeys else {
            throw .refused(.task, "the task has no commitments")
        }
        let proof: TlogProof
        let verdict: PolicyVerdict
        let close: CloseEntry
        do {
            proof = try TlogProof(parsing: batch.closeProof)
            guard case .close(let entry) = try LedgerEntry(decoding: proof.extra) else {
                throw CreditError.refused(.close, "the entry is not a close")
            }
            close = entry
            verdict = try proof.verify(entry: proof.extra, policy: policy)
        } catch let error as CreditError {
            throw error
        } catch {
            throw .refused(.close, "\(error)")
        }
        if let violation = TaskLogRule.violation(
            of: task, policy: policy, checkpoint: proof.checkpoint, verdict: verdict)
        {
            throw .refused(.close, violation)
        }
        guard close.terms.taskID == task.taskID else { throw .refused(.close, "the close is another task's") }
        guard close.isSigned(leaderKey: keys.leader, helperKey: keys.helper) else {
            throw .refused(.close, "the close is not signed by both aggregators")
        }
        return Batch(
            task: task, terms: close.terms, weightsDigest: batch.weightsDigest, policyVerdict: verdict)
    }

    private static func read(_ item: CreditClaim.Item, in batch: Batch) throws(CreditError) -> LoggedReport {
        let report = try LoggedReport(bytes: item.entry)
        let name = "report \(report.entry.metadata.reportID)"
        guard report.entry.taskID == batch.task.taskID, report.entry.belongs(to: batch.terms.selector) else {
            throw .refused(.report, "\(name) does not belong to the batch")
        }
        do {
            try MerkleTree.verifyInclusion(
                leafHash: report.leafHash, index: item.index, proof: item.path,
                in: TreeHead(size: batch.terms.count, root: batch.terms.root))
        } catch {
            throw .refused(.report, "\(name) is not under the close: \(error)")
        }
        return report
    }
}
