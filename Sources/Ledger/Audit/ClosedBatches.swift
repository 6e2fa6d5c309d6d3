import DAP
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
    /// Both aggregators' statements about their shares, once they are logged.
    package let statements: BatchEntry?

    /// The path from a leaf to the root of the close.
    package func path(at position: Int) throws(MerkleError) -> [[UInt8]] {
        try MerkleTree.inclusionProof(index: UInt64(position), leafHashes: leaves.map(\.hash))
    }
}

extension Auditor {
    /// The closed batches of a task. A batch whose close does not hold is left out: nothing can be claimed from it.
    package func closedBatches(of taskID: TaskID) async throws(AuditError) -> [ClosedBatch] {
        let (checkpoint, _) = try await acceptedCheckpoint()
        let reader = LogReader(source: source, head: checkpoint.checkpoint.head)
        guard let ledger = try await readLedgers(reader, wanted: taskID, progress: { _, _ in }).ledgers.first else {
            throw .unknownTask(taskID)
        }
        var batches: [ClosedBatch] = []
        for batch in ledger.closed where batch.findings.isEmpty {
            let proof: [[UInt8]]
            do {
                proof = try await reader.inclusionProof(index: batch.index)
            } catch {
                throw .logDamaged("\(error)")
            }
            batches.append(
                ClosedBatch(
                    task: ledger.task, terms: batch.terms,
                    closeProof: TlogProof(
                        extra: LedgerEntry.close(batch.close).encoded(), index: batch.index, inclusionProof: proof,
                        checkpoint: checkpoint),
                    leaves: batch.members.map {
                        let leaf = ledger.leaves[$0]
                        return ClosedBatch.Leaf(
                            reportID: leaf.reportID, index: leaf.index, hash: leaf.leafHash, claimKey: leaf.claimKey)
                    },
                    statements: batch.statements))
        }
        return batches
    }

    /// The bytes of a report's leaf, checked against its hash.
    package func entry(of leaf: ClosedBatch.Leaf, in batch: ClosedBatch) async throws(AuditError) -> [UInt8] {
        let reader = LogReader(source: source, head: batch.closeProof.checkpoint.checkpoint.head)
        do {
            for try await entry in reader.entries(leaf.index..<leaf.index + 1) where entry.leafHash == leaf.hash {
                return entry.bytes
            }
        } catch {
            throw .logDamaged("\(error)")
        }
        throw .logDamaged("entry \(leaf.index) is not the report that it was")
    }

    /// The published aggregate of a batch, from the shares that both aggregators signed.
    ///
    /// - Throws: `.shareUnavailable` where the log does not hold it (yet).
    package func aggregate(of batch: ClosedBatch) async throws(AuditError) -> AggregateValue {
        guard let statements = batch.statements, let keys = batch.task.cairn.statementKeys else {
            throw .shareUnavailable("the batch's result is not logged yet")
        }
        var shares: [[UInt8]] = []
        for (role, statement) in [(Role.leader, statements.leader), (.helper, statements.helper)] {
            guard let key = keys[role], statement.role == role, statement.isSigned(by: key),
                statement.terms == batch.terms
            else { throw .shareUnavailable("the \(role)'s statement does not hold") }
            let path = Blob.path(hash: statement.shareHash)
            guard let share = try? await source.tile(path: path), Blob.hash(share) == statement.shareHash else {
                throw .shareUnavailable("the \(role)'s share (\(path)) is missing")
            }
            shares.append(share)
        }
        do {
            return try makeTaskVDAF(batch.task.vdaf).unshard(
                leader: shares[0], helper: shares[1], count: batch.leaves.count)
        } catch {
            throw .shareUnavailable("\(error)")
        }
    }
}
