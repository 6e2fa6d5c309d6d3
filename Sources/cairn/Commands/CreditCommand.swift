import ArgumentParser

/// `cairn credit`: what contributions earned, proved without showing them.
struct CreditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "credit",
        abstract: "Show, prove, verify and pay credit.",
        discussion: """
            A report in a closed batch earns what its task's credit policy says: one (unit), or the inner product of its \
            input with a public vector λ. `cairn credit prove` writes a claim about the sum over some reports, for one \
            audience; whoever gets the file checks it with `cairn credit verify` and learns nothing else.
            """,
        subcommands: [
            CreditShowCommand.self, CreditProveCommand.self, CreditVerifyCommand.self, CreditTotalCommand.self,
            CreditRevealCommand.self, CreditPayoutCommand.self, CreditPaidCommand.self,
        ])
}
