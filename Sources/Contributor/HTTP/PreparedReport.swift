import DAP
import Ledger
import Secrets
import Synchronization
import TaskTypes
import Wallet

/// A report ready to be sent, and what its owner keeps.
public struct PreparedReport: Sendable {
    /// What is sent.
    package var report: Report
    /// What opens the logged commitments; nil for uncommitted tasks. Never leaves the contributor.
    package let opening: ReportOpening?
    /// Which of the values given this report carries, from 0.
    public let index: Int
    /// What it takes to encrypt the same report again; nil for reports that are sent in one form only.
    let shares: SealableShares?
    /// The row of a file that it was made of, from which it can be made again as it is; nil for other values.
    package var row: ReportRow?
    /// The report's time, in the task's unit.
    public var time: UInt64 { report.metadata.time }
    /// The report's name.
    public var reportID: ReportID { report.metadata.reportID }
    /// Bytes on the line.
    public var size: Int { report.encoded().count }

    package init(
        report: Report, opening: ReportOpening?, index: Int, shares: SealableShares? = nil, row: ReportRow? = nil
    ) {
        self.report = report
        self.opening = opening
        self.index = index
        self.shares = shares
        self.row = row
    }
}

/// The plaintext shares of one report, kept until its upload is over.
///
/// Both together are the input. They are in one place, shared by all copies of the report, and overwritten there.
package final class SealableShares: Sendable {
    private let inputShares: Mutex<[[UInt8]]>

    package convenience init(_ sharded: ShardedReport) { self.init(sharded.inputShares) }

    /// - Precondition: the leader's and the helper's.
    package init(_ inputShares: [[UInt8]]) {
        precondition(inputShares.count == 2, "DAP has two aggregators")
        self.inputShares = Mutex(inputShares)
    }

    /// - Returns: nil once they are wiped.
    func withInputShares<Result>(_ body: ([[UInt8]]) throws -> Result) rethrows -> Result? {
        try inputShares.withLock { shares in
            try shares.isEmpty ? nil : body(shares)
        }
    }

    func wipe() {
        inputShares.withLock { shares in
            for index in shares.indices { Wipe.bytes(&shares[index]) }
            shares = []
        }
    }
}

/// What became of one value at upload. It is stored by the leader here; the aggregators check it together later.
public struct UploadOutcome: Sendable, Equatable {
    /// The name of the report that the value became.
    public let reportID: ReportID
    /// Which of the values given, from 0.
    public let index: Int
    /// Nil when the leader has stored the report.
    public let error: ReportError?
    /// Why it was refused, in words; nil where it was not.
    public let reason: String?
    /// Bytes on the line.
    public let size: Int
    /// What the leader promised about it.
    public let promise: PromiseState
    /// Whether the leader says that it had a report of this id before, which is this one.
    public let wasThere: Bool
}
