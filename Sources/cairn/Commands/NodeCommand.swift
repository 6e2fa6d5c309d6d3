import ArgumentParser

/// `cairn node`: what the operator of an aggregator does.
struct NodeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "node", abstract: "Set up and run an aggregator node.",
        subcommands: [
            NodeRunCommand.self, NodeStatusCommand.self, NodeJobsCommand.self, NodeTaskCommand.self,
            NodeInitCommand.self, NodeRestoredCommand.self,
        ])
}
