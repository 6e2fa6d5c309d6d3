import ArgumentParser
import Contributor
import Credit
import DAP
import Ledger
import TransparencyLog

/// `cairn credit paid`: what the log says was paid for a claim.
struct CreditPaidCommand: AsyncParsableCommand, Judging {
    static let configuration = CommandConfiguration(
        commandName: "paid",
        abstract: "Look up in the log what was paid for a claim.",
        discussion: """
            Exit code 0 if a payout of the task lists the claim with the credit that it proves and divides its pool as it \
            says; 1 if a payout is wrong, which its owner has signed; 2 if none lists the claim.
            """)

    struct Output: Encodable {
        struct Payment: Encodable {
            let pool: UInt64
            let unit: String
            let claims: Int
            let credit: UInt64
            let amount: UInt64
            /// Why the payout is wrong.
            let fault: String?
        }

        let payments: [Payment]
        /// Payouts that their owner divided wrongly.
        let faults: [String]
        /// Payouts whose table is not there.
        let missing: [String]
    }

    @OptionGroup var task: TaskReference
    @Argument(help: "The claim.") var file: String
    @Option(help: "The log's URL or folder; where the task file says by default.") var log: String?
    @OptionGroup var network: NetworkOptions
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let taskFile = try task.load()
        let auditor = try taskFile.publicLog(at: log).auditor
        let claim = try ClaimDesk.read(file)
        let output = Self.describe(try await auditor.payouts(of: taskFile.taskID), claim)
        if json {
            try JSONOutput.print(output)
        } else {
            for payment in output.payments {
                Console.print(
                    "paid     \(payment.amount) of \(payment.pool) \(payment.unit), for credit \(payment.credit), "
                        + "among \(payment.claims) claims")
                if let fault = payment.fault { Console.print("  WRONG  \(fault)") }
            }
            for fault in output.faults { Console.print("WRONG    \(fault)") }
            for reason in output.missing { Console.print("UNVERIFIED  \(reason)") }
            if output.payments.isEmpty { Console.print("no payout of this task lists the claim") }
        }
        if !output.faults.isEmpty || output.payments.contains(where: { $0.fault != nil }) { throw ExitStatus.no.code }
        if output.payments.isEmpty { throw ExitStatus.unknown.code }
    }

    private static func describe(_ payouts: [PayoutAudit], _ claim: CreditClaim) -> Output {
        var payments: [Output.Payment] = []
        var (faults, missing): ([String], [String]) = ([], [])
        let least = UInt64(max(0, claim.statement.bounds.lowerBound))
        for payout in payouts {
            switch payout.verdict {
            case .unverified(let reason): missing.append(reason)
            case .wrong(let reason): faults.append(reason)
            case .divided(let table):
                for row in table.rows where row.claimHash == claim.hash {
                    payments.append(
                        Output.Payment(
                            pool: payout.entry.pool, unit: String(decoding: table.unit, as: UTF8.self),
                            claims: table.rows.count, credit: row.credit, amount: row.amount,
                            fault: row.credit != least
                                ? "the claim proves a credit of \(least)"
                                : row.recipient != Array(claim.context.recipient.utf8)
                                    ? "the claim names another recipient" : nil))
                }
            }
        }
        return Output(payments: payments, faults: faults, missing: missing)
    }
}
