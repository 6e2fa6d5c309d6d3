import DAP
import Tasks
import TransparencyLog

/// Every report of a task that a log has, with what makes a receipt of it.
package struct LoggedReports: Sendable {
    package enum Standing: Sendable, Equatable {
        /// It counts, or will count once its batch is closed.
        case counts
        /// An aggregator dropped it after it was logged.
        case rejected
        /// Its contributor took it back.
        case withdrawn
    }

    package struct Leaf: Sendable {
        package let reportID: ReportID
        /// In the task's unit.
        package let time: UInt64
        package let standing: Standing
        /// Nil where the claim key's signature does not hold.
        package let claimKey: [UInt8]?
        /// Position in the log.
        let index: UInt64
        let hash: [UInt8]
    }

    package let task: ValidatedTask
    /// In log order.
    package let leaves: [Leaf]
    private let checkpoint: SignedCheckpoint
    private let reader: LogReader

    init(_ ledger: TaskLedger, checkpoint: SignedCheckpoint, reader: LogReader) {
        task = ledger.task
        leaves = ledger.leaves.map { leaf in
            Leaf(
                reportID: leaf.reportID, time: leaf.time,
                standing: leaf.isWithdrawn ? .withdrawn : leaf.isRejected ? .rejected : .counts,
                claimKey: leaf.claimKey, index: leaf.index, hash: leaf.leafHash)
        }
        self.checkpoint = checkpoint
        self.reader = reader
    }

    /// The receipt of one of them, as its leader would give it.
    package func receipt(of leaf: Leaf) async throws(AuditError) -> TlogProof {
        do {
            for try await entry in reader.entries(leaf.index..<leaf.index + 1) where entry.leafHash == leaf.hash {
                return Receipt.make(
                    entry: entry.bytes, index: leaf.index,
                    inclusionProof: try await reader.inclusionProof(index: leaf.index), checkpoint: checkpoint)
            }
        } catch {
            throw .reading(error)
        }
        throw .logDamaged("entry \(leaf.index) is not the report that it was")
    }
}

extension Auditor {
    /// The reports of a task, under the log's newest checkpoint.
    ///
    /// - Throws: also `.unknownTask`.
    package func loggedReports(of taskID: TaskID) async throws(AuditError) -> LoggedReports {
        let (ledger, checkpoint, reader) = try await ledger(of: taskID)
        return LoggedReports(ledger, checkpoint: checkpoint, reader: reader)
    }
}
