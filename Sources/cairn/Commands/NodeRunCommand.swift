import AggregatorNode
import ArgumentParser
import Foundation
import Logging

/// `cairn node run`: one aggregator, until a signal ends it.
struct NodeRunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run an aggregator node.",
        discussion: "Ends in order at SIGTERM or SIGINT. A node may be killed at any moment: it goes on where it was.")

    @Option(help: "The node's configuration file.") var config: String
    @Option(help: "trace, debug, info, notice, warning, error or critical.") var logLevel: String = "info"
    @Flag(help: "keys/hpke is a new key, in the place of the one that the database knows.") var newHpkeKey = false
    @Option(help: .hidden) var exitWithParent: Int32?

    func validate() throws {
        if Logger.Level(rawValue: logLevel) == nil { throw ValidationError("--log-level \(logLevel): no such level.") }
    }

    func run() async throws {
        if let exitWithParent { ParentWatch.start(parent: exitWithParent) }
        let logger = Node.stderrLogger(level: Logger.Level(rawValue: logLevel) ?? .info)
        try await Node.run(
            try NodeConfiguration.load(path: config), replacedKeys: newHpkeKey ? [.hpke] : [], logger: logger)
    }
}

/// Ends this process when the one that started it is gone, however that ended: nodes of a demo or a test must not stay.
enum ParentWatch {
    static func start(parent: pid_t) {
        Thread.detachNewThread {
            while getppid() == parent { usleep(200_000) }
            exit(1)
        }
    }
}
