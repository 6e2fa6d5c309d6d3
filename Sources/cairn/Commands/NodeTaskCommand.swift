import AggregatorNode
import ArgumentParser
import Contributor
import DAP
import Datastore
import Tasks

/// `cairn node task`: which tasks a node serves.
struct NodeTaskCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "task", abstract: "Add, list, show and end the tasks of a node.",
        subcommands: [
            NodeTaskAddCommand.self, NodeTaskListCommand.self, NodeTaskShowCommand.self, NodeTaskDropCommand.self,
            NodeTaskRemoveCommand.self,
        ])
}

/// `cairn node task add`: the operator agrees to serve a task. The node may be running.
struct NodeTaskAddCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Serve a task.",
        discussion: """
            Checks that the task names this node, its peer and their keys, and that its sums cannot overflow. Then asks the \
            peer whether the two nodes fit each other for this task: a peer that is not there yet is a note, a \
            contradiction (another pre-shared key, another token, another log) an error. The task is added all the same; \
            mend what is said, and run the command again, which replaces a verification key that a wrong pre-shared key gave \
            as long as no report has been accepted under it.

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
            for everything from task_info to task_interval. The types and their parameters are: \
            \(VDAFOptions.parametersForPeople).
            """)

    struct Output: Encodable {
        let taskId: String
        let isNew: Bool
        /// The verification key was replaced.
        let isRekeyed: Bool
        /// What the task does not promise.
        let lacks: [String]
        let peer: PeerNotes
    }

    @Option(help: "The node's configuration file.") var config: String
    @Argument(help: "The task file, or its URL (see `cairn help task install`).") var file: String?
    @Option(help: "A YAML file with the parameters of a plain DAP task, instead of a task file.") var dap: String?
    @Option(help: "What this node is to be in the task; by default what the task says.") var role: NodeInitCommand.Role?
    @OptionGroup var weak: WeakPromises
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        if (file == nil) == (dap == nil) { throw ValidationError("Give either a task file or --dap FILE.") }
    }

    func run() async throws {
        let configuration = try NodeConfiguration.load(path: config)
        let keys = try NodeKeys.load(configuration)
        let task = try await readTask()
        let addition = try TaskAddition(task, asked: role?.role, configuration: configuration, keys: keys)
        let store = try await configuration.openNewestDatabase(keys: keys, notice: Console.notice)
        let outcome = try await addition.run(in: store, acceptingWeakPromises: weak.areAccepted)
        let added = outcome.added
        WeakPromises.tell(added.weaknesses)
        if outcome.namesakes > 0 {
            Console.error(
                "cairn: note: \(outcome.namesakes == 1 ? "another task" : "\(outcome.namesakes) other tasks") of this node "
                    + "have the name '\(outcome.name)', too; name this one by its id")
        }
        let notes = PeerNotes(outcome.findings)
        if json {
            try JSONOutput.print(
                Output(
                    taskId: added.id.base64URL, isNew: added.isNew, isRekeyed: added.isRekeyed,
                    lacks: added.weaknesses.map(\.name), peer: notes))
        } else {
            let verb = added.isRekeyed ? "added with a new key" : added.isNew ? "added" : "was there already"
            Console.print("\(verb): \(task.name) \(added.id.base64URL)")
        }
        try notes.tell(role: addition.part.role)
        if !json { tellNext(task, addition.part.role) }
    }

    private func tellNext(_ task: NewTask, _ role: NodeRole) {
        let peer = role.peer.rawValue
        guard case .file(let file, _) = task else { return }
        if role == .leader {
            NextStep.tell("once the \(peer) has the task, too, contributors can use its URL: \(file.address)")
        } else {
            NextStep.tell(
                "see how the nodes stand",
                PrintedCommand("node", "task", "show").option("--config", config).adding(id: file.taskID.base64URL))
        }
    }

    private func readTask() async throws -> NewTask {
        if let dap { return .plain(try PlainTask.load(path: dap), source: dap) }
        let path = file ?? ""
        do {
            guard !TaskAddress.isURL(path) else {
                return .file(try await TaskAddress(path).fetch(transport: .speaking), source: path)
            }
            return .file(try TaskFile(json: try UserFile.readUTF8(path, limit: 1 << 20)), source: path)
        } catch let error as TaskFileError {
            throw CommandFailure("\(path): \(error)")
        }
    }
}
