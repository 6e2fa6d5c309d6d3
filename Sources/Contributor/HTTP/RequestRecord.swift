import DAP
import Wallet

/// What the wallet says of the reports in a request that is sent until somebody answers it.
///
/// They are `sent` whenever the leader may have them. Once an attempt has brought no word, the wallet has what it takes to
/// send them again, before anything is waited for: whoever ends the program in the wait can go on later. Rows of a file
/// are made again out of the file, so nothing is kept of them.
struct RequestRecord {
    private let reports: [PreparedReport]
    private let task: TaskID
    private let wallet: ContributorWallet
    /// How often the request was sent.
    private(set) var attempts = 0
    /// Whether an attempt may have brought them to the leader.
    private var mayBeTaken: Bool
    private var areKept = false
    /// What the wallet says; nil where that is not known.
    private var state: ReportRecord.State?

    /// - Parameter isRepeated: whether the reports were sent before; otherwise the wallet has them as `sent`.
    init(_ reports: [PreparedReport], task: TaskID, wallet: ContributorWallet, isRepeated: Bool) {
        (self.reports, self.task, self.wallet) = (reports, task, wallet)
        mayBeTaken = isRepeated
        state = isRepeated ? nil : .sent
    }

    /// Another attempt begins.
    mutating func sending() throws(WalletError) {
        attempts += 1
        try save([], state: .sent)
    }

    /// The attempt brought no word about the reports.
    mutating func noWord(_ reply: UploadReply, reason: String) throws(WalletError) {
        mayBeTaken = mayBeTaken || reply == .unclear
        var shares: [WalletRecord] = []
        if !areKept {
            shares = reports.compactMap { report in
                report.keptShares.map { .shares(ReportKey(task, report.reportID), $0) }
            }
        }
        try save(shares, state: mayBeTaken ? .sent : .notTaken(reason))
        areKept = true
    }

    private mutating func save(_ more: [WalletRecord], state new: ReportRecord.State) throws(WalletError) {
        let states: [WalletRecord] =
            state == new ? [] : reports.map { .state(ReportKey(task, $0.reportID), new) }
        guard !states.isEmpty || !more.isEmpty else { return }
        try wallet.save(states + more)
        state = new
    }
}

extension PreparedReport {
    /// What the wallet keeps of an unanswered report; nil where the shares are gone.
    fileprivate var keptShares: KeptShares? {
        guard row == nil else { return nil }
        return shares?.withInputShares { inputShares in
            KeptShares(
                metadata: report.metadata, publicShare: report.publicShare, leaderShare: inputShares[0],
                helperShare: inputShares[1])
        }
    }
}
