import DAP
import Ledger
import TransparencyLog
import Wallet

/// What came of asking for a contributor's receipts of one task, each list in the order of its history.
package struct FetchedReceipts: Sendable, Equatable {
    /// They are in the wallet now.
    package var fetched: [ReportID] = []
    /// Not in the log yet.
    package var pending: [PendingReceipt] = []
    /// Refused after their upload, with the reason.
    package var rejected: [ReportID: String] = [:]
    /// Neither the leader nor the log knows them.
    package var unknown: [ReportID] = []
    /// Why the log could not be asked about reports that the leader does not know: how many, and what went wrong.
    package var unasked: (count: Int, error: any Error)?

    package static func == (left: FetchedReceipts, right: FetchedReceipts) -> Bool {
        left.fetched == right.fetched && left.pending == right.pending && left.rejected == right.rejected
            && left.unknown == right.unknown && left.unasked?.count == right.unasked?.count
    }
}

/// A receipt that is not there yet.
package struct PendingReceipt: Sendable, Equatable {
    package let reportID: ReportID
    /// What the leader says of it.
    package let wait: ReceiptWait
    /// When to ask again, in POSIX seconds; nil where any moment may bring it.
    package let expected: UInt64?
}

extension TaskClient {
    /// The reports of the task whose receipts are not in a wallet, and may come.
    package nonisolated func missingReceipts(in contents: WalletContents) -> [ReportRecord] {
        contents.history(of: taskID).filter { record in
            guard contents.receipts[record.key] == nil else { return false }
            return record.state.isOpen || record.state == .stored
        }
    }

    /// Asks for receipts, and keeps what comes in the wallet.
    ///
    /// A leader that has ended a task answers as if it had never known it. What its log has is there all the same, and is
    /// looked for there.
    ///
    /// - Parameters:
    ///   - records: ``missingReceipts(in:)``.
    ///   - patience: How long a receipt that is not there yet is waited for.
    ///   - asked: Called after each.
    /// - Throws: `ContributorError`; what came before is kept.
    package nonisolated func fetchReceipts(
        of records: [ReportRecord], into wallet: ContributorWallet, patience: Duration, asked: () -> Void
    ) async throws -> FetchedReceipts {
        var result = FetchedReceipts()
        var strange: [ReportRecord] = []
        var facts: [WalletRecord] = []
        func keep() throws {
            if !facts.isEmpty { try wallet.save(facts) }
            facts = []
        }
        do {
            for record in records {
                let answer = try await awaitReceipt(of: record.reportID, deadline: patience)
                switch answer {
                case .available: result.fetched.append(record.reportID)
                case .pending(let wait):
                    result.pending.append(
                        PendingReceipt(
                            reportID: record.reportID, wait: wait, expected: wait.time(from: currentTime())))
                case .rejected(let reason): result.rejected[record.reportID] = reason
                case .unknown: strange.append(record)
                }
                facts += Self.facts(answer, about: record)
                // A hundred share the cost of one write to the disk.
                if facts.count >= 100 { try keep() }
                asked()
            }
        } catch {
            try keep()
            throw error
        }
        try keep()
        guard !strange.isEmpty else { return result }
        var recovered: Set<ReportID> = []
        do {
            recovered = try await recover(strange, into: wallet)
        } catch {
            result.unasked = (strange.count, error)
        }
        for id in strange.map(\.reportID) {
            if recovered.contains(id) { result.fetched.append(id) } else { result.unknown.append(id) }
        }
        return result
    }

    /// - Returns: the reports whose receipts the log has.
    private nonisolated func recover(
        _ records: [ReportRecord], into wallet: ContributorWallet
    ) async throws -> Set<ReportID> {
        let recovery = WalletRecovery(task: file, source: try file.auditor(transport: transport).source)
        _ = try recovery.add(try await recovery.find(seed: wallet.seed), to: wallet)
        let receipts = try wallet.contents().receipts
        return Set(records.filter { receipts[$0.key] != nil }.map(\.reportID))
    }

    /// What the leader's answer says about a report, for the wallet.
    package static func facts(_ answer: ReceiptAnswer, about record: ReportRecord) -> [WalletRecord] {
        switch answer {
        case .available(let text):
            // It was not answered, and it is in the log.
            (record.state.isOpen ? [.state(record.key, .stored)] : []) + [.receipt(record.key, Array(text.utf8))]
        // The leader's word. Before another report is made, the log is asked.
        case .rejected(let reason): [.state(record.key, .rejected(reason))]
        case .pending, .unknown: []
        }
    }
}
