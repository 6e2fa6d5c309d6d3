import ArgumentParser

/// `cairn witness`: what somebody does who watches logs for others.
struct WitnessCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "witness", abstract: "Watch logs for others.",
        subcommands: [WitnessRunCommand.self, WitnessRestoredCommand.self])
}
