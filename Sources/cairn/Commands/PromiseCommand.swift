import ArgumentParser

/// `cairn promise`: what the leader signed when it took a report.
struct PromiseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "promise", abstract: "Hold the leader to its word.", subcommands: [PromiseVerifyCommand.self])
}
