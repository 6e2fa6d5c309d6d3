import Contributor
import Credit
import Crypto
import DAP
import Ledger
import TransparencyLog
import Wallet

/// What a contributor has in the closed batches of a task, and the λ that its credit is counted with.
///
/// Reports are found by their claim keys, which follow from the seed alone. Unit credit needs nothing else; other credit
/// needs the saved input as well.
struct CreditBook {
    let task: ValidatedTask
    /// The batches with reports of ours.
    let batches: [ClaimableBatch]

    /// - Parameters:
    ///   - log: The log's URL or folder; where the task file says, if nil.
    ///   - files: Files with λ, of which one may be this task's.
    static func open(
        _ file: TaskFile, log: String?, files: [LambdaFile], wallet: ContributorWallet
    ) async throws -> CreditBook {
        let task = try file.configuration.validated()
        guard task.isCommitted, let kind = task.cairn?.creditPolicy?.kind, kind != .none else {
            throw CommandFailure("the task \(file.name) gives no credit")
        }
        let log = try file.publicLog(at: log)
        let auditor = log.auditor
        var lambda = CreditLambda(files: files, log: log)
        let seed = wallet.seed
        let records = Dictionary(
            try wallet.records(of: task.taskID).map { ($0.reportID, $0) }, uniquingKeysWith: { first, _ in first })

        var batches: [ClaimableBatch] = []
        // With a λ that was known before the close there is no credit.
        for batch in try await lambda.closedBatches(of: task.taskID) where !batch.isExposed {
            var reports: [ClaimableReport] = []
            for (position, leaf) in batch.leaves.enumerated() {
                let key = try ClaimKey.derive(seed: seed, taskID: task.taskID, reportID: leaf.reportID)
                guard leaf.claimKey == Array(key.publicKey.rawRepresentation) else { continue }
                reports.append(
                    ClaimableReport(
                        report: try LoggedReport(bytes: try await auditor.entry(of: leaf, in: batch)),
                        index: UInt64(position), path: try batch.path(at: position),
                        opening: records[leaf.reportID]?.opening, claimKey: key))
            }
            guard !reports.isEmpty else { continue }
            let weights = try await lambda.weights(kind, task: task, terms: batch.terms)
            batches.append(
                ClaimableBatch(task: task, closeProof: batch.closeProof, weights: weights, reports: reports))
        }
        return CreditBook(task: task, batches: batches)
    }

    /// The batches with only these reports; all where none is named.
    func selecting(_ reports: Set<ReportID>) -> [ClaimableBatch] {
        guard !reports.isEmpty else { return batches }
        return batches.compactMap { batch in
            let chosen = batch.reports.filter { reports.contains($0.report.entry.metadata.reportID) }
            guard !chosen.isEmpty else { return nil }
            return ClaimableBatch(
                task: batch.task, closeProof: batch.closeProof, weights: batch.weights, reports: chosen)
        }
    }
}
