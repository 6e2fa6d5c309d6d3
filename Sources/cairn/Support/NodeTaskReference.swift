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
        let store: NodeDatabase
        let task: StoredTask
    }

    /// - Parameter changing: the command will change something, which only the newest database of the node may be.
    func find(changing: Bool = false) async throws -> Found {
        let configuration = try NodeConfiguration.load(path: config)
        let store =
            try await changing
            ? configuration.openNewestDatabase(mustExist: true, notice: Console.notice)
            : configuration.openDatabaseToLook(notice: Console.notice)
        let rows = try await store.everyTask()
        let found = rows.compactMap { try? $0.get() }.filter { $0.id.base64URL == task || $0.name == task }
        guard let first = found.first else {
            let damaged = rows.compactMap(\.damage).first { $0.id?.base64URL == task || $0.name == task }
            if let damaged { throw CommandFailure(damaged.complaint) }
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

extension Result<StoredTask, DamagedTask> {
    var damage: DamagedTask? { if case .failure(let damage) = self { damage } else { nil } }
}

extension DamagedTask {
    /// For the operator: which task it is, and what to do.
    var complaint: String {
        let names = [name?.quotedForPeople, id?.base64URL].compactMap(\.self).joined(separator: " ")
        return "task \(names.isEmpty ? "without a name" : names) (row \(row) of the table 'tasks') cannot be read: "
            + "\(reason); this node does not serve it. Its database is damaged, or was written by another version: see "
            + "`cairn node restored` for how to go back to a copy"
    }
}
