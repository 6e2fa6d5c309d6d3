import ArgumentParser

/// `cairn bench`: how fast this machine is.
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measure this machine.",
        subcommands: [
            BenchVDAFCommand.self, BenchCommitCommand.self, BenchCreditCommand.self, BenchTrainCommand.self,
            BenchNodeCommand.self,
        ])
}
