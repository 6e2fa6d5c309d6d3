import DAP
import TaskTypes
import Tasks
import TransparencyLog

/// A batch that both aggregators closed over exactly the leaves that the log has, with what claims need of it.
package struct ClosedBatch: Sendable {
    /// A report of the batch.
    package struct Leaf: Sendable {
        package let reportID: ReportID
        /// Position in the log.
        package let index: UInt64
        package let hash: [UInt8]
        package let claimKey: [UInt8]?
    }

    package let task: ValidatedTask
    package let terms: CloseEntry.Terms
    /// A tlog-proof whose extra is the close entry.
    package let closeProof: TlogProof
    /// In log order.
    package let leaves: [Leaf]
    /// The tree of the close.
    let tree: MerkleRows
    /// The task as the log tells it, and the batch in it.
    let ledger: TaskLedger
    let batch: TaskLedger.ClosedBatch

    /// Whether λ, which the task promised to hide until after the close, was revealed in the log before it: then credit
    /// could have been farmed, and there is none.
    package var isExposed: Bool {
        guard task.cairn?.creditPolicy?.kind == .validation, let reveal = ledger.reveal else { return false }
        return reveal.index < batch.index
    }

    /// Whether the log's `task` entry has the signature of the owner whom the task names.
    package var isSignedByOwner: Bool { ledger.isSignedByOwner }

    /// λ and its salt, as far as the log reveals which λ it is.
    package var reveal: RevealEntry? { ledger.reveal?.entry }

    /// The path from a leaf to the root of the close.
    package func path(at position: Int) throws(MerkleError) -> [[UInt8]] {
        try tree.inclusionProof(index: UInt64(position))
    }
}

extension Auditor {
    /// The closed batches of a task. A batch whose close does not hold is left out: nothing can be claimed from it.
    package func closedBatches(of taskID: TaskID) async throws(AuditError) -> [ClosedBatch] {
        let (ledger, checkpoint, reader) = try await ledger(of: taskID)
        var batches: [ClosedBatch] = []
        for batch in ledger.closed where batch.findings.isEmpty {
            let proof: [[UInt8]]
            do {
                proof = try await reader.inclusionProof(index: batch.index)
            } catch {
                throw .reading(error)
            }
            let leaves = batch.members.map { member in
                let leaf = ledger.leaves[member]
                return ClosedBatch.Leaf(
                    reportID: leaf.reportID, index: leaf.index, hash: leaf.leafHash, claimKey: leaf.claimKey)
            }
            batches.append(
                ClosedBatch(
                    task: ledger.task, terms: batch.terms,
                    closeProof: TlogProof(
                        extra: LedgerEntry.close(batch.close).encoded(), index: batch.index, inclusionProof: proof,
                        checkpoint: checkpoint),
                    leaves: leaves, tree: MerkleRows(leafHashes: leaves.map(\.hash)), ledger: ledger, batch: batch))
        }
        return batches
    }

    /// The bytes of reports' leaves, in the order given, checked against their hashes. Each bundle of the log is read once.
    package func entries(of leaves: [ClosedBatch.Leaf], in batch: ClosedBatch) async throws(AuditError) -> [[UInt8]] {
        let reader = LogReader(source: source, head: batch.closeProof.checkpoint.checkpoint.head)
        var found: [UInt64: [UInt8]] = [:]
        var rest = leaves.sorted { $0.index < $1.index }[...]
        do {
            while let first = rest.first {
                let bundle = rest.prefix { $0.index / 256 == first.index / 256 }
                rest = rest.dropFirst(bundle.count)
                let wanted = Dictionary(bundle.map { ($0.index, $0.hash) }, uniquingKeysWith: { first, _ in first })
                for try await entry in reader.entries(first.index..<(bundle.last ?? first).index + 1)
                where wanted[entry.index] == entry.leafHash {
                    found[entry.index] = entry.bytes
                }
            }
        } catch {
            throw .reading(error)
        }
        var entries: [[UInt8]] = []
        for leaf in leaves {
            guard let bytes = found[leaf.index] else {
                throw .logDamaged("entry \(leaf.index) is not the report that it was")
            }
            entries.append(bytes)
        }
        return entries
    }

    /// The published aggregate of a batch, if the audit verifies it.
    ///
    /// - Throws: `.notVerified`, also where the log does not hold the shares (yet).
    package func aggregate(of batch: ClosedBatch) async throws(AuditError) -> AggregateValue {
        switch await check(batch.batch, of: batch.ledger).verdict {
        case .verified(let value): return value
        case .failed(let findings): throw .notVerified(findings.map(\.text).joined(separator: "; "))
        case .unverified(let reasons): throw .notVerified(reasons.joined(separator: "; "))
        case .unfinished(let reason): throw .notVerified(reason)
        }
    }
}
