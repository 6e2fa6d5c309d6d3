import DAP
import Ledger
import Ristretto255
import TransparencyLog

/// A report's log entry with what a claim needs of it.
package struct LoggedReport: Sendable {
    package let entry: ReportEntry
    /// The whole leaf.
    package let bytes: [UInt8]
    package let leafHash: [UInt8]

    /// - Throws: `.malformed` unless the bytes are a report entry.
    package init(bytes: [UInt8]) throws(CreditError) {
        guard let decoded = try? LedgerEntry(decoding: bytes), case .report(let entry) = decoded else {
            throw .malformed("a receipt's entry is not a report")
        }
        self.entry = entry
        self.bytes = bytes
        leafHash = MerkleTree.leafHash(bytes)
    }

    /// What a receipt is counted by: a report is one contribution, however often it may have been logged.
    package var receiptID: ReceiptID {
        ReceiptID(taskID: entry.taskID, reportID: entry.metadata.reportID)
    }

    /// C_0 and C_1 as elements.
    ///
    /// - Throws: `.refused(.report, …)`: the log holds what no honest aggregator accepts.
    func commitments() throws(CreditError) -> (leader: RistrettoPoint, helper: RistrettoPoint) {
        do {
            return (
                try CompressedPoint(entry.leaderCommitment).decompressed(),
                try CompressedPoint(entry.helperCommitment).decompressed()
            )
        } catch {
            throw .refused(.report, "report \(entry.metadata.reportID): a commitment is no group element")
        }
    }
}

/// The report that a receipt is about.
package struct ReceiptID: Hashable, Sendable {
    package let taskID: TaskID
    package let reportID: ReportID
}
