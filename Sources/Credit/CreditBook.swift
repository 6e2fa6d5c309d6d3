import Crypto
import DAP
import Foundation
import Ledger
import Parallel
import TaskTypes
import Tasks

/// What a contributor has in the closed batches of a task, and the λ that its credit is counted with.
///
/// Reports are found by their claim keys, which follow from the seed alone. Unit credit needs nothing else; other credit
/// needs the saved input as well.
package struct CreditBook: Sendable {
    package let task: ValidatedTask
    /// The batches with reports of ours.
    package let batches: [ClaimableBatch]

    /// Reads the log.
    ///
    /// - Parameters:
    ///   - log: The task's.
    ///   - files: Files with λ, of which one may be this task's.
    ///   - seed: The contributor's.
    ///   - openings: What the contributor saved of its reports.
    /// - Throws: ``CreditError/noCredit(_:)`` for a task without; ``LambdaError``; `AuditError` where the log cannot be read.
    package static func open(
        _ file: TaskFile, log: Auditor, files: [LambdaFile], seed: [UInt8], openings: [ReportID: ReportOpening]
    ) async throws -> CreditBook {
        let task = try file.configuration.validated()
        guard task.isCommitted, let kind = task.cairn?.creditPolicy?.kind, kind != .none else {
            throw CreditError.noCredit("the task \(file.name) gives no credit")
        }
        var lambda = LambdaFinder(files: files, log: log)

        var batches: [ClaimableBatch] = []
        // With a λ that was known before the close there is no credit.
        for batch in try await lambda.closedBatches(of: task.taskID) where !batch.isExposed {
            let own = try ownLeaves(of: batch, seed: seed)
            guard !own.isEmpty else { continue }
            let entries = try await log.entries(of: own.map { batch.leaves[$0.position] }, in: batch)
            let reports = try zip(own, entries).map { leaf, entry in
                ClaimableReport(
                    report: try LoggedReport(bytes: entry), index: UInt64(leaf.position),
                    path: try batch.path(at: leaf.position),
                    opening: openings[batch.leaves[leaf.position].reportID], claimKey: leaf.key)
            }
            let weights = try await lambda.weights(kind, task: task, terms: batch.terms)
            batches.append(
                ClaimableBatch(task: task, closeProof: batch.closeProof, weights: weights, reports: reports))
        }
        return CreditBook(task: task, batches: batches)
    }

    /// The leaves of a batch that are ours, with their positions in it.
    private static func ownLeaves(
        of batch: ClosedBatch, seed: [UInt8]
    ) throws -> [(position: Int, key: Curve25519.Signing.PrivateKey)] {
        let taskID = batch.task.taskID
        // A derivation for every leaf, whoever's it is: what takes longest where the batches are large.
        let keys = concurrentMap(
            count: batch.leaves.count, groupSize: 64, threads: ProcessInfo.processInfo.activeProcessorCount
        ) { range, slots in
            for position in range {
                let leaf = batch.leaves[position]
                let key = Result { try ClaimKey.derive(seed: seed, taskID: taskID, reportID: leaf.reportID) }
                let isOwn = (try? key.get()).map { leaf.claimKey == Array($0.publicKey.rawRepresentation) } ?? false
                (slots + position - range.lowerBound).initialize(to: isOwn ? try? key.get() : nil)
            }
        }
        return keys.enumerated().compactMap { position, key in key.map { (position, $0) } }
    }

    /// The batches with only these reports; all where none is named.
    package func selecting(_ reports: Set<ReportID>) -> [ClaimableBatch] {
        guard !reports.isEmpty else { return batches }
        return batches.compactMap { batch in
            let chosen = batch.reports.filter { reports.contains($0.report.entry.metadata.reportID) }
            guard !chosen.isEmpty else { return nil }
            return ClaimableBatch(
                task: batch.task, closeProof: batch.closeProof, weights: batch.weights, reports: chosen)
        }
    }
}
