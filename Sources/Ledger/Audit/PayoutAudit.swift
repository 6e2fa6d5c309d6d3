import DAP

/// The arithmetic of one payout. Whether claims prove the credit that its table says, who has the claims can check.
package struct PayoutAudit: Sendable {
    package enum Verdict: Sendable {
        /// Every amount is what the credit beside it gets of the pool.
        case divided(PayoutTable)
        /// The table divides the pool in another way, or is none: the owner's signature on the entry convicts it.
        case wrong(String)
        /// The table is not there: no verdict.
        case unverified(String)
    }

    package var entry: PayoutEntry
    package var verdict: Verdict
}

extension Auditor {
    /// The payouts of a task, in log order.
    package func payouts(of taskID: TaskID) async throws(AuditError) -> [PayoutAudit] {
        var audits: [PayoutAudit] = []
        for payout in try await ledger(of: taskID).ledger.payouts { audits.append(await check(payout)) }
        return audits
    }

    func check(_ payout: PayoutEntry) async -> PayoutAudit {
        let path = Blob.path(hash: payout.tableHash)
        guard let bytes = try? await source.tile(path: path), Blob.hash(bytes) == payout.tableHash else {
            return PayoutAudit(entry: payout, verdict: .unverified("the payout's table (\(path)) is missing"))
        }
        guard let table = try? PayoutTable(decoding: bytes) else {
            return PayoutAudit(entry: payout, verdict: .wrong("the owner signed a payout without a table"))
        }
        guard table.taskID == payout.taskID, table.pool == payout.pool, table.dividesItsPool else {
            return PayoutAudit(
                entry: payout,
                verdict: .wrong("the owner signed a table that does not divide its pool of \(payout.pool) by credit"))
        }
        return PayoutAudit(entry: payout, verdict: .divided(table))
    }
}
