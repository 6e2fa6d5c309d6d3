import AggregatorNode
import ArgumentParser
import DAP
import Datastore

/// `cairn node task`: which tasks a node serves.
struct NodeTaskCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "task", abstract: "Add tasks to a node.", subcommands: [NodeTaskAddCommand.self])
}

/// `cairn node task add`: the operator agrees to serve a task. The node may be running.
struct NodeTaskAddCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Serve a task.",
        discussion: "Checks that the task names this node, its peer and their keys, and that its sums cannot overflow.")

    struct Output: Encodable {
        let taskId: String
        let isNew: Bool
        /// What the task does not promise.
        let lacks: [String]
    }

    @Option(help: "The node's configuration file.") var config: String
    @Argument(help: "The task file.") var file: String
    @OptionGroup var weak: WeakPromises
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let task: TaskFile
        do {
            task = try TaskFile(json: try UserFile.read(file, limit: 1 << 20))
        } catch let error as TaskFileError {
            throw CommandFailure("\(file): \(error)")
        }
        let configuration = try NodeConfiguration.load(path: config)
        let keys = try NodeKeys.load(configuration)
        let store = try SQLiteDatastore.open(path: configuration.databasePath)
        let added = try await TaskRegistry.add(
            task, to: store, configuration: configuration, keys: keys, acceptingWeakPromises: weak.areAccepted)
        WeakPromises.tell(added.weaknesses)
        if json {
            return try JSONOutput.print(
                Output(
                    taskId: added.id.base64URL, isNew: added.isNew, lacks: added.weaknesses.map(\.name)))
        }
        Console.print("\(added.isNew ? "added" : "was there already"): \(task.name) \(added.id.base64URL)")
    }
}
