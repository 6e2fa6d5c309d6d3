import AggregatorNode
import ArgumentParser
import Foundation

/// `cairn node restored`: the operator says that the node's database came from a backup.
struct NodeRestoredCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restored",
        abstract: "Declare that the node was restored from a backup.",
        discussion: """
            A database from a backup has forgotten what the node signed since. A node that went on with it could sign a \
            second close of a batch or release a second sum, and so show an input. This command destroys the node's HPKE key, \
            its statement key and the key of its log or witness, and moves its database and log aside (nothing else is \
            deleted). Its tasks end: make new keys (cairn keygen log or witness), and new tasks. There is no way back, so \
            first look for the newest database. The node must not be running. Of a node with replicas none may run, and it \
            is repeated in the folder of each, with its configuration: each has a copy of the keys. Whoever puts an SQLite file back removes the \
            -wal and -shm beside the old one first: SQLite would mix them into the copy, and nothing would notice what is \
            missing.
            """)

    @Option(help: "The node's configuration file.") var config: String
    @Flag(help: "Do not ask on the terminal.") var yes = false

    func run() async throws {
        let configuration = try NodeConfiguration.load(path: config)
        try RestoredPages.confirm(yes)
        let outcome = try await RestoredNode.declare(configuration, notice: Console.notice)
        RestoredPages.print(outcome)
        let kinds = [("log", configuration.leader?.logKeyFile), ("witness", configuration.helper?.witnessKeyFile)]
        let keygens = kinds.compactMap { kind, file in
            file.map { PrintedCommand("keygen", kind).option("--name", "NEW-NAME").option("--out", $0).text }
        }
        Console.print(
            "next      \(keygens.joined(separator: ", and ")), then make new tasks"
                + (configuration.leader != nil
                    ? "; the log has ended, so the new one needs a new name, in log_origin of both nodes" : ""))
        if configuration.database.hasReplicas {
            Console.print(
                "replicas  repeat this in the folder of each, with its configuration: it has a copy of the keys. Then start one "
                    + "with the new keys, and give the others copies of them, without the file generation")
        }
    }
}

/// `cairn witness restored`: the same for a stand-alone witness.
struct WitnessRestoredCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restored",
        abstract: "Declare that the witness was restored from a backup.",
        discussion: """
            A witness that has forgotten what it cosigned could cosign a second history. This command destroys its key and \
            moves its database aside; policies that name the key lose this witness.
            """)

    @Option(help: "The witness's configuration file.") var config: String?
    @Option(name: .customLong("key"), help: "The witness's key file.") var key: String?
    @Option(help: "The folder for what must not be forgotten.") var dataDir: String?
    @Flag(help: "Do not ask on the terminal.") var yes = false

    func validate() throws {
        let flags = [key, dataDir].compactMap { $0 }.count
        guard config != nil ? flags == 0 : flags == 2 else {
            throw ValidationError("Give either --config, or --key and --data-dir.")
        }
    }

    func run() async throws {
        let configuration =
            if let config { try WitnessConfiguration.load(path: config) } else {
                WitnessConfiguration(
                    listen: ListenAddress(host: "127.0.0.1", port: 1), dataDirectory: dataDir ?? "",
                    keyFile: key ?? "", logs: [])
            }
        try RestoredPages.confirm(yes)
        RestoredPages.print(try await RestoredNode.declare(configuration))
        let keygen = PrintedCommand("keygen", "witness").option("--name", "NEW-NAME").option(
            "--out", configuration.keyFile)
        Console.print("next      \(keygen.text)")
    }
}

/// What both commands say.
private enum RestoredPages {
    static func confirm(_ isConfirmed: Bool) throws {
        guard !isConfirmed, isatty(STDIN_FILENO) != 0 else { return }
        Console.error("This destroys the keys and ends the tasks; there is no way back. Type 'yes' to go on:")
        guard readLine() == "yes" else { throw CommandFailure("nothing was changed") }
    }

    static func print(_ outcome: RestoredNode.Outcome) {
        for key in outcome.destroyedKeys { Console.print("destroyed \(key)") }
        if outcome.destroyedKeys.isEmpty { Console.print("no key was there") }
        Console.print("moved     what was remembered into \(outcome.archive)")
        if let schema = outcome.schema { Console.print("moved     the database's tables into its schema \(schema)") }
        for task in outcome.endedTasks { Console.print("ended     task \(task)") }
    }
}
