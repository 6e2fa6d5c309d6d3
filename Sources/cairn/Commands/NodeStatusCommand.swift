import AggregatorNode
import ArgumentParser
import Datastore

/// `cairn node status`: how a node is. The node may be running, or not.
struct NodeStatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show how a node is: reports, jobs and why they wait, collections, the log.",
        discussion: """
            Reads the node's database, whether the node runs or not. `cairn node jobs` and `cairn node task show` say more \
            about one job or task.
            """)

    @Option(help: "The node's configuration file.") var config: String
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let configuration = try NodeConfiguration.load(path: config)
        let store = try await configuration.openDatabaseToLook(notice: Console.notice)
        let status = try await NodeStatus(configuration, store)
        if json { return try JSONOutput.print(status) }
        for line in status.lines { Console.print(line) }
    }
}
