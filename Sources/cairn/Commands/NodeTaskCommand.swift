import AggregatorNode
import ArgumentParser
import DAP
import Datastore

/// `cairn node task`: which tasks a node serves.
struct NodeTaskCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "task", abstract: "Add, list, show and end the tasks of a node.",
        subcommands: [
            NodeTaskAddCommand.self, NodeTaskListCommand.self, NodeTaskShowCommand.self, NodeTaskRemoveCommand.self,
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
        try await TaskAgreement.with(configuration, keys: keys) { peer in
            try await checkKey(of: task, keys, store, peer)
            let added = try await TaskRegistry.add(
                task, to: store, configuration: configuration, keys: keys, acceptingWeakPromises: weak.areAccepted)
            WeakPromises.tell(added.weaknesses)
            guard let stored = try await store.task(added.id) else {
                throw CommandFailure("task \(added.id.base64URL) is gone from \(configuration.databasePath)")
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
            try notes.tell(role: configuration.role)
        }
    }

    /// A key that the peer has as well is right, and whatever gives another one is wrong.
    private func checkKey(
        of task: TaskFile, _ keys: NodeKeys, _ store: SQLiteDatastore, _ peer: TaskAgreement
    ) async throws {
        let key = Taskprov.verifyKey(preSharedKey: keys.preSharedKey, taskID: task.taskID)
        guard let stored = try await store.task(task.taskID), stored.verifyKey != key,
            await peer.peerHas(stored.verifyKey, of: stored.id)
        else { return }
        throw CommandFailure(
            "the task is there with the verification key that the peer has, and peer.psk_file gives another",
            advice:
                "Nothing was changed. Put the file back that both nodes had, or agree with the peer's operator on the new "
                + "one and add the task at the peer first.")
    }
}
