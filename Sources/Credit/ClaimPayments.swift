import Ledger

/// What a log says was paid for a claim.
package struct ClaimPayments: Sendable {
    /// A row of a payout that lists the claim.
    package struct Payment: Sendable, Equatable {
        package let pool: UInt64
        package let unit: String
        /// Among how many the pool was divided.
        package let claims: Int
        package let credit: UInt64
        package let amount: UInt64
        /// Why the row is wrong, which the owner has signed.
        package let fault: String?
    }

    package private(set) var payments: [Payment] = []
    /// Payouts that their owner divided wrongly.
    package private(set) var faults: [String] = []
    /// Payouts whose table is not there.
    package private(set) var missing: [String] = []

    /// Whether a payout is wrong.
    package var isFaulty: Bool { !faults.isEmpty || payments.contains { $0.fault != nil } }

    /// - Parameter payouts: those of the claim's task, as the audit found them.
    package init(of claim: CreditClaim, in payouts: [PayoutAudit]) {
        for payout in payouts {
            switch payout.verdict {
            case .unverified(let reason): missing.append(reason)
            case .wrong(let reason): faults.append(reason)
            case .divided(let table):
                for row in table.rows where row.claimHash == claim.hash {
                    payments.append(
                        Payment(
                            pool: payout.entry.pool, unit: String(decoding: table.unit, as: UTF8.self),
                            claims: table.rows.count, credit: row.credit, amount: row.amount,
                            fault: Self.fault(row, claim)))
                }
            }
        }
    }

    private static func fault(_ row: PayoutTable.Row, _ claim: CreditClaim) -> String? {
        guard row.credit == claim.leastCredit else { return "the claim proves a credit of \(claim.leastCredit)" }
        return row.recipient == Array(claim.context.recipient.utf8) ? nil : "the claim names another recipient"
    }
}

extension CreditClaim {
    /// The least total that the claim proves; what a payout counts.
    package var leastCredit: UInt64 { UInt64(max(0, statement.bounds.lowerBound)) }
}
