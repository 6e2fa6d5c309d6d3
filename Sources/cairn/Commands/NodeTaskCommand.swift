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
        discussion: """
            Checks that the task names this node, its peer and their keys, and that its sums cannot overflow.

            Instead of a task file, --dap FILE reads a plain DAP-18 task, whose other aggregator need not be a node of \
            Cairn. Everything in it must be byte for byte as clients, collector and the other aggregator have it:

              name: visits
              task_id: 8BY0RzZM…              # base64url or hexadecimal
              task_info: visits               # or task_info_hex
              leader: https://leader.example.org/
              helper: https://helper.example.com/dap/
              time_precision: 3600            # seconds
              min_batch_size: 100
              batch_mode: time-interval       # or leader-selected
              vdaf: { type: histogram, length: 10, chunk_length: 4 }
              task_interval: { start: 1767225600, duration: 2592000 }
              verify_keys:                    # a leader uses the first
                - { id: 1, file: visits.key } # as `cairn keygen psk` writes
              collector_hpke_config: 09002000…

            Leave out task_id where the configuration names the task (taskprov), and with it verify_keys: the key then \
            follows from the operators' secret. task_interval, in seconds, is optional. task_configuration: HEX stands \
            for everything from task_info to task_interval. The types and their parameters are: count; sum \
            (max_measurement); sumvec (length, max_measurement, chunk_length); histogram (length, chunk_length); multihot \
            (length, max_weight, chunk_length); l1boundsum (length, max_value, chunk_length); sumvec64hmac (length, \
            max_measurement, chunk_length, proofs); boundedl2 (dimension, integer_bound, fractional_bits, field_size).
            """)

    struct Output: Encodable {
        let taskId: String
        let isNew: Bool
        /// What the task does not promise.
        let lacks: [String]
    }

    @Option(help: "The node's configuration file.") var config: String
    @Argument(help: "The task file.") var file: String?
    @Option(help: "A YAML file with the parameters of a plain DAP task, instead of a task file.") var dap: String?
    @OptionGroup var weak: WeakPromises
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        if (file == nil) == (dap == nil) { throw ValidationError("Give either a task file or --dap FILE.") }
    }

    func run() async throws {
        let configuration = try NodeConfiguration.load(path: config)
        let keys = try NodeKeys.load(configuration)
        let store = try SQLiteDatastore.open(path: configuration.databasePath)
        let (name, added) =
            if let dap {
                try await add(plain: dap, store, configuration, keys)
            } else {
                try await add(taskFile: file ?? "", store, configuration, keys)
            }
        WeakPromises.tell(added.weaknesses)
        if json {
            return try JSONOutput.print(
                Output(
                    taskId: added.id.base64URL, isNew: added.isNew, lacks: added.weaknesses.map(\.name)))
        }
        Console.print("\(added.isNew ? "added" : "was there already"): \(name) \(added.id.base64URL)")
    }

    private func add(
        taskFile path: String, _ store: SQLiteDatastore, _ configuration: NodeConfiguration, _ keys: NodeKeys
    ) async throws -> (name: String, TaskRegistry.Added) {
        let task: TaskFile
        do {
            task = try TaskFile(json: try UserFile.read(path, limit: 1 << 20))
        } catch let error as TaskFileError {
            throw CommandFailure("\(path): \(error)")
        }
        let added = try await TaskRegistry.add(
            task, to: store, configuration: configuration, keys: keys, acceptingWeakPromises: weak.areAccepted)
        return (task.name, added)
    }

    private func add(
        plain path: String, _ store: SQLiteDatastore, _ configuration: NodeConfiguration, _ keys: NodeKeys
    ) async throws -> (name: String, TaskRegistry.Added) {
        let task = try PlainTask.load(path: path)
        do throws(TaskRefusal) {
            let added = try await TaskRegistry.add(
                task, to: store, configuration: configuration, keys: keys, acceptingWeakPromises: weak.areAccepted)
            return (task.name, added)
        } catch {
            throw CommandFailure("\(path): \(error)")
        }
    }
}
