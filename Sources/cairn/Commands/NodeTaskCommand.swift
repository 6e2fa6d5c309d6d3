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
        let part = try part(task, configuration, keys)
        let store = try await configuration.openNewestDatabase(keys: keys, notice: Console.notice)
        try await TaskAgreement.with(part, configuration, keys: keys) { peer in
            guard await !peer.peerHasOwnHpkeKey() else {
                throw CommandFailure(
                    "the task's two aggregators have one HPKE key: \(part.peer.url) offers this node's own",
                    advice:
                        "Nothing was changed. Whoever has that key opens both shares of every report: give each node a "
                        + "data_dir of its own, and the one that was copied new keys.")
            }
            var peerHasKey = false
            if let id = task.derivedID { peerHasKey = try await checkKey(of: id, part, store, peer) }
            let added = try await add(task, store, configuration, keys, peerHasKey: peerHasKey)
            WeakPromises.tell(added.weaknesses)
            guard let stored = try await store.task(added.id) else {
                throw CommandFailure("task \(added.id.base64URL) is gone from \(configuration.database.name)")
            }
            let namesakes = try await store.tasks().filter { $0.name == stored.name && $0.id != stored.id }
            if !namesakes.isEmpty {
                Console.error(
                    "cairn: note: \(namesakes.count == 1 ? "another task" : "\(namesakes.count) other tasks") of this node "
                        + "have the name '\(stored.name)', too; name this one by its id")
            }
            let revision = UInt64(clamping: try await store.taskRevision())
            let notes = PeerNotes(await peer.findings(about: try NodeTask(stored), revision: revision))
            if json {
                try JSONOutput.print(
                    Output(
                        taskId: added.id.base64URL, isNew: added.isNew, isRekeyed: added.isRekeyed,
                        lacks: added.weaknesses.map(\.name), peer: notes))
            } else {
                let verb = added.isRekeyed ? "added with a new key" : added.isNew ? "added" : "was there already"
                Console.print("\(verb): \(task.name) \(added.id.base64URL)")
            }
            try notes.tell(role: part.role)
            if !json { tellNext(task, part.role) }
        }
    }

    /// What the task makes of this node.
    private func part(_ task: NewTask, _ configuration: NodeConfiguration, _ keys: NodeKeys) throws -> PartInTask {
        do throws(TaskRefusal) {
            return try PartInTask(task.configuration, configuration, keys, asked: role?.role)
        } catch {
            guard case .plain(_, let path) = task else { throw error }
            throw CommandFailure("\(path): \(error)")
        }
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

    /// What the operator wants to be served.
    private enum NewTask {
        case file(TaskFile, path: String)
        case plain(PlainTask, path: String)

        var name: String {
            switch self {
            case .file(let task, _): task.name
            case .plain(let task, _): task.name
            }
        }

        var configuration: TaskConfiguration {
            switch self {
            case .file(let task, _): task.configuration
            case .plain(let task, _): task.configuration
            }
        }

        /// The task's id, if its key follows from the operators' secret.
        var derivedID: TaskID? {
            switch self {
            case .file(let task, _): task.taskID
            case .plain(let task, _): task.isTaskprov ? task.id : nil
            }
        }
    }

    private func readTask() async throws -> NewTask {
        if let dap { return .plain(try PlainTask.load(path: dap), path: dap) }
        let path = file ?? ""
        do {
            guard !TaskAddress.isURL(path) else {
                return .file(try await TaskAddress(path).fetch(transport: .speaking), path: path)
            }
            return .file(try TaskFile(json: try UserFile.readUTF8(path, limit: 1 << 20)), path: path)
        } catch let error as TaskFileError {
            throw CommandFailure("\(path): \(error)")
        }
    }

    private func add(
        _ task: NewTask, _ store: NodeDatabase, _ configuration: NodeConfiguration, _ keys: NodeKeys,
        peerHasKey: Bool
    ) async throws -> TaskRegistry.Added {
        switch task {
        case .file(let task, _):
            return try await TaskRegistry.add(
                task, to: store, configuration: configuration, keys: keys, as: role?.role,
                acceptingWeakPromises: weak.areAccepted, peerHasKey: peerHasKey)
        case .plain(let task, let path):
            do throws(TaskRefusal) {
                return try await TaskRegistry.add(
                    task, to: store, configuration: configuration, keys: keys, as: role?.role,
                    acceptingWeakPromises: weak.areAccepted, peerHasKey: peerHasKey)
            } catch {
                throw CommandFailure("\(path): \(error)")
            }
        }
    }

    /// A key that the peer has as well is right, and whatever gives another one is wrong.
    ///
    /// - Returns: whether the stored key is another one than the peer's, which is the one to come.
    private func checkKey(
        of id: TaskID, _ part: PartInTask, _ store: NodeDatabase, _ peer: TaskAgreement
    ) async throws -> Bool {
        let keys = part.shared.verifyKeys(of: id)
        let key = keys[0]
        guard let stored = try await store.task(id), stored.source != .manual, !keys.contains(stored.verifyKey) else {
            return false
        }
        guard await peer.peerHas(stored.verifyKey, of: id) else { return await peer.peerHas(key, of: id) }
        throw CommandFailure(
            "the task is there with the verification key that the peer has, and "
                + "\(PeerWords(part.peer, role: part.role).secrets) gives another",
            advice:
                "Nothing was changed. Put the file back that both nodes had, or agree with the peer's operator on the new "
                + "one and add the task at the peer first.")
    }
}
