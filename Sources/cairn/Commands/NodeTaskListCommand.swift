import AggregatorNode
import ArgumentParser
import DAP
import Datastore

/// `cairn node task list`: the tasks that a node knows. The node may be running.
struct NodeTaskListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the tasks of a node.")

    struct Output: Encodable {
        let tasks: [NodeTaskDescription]
        let damaged: [Damaged]
    }

    /// A row that cannot be read.
    struct Damaged: Encodable {
        let row: Int64
        let taskId: String?
        let name: String?
        let reason: String
    }

    @Option(help: "The node's configuration file.") var config: String
    @Flag(help: "Print JSON: what `show --json` says of each.") var json = false

    func run() async throws {
        let configuration = try NodeConfiguration.load(path: config)
        let store = try await configuration.openDatabaseToLook(notice: Console.notice)
        let standings = try await NodeTaskDescription.Standings(store)
        var tasks: [NodeTaskDescription] = []
        let rows = try await store.everyTask()
        let damaged = rows.compactMap(\.damage)
        for row in rows.compactMap({ try? $0.get() }) {
            tasks.append(
                try await NodeTaskDescription(row, configuration, store: store, standings: standings))
        }
        for damage in damaged { Console.error("note: \(damage.complaint)") }
        if json {
            return try JSONOutput.print(
                Output(
                    tasks: tasks,
                    damaged: damaged.map {
                        Damaged(row: $0.row, taskId: $0.id?.base64URL, name: $0.name, reason: $0.reason)
                    }))
        }
        if tasks.isEmpty, damaged.isEmpty {
            let add = PrintedCommand("node", "task", "add").option("--config", config).word(path: "NAME.task")
            Console.print("no tasks; add one: \(add.text)")
        }
        for task in tasks {
            let reports = task.reports.values.reduce(0, +)
            Console.print(
                "\(task.name)  \(task.taskId)  \(task.role)  \(task.state)  \(reports) reports  peer \(task.peer.standing)"
            )
        }
    }
}

/// `cairn node task show`: everything that a node knows about one task. The node may be running.
struct NodeTaskShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a task of a node: its reports, its jobs, and how the two nodes stand with each other.")

    @OptionGroup var reference: NodeTaskReference
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let found = try await reference.find()
        let task = try await NodeTaskDescription(
            found.task, found.configuration, store: found.store,
            standings: try await NodeTaskDescription.Standings(found.store))
        if json { return try JSONOutput.print(task) }
        for line in task.lines { Console.print(line) }
    }
}
