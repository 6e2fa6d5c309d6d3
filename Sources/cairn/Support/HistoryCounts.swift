import DAP
import Wallet

/// How many reports are in which state, in words: `4,990 stored, 10 rejected`. Of thousands, that is what one reads first.
struct HistoryCounts: Equatable {
    private(set) var reports = 0
    private(set) var sent = 0
    private(set) var notTaken = 0
    private(set) var stored = 0
    private(set) var rejected = 0
    private(set) var withdrawn = 0
    /// Whose receipts are in the wallet.
    private(set) var receipts = 0

    mutating func add(_ state: ReportRecord.State, hasReceipt: Bool) {
        reports += 1
        if hasReceipt { receipts += 1 }
        switch state {
        case .sent: sent += 1
        case .notTaken: notTaken += 1
        case .stored: stored += 1
        case .rejected: rejected += 1
        case .withdrawn: withdrawn += 1
        }
    }

    /// Without the states that no report is in.
    var states: String {
        let named = [
            (stored, "stored"), (sent, "sent, not answered"), (notTaken, "not taken"), (rejected, "rejected"),
            (withdrawn, "withdrawn"),
        ]
        let text = named.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
        return text.isEmpty ? "none" : text
    }

    var summary: String {
        "\(reports) report\(reports == 1 ? "" : "s"): \(states); \(receipts) receipt\(receipts == 1 ? "" : "s")"
    }
}
