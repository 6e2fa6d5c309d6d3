import ArgumentParser
import Contributor
import Credit
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

            init(_ payment: ClaimPayments.Payment) {
                pool = payment.pool
                unit = payment.unit
                claims = payment.claims
                credit = payment.credit
                amount = payment.amount
                fault = payment.fault
            }
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
        let auditor = try taskFile.auditor(at: log, transport: .speaking)
        let claim = try CreditClaim(path: file)
        let found = ClaimPayments(of: claim, in: try await auditor.payouts(of: taskFile.taskID))
        if json {
            try JSONOutput.print(
                Output(
                    payments: found.payments.map(Output.Payment.init), faults: found.faults, missing: found.missing))
        } else {
            for payment in found.payments {
                Console.print(
                    "paid     \(payment.amount) of \(payment.pool) \(payment.unit), for credit \(payment.credit), "
                        + "among \(payment.claims) claims")
                if let fault = payment.fault { Console.print("  WRONG  \(fault)") }
            }
            for fault in found.faults { Console.print("WRONG    \(fault)") }
            for reason in found.missing { Console.print("UNVERIFIED  \(reason)") }
            if found.payments.isEmpty { Console.print("no payout of this task lists the claim") }
        }
        if found.isFaulty { throw ExitStatus.no.code }
        if found.payments.isEmpty { throw ExitStatus.unknown.code }
    }
}
