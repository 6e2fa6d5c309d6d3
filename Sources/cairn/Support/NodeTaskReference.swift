import AggregatorNode
import ArgumentParser
import DAP
import Datastore
import Encodings
import Foundation

/// `--config FILE TASK`: a task that a node knows, by its id or name.
struct NodeTaskReference: ParsableArguments {
    @Option(help: "The node's configuration file.") var config: String
    // An id may begin with a dash.
    @Argument(help: "The task's id (43 characters) or its name; behind -- where the id begins with a dash.") var task:
        String

    /// The node's configuration, its database and the task.
    struct Found {
        let configuration: NodeConfiguration
        let store: SQLiteDatastore
        let task: StoredTask
    }

    func find() async throws -> Found {
        let configuration = try NodeConfiguration.load(path: config)
        let store = try NodeDatabase.open(configuration)
        let tasks = try await store.tasks()
        let found = tasks.filter { $0.id.base64URL == task || $0.name == task }
        guard let first = found.first else {
            throw CommandFailure(
                "this node knows no task \(task.quotedForPeople)",
                advice: "See them: \(PrintedCommand("node", "task", "list").option("--config", config).text)")
        }
        guard found.count == 1 else {
            throw CommandFailure(
                "\(found.count) tasks have the name \(task.quotedForPeople)", advice: "Give the id of one of them.")
        }
        return Found(configuration: configuration, store: store, task: first)
    }
}

/// A node's database for commands that only look: they make none where there is none.
enum NodeDatabase {
    static func open(_ configuration: NodeConfiguration) throws -> SQLiteDatastore {
        guard FileManager.default.fileExists(atPath: configuration.databasePath) else {
            throw CommandFailure(
                "\(configuration.databasePath): no such file",
                advice: "The node was never started, and no task was added: see data_dir in its configuration.")
        }
        return try SQLiteDatastore.open(path: configuration.databasePath)
    }
}
