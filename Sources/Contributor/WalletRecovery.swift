import Crypto
import Ledger
import Tasks
import TransparencyLog
import Wallet

/// Rebuilds from the log and a seed what a contributor has lost: history and receipts, and with them unit claims.
///
/// Claim keys derive from the seed and the report's id, both of which are at hand for every leaf of the log, so a report
/// is ours if its claim key is the one that our seed gives. Inputs and blinding factors are in no log; claims about other
/// credit than unit credit stay lost without a backup. So do promises, and reports that were never logged.
public struct WalletRecovery: Sendable {
    private let task: TaskFile
    private let source: any TileSource

    /// - Parameter source: the task's log.
    public init(task: TaskFile, source: any TileSource) {
        self.task = task
        self.source = source
    }

    /// What the log has of a seed's reports.
    public struct Found: Sendable {
        let contents: WalletContents
        /// How many of the task's reports are the seed's; none if it is another seed than the reports were made with.
        public var reports: Int { contents.reports.count }
    }

    /// Adds what was found to a wallet with the seed.
    ///
    /// - Returns: How many facts the wallet did not know.
    /// - Throws: `WalletError`.
    public func add(_ found: Found, to wallet: ContributorWallet) throws -> Int {
        try wallet.merge(found.contents, from: wallet.path)
    }

    /// Looks for a seed's reports.
    ///
    /// - Throws: `AuditError` where the log cannot be believed.
    public func find(seed: [UInt8]) async throws -> Found {
        guard let text = task.logPolicy else { throw ContributorError.invalidTask("it has no log") }
        let policy = try LogPolicy(parsing: Array(text.utf8))
        let logged = try await Auditor(source: source, policy: policy).loggedReports(of: task.taskID)
        var records: [WalletRecord] = [.seed(seed)]
        for leaf in logged.leaves {
            let key = try ClaimKey.derive(seed: seed, taskID: task.taskID, reportID: leaf.reportID)
            guard leaf.claimKey == Array(key.publicKey.rawRepresentation) else { continue }
            records.append(.report(record(of: leaf)))
            // What the log shows to be out is in nobody's way.
            if leaf.standing == .rejected { records.append(.doubt(ReportKey(task.taskID, leaf.reportID), .settled)) }
            let receipt = try await logged.receipt(of: leaf).serialized()
            guard Receipt.verify(file: receipt, policy: policy).isValid else { continue }
            records.append(.receipt(ReportKey(task.taskID, leaf.reportID), receipt))
        }
        return Found(contents: try WalletContents(records))
    }

    private func record(of leaf: LoggedReports.Leaf) -> ReportRecord {
        let state: ReportRecord.State =
            switch leaf.standing {
            case .counts: .stored
            case .rejected: .rejected("dropped by an aggregator before its batch closed")
            case .withdrawn: .withdrawn
            }
        return ReportRecord(
            taskID: task.taskID, reportID: leaf.reportID, time: task.configuration.seconds(of: leaf.time) ?? 0,
            state: state, opening: nil)
    }
}
