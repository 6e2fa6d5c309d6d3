import AggregatorNode
import ArgumentParser
import Logging

/// `cairn witness run`: a C2SP witness for any list of logs, until a signal ends it.
struct WitnessRunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a witness.",
        discussion: """
            A witness cosigns a log's checkpoints as long as each extends the one before. Anyone can run one, for any \
            logs that speak C2SP tlog-witness: it needs no part in any task. Give either --config or the other options.

            Make its key with `cairn keygen witness`. Where a log policy names this witness, its line is \
            `witness NAME VKEY URL`, with the URL of this server.
            """)

    @Option(help: "A configuration file with listen, data_dir, key_file and logs.") var config: String?
    @Option(help: "Where to listen: HOST:PORT.") var listen: String?
    @Option(name: .customLong("key"), help: "The witness's key file.") var key: String?
    @Option(help: "The folder for what must not be forgotten.") var dataDir: String?
    @Option(name: .customLong("log"), help: "A log's verifier key; repeat it for every log.") var logs: [String] = []
    @Option(help: "trace, debug, info, notice, warning, error or critical.") var logLevel: String = "info"
    @Option(help: .hidden) var exitWithParent: Int32?

    func validate() throws {
        let flags = [listen, key, dataDir].compactMap { $0 }.count
        guard config != nil ? flags == 0 && logs.isEmpty : flags == 3 && !logs.isEmpty else {
            throw ValidationError("Give either --config, or --listen, --key, --data-dir and at least one --log.")
        }
        if Logger.Level(rawValue: logLevel) == nil { throw ValidationError("--log-level \(logLevel): no such level.") }
    }

    func run() async throws {
        if let exitWithParent { ParentWatch.start(parent: exitWithParent) }
        let logger = Node.stderrLogger(level: Logger.Level(rawValue: logLevel) ?? .info)
        try await WitnessServer.run(try settings(), logger: logger)
    }

    private func settings() throws -> WitnessConfiguration {
        if let config { return try .load(path: config) }
        guard let address = ListenAddress(listen ?? "") else {
            throw CommandFailure.usage("--listen \(listen ?? ""): \(ListenAddress.form)")
        }
        do throws(WitnessConfiguration.LogListError) {
            return WitnessConfiguration(
                listen: address, dataDirectory: dataDir ?? "", keyFile: key ?? "",
                logs: try WitnessConfiguration.logs(logs))
        } catch {
            throw CommandFailure.usage("--log: \(error)")
        }
    }
}
