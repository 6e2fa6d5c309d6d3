import AggregatorNode
import ChildProcesses
import Contributor
import DAP
import Datastore
import FaultProxy
import Foundation
import Ledger
import PostgresCluster
import Synchronization
import Tasks
import TestPorts
import TestSupport
import Testing
import TransparencyLog
import Wallet

/// One aggregator process, or a witness.
final class TestNode: Sendable {
    let role: String
    let folder: String
    /// Of the public URL.
    let port: UInt16
    /// Where the process listens: behind a proxy, somewhere else.
    let listenPort: UInt16
    private let command: [String]
    private let process = ProcessSlot()
    private let storage = Mutex<PostgresDatabase?>(nil)

    /// - Parameter command: what to run; `cairn node run` by default.
    init(role: String, folder: String, port: UInt16, listenPort: UInt16? = nil, command: [String]? = nil) {
        self.role = role
        self.folder = folder
        self.port = port
        self.listenPort = listenPort ?? port
        self.command = command ?? ["node", "run", "--config", "\(folder)/\(role).yaml"]
    }

    var url: String { "http://127.0.0.1:\(port)" }
    var configuration: String { "\(folder)/\(role).yaml" }
    var logFolder: String { "\(folder)/data/log" }

    var processID: pid_t? { process.current?.processID }

    /// Gives a node that was never started the database that a test asks for.
    func chooseStorage(_ storage: TestStorage = .ofThisRun) async throws {
        guard let database = try await storage.database() else { return }
        let text = try String(contentsOfFile: configuration, encoding: .utf8)
        try (text + database.yaml).write(toFile: configuration, atomically: true, encoding: .utf8)
        self.storage.withLock { $0 = database }
    }

    /// Where the node's state lies, if not in a file.
    var database: PostgresDatabase? { storage.withLock { $0 } }

    /// The node's database, beside the node.
    func openDatabase() async throws -> NodeDatabase {
        try await NodeConfiguration.load(path: configuration).openDatabase(mustExist: true)
    }

    /// Whether the process that was started last has ended by itself.
    var hasEnded: Bool { process.current?.hasEnded ?? true }

    /// Starts the process, which may end before it answers anything.
    ///
    /// - Parameters:
    ///   - environment: changes to that of the tests.
    ///   - descriptors: the most that it may have open, if not as many as the tests.
    @discardableResult
    func startUnobserved(
        environment: [String: String?] = [:], descriptors: Int? = nil
    ) async throws -> ChildProcess {
        var command = [try Cairn.path()] + command + ["--exit-with-parent", "\(getpid())", "--log-level", "warning"]
        if let descriptors {
            // `exec`, so that the shell's process becomes the node's.
            command = ["/bin/sh", "-c", "ulimit -n \(descriptors); exec \"$0\" \"$@\""] + command
        }
        let process = try await ChildProcess.start(
            command[0], Array(command.dropFirst()), environment: environment, output: .log("\(folder)/node.log"))
        self.process.current = process
        return process
    }

    /// Starts the process and waits until it answers, whatever lies in front of it. The port is always the same.
    func start(environment: [String: String?] = [:], descriptors: Int? = nil) async throws {
        let process = try await startUnobserved(environment: environment, descriptors: descriptors)
        let client = NodeClient(url: "http://127.0.0.1:\(listenPort)")
        for _ in 0..<6000 {
            if await client.isHealthy() { return }
            try #require(!process.hasEnded, "the \(role) ended while starting: \(logText)")
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("the \(role) does not answer: \(logText)")
    }

    /// SIGKILL, as in a power failure.
    func kill() async { await process.take()?.kill() }

    /// SIGTERM, which the node obeys in order.
    func stop() async { await process.take()?.terminate(grace: .seconds(60)) }

    var logText: String { (try? String(contentsOfFile: "\(folder)/node.log", encoding: .utf8)) ?? "" }

    /// The bearer token in one of the node's files.
    func token(_ name: String) throws -> String {
        try String(contentsOfFile: "\(folder)/\(name).token", encoding: .utf8).trimmingCharacters(
            in: .whitespacesAndNewlines)
    }
}

/// A leader, a helper and a collector's key, set up with the commands that operators use.
final class TestNodes: Sendable {
    let folder: TemporaryFolder
    let leader: TestNode
    let helper: TestNode

    private init(folder: TemporaryFolder, leader: TestNode, helper: TestNode) {
        self.folder = folder
        self.leader = leader
        self.helper = helper
    }

    /// Runs both nodes while `body` works, and ends them whatever happens.
    static func run(
        on storage: TestStorage = .ofThisRun, _ body: (TestNodes) async throws -> Void
    ) async throws {
        let nodes = try await TestNodes.create(on: storage)
        do {
            try await nodes.leader.start()
            try await nodes.helper.start()
            try await body(nodes)
        } catch {
            await nodes.stop()
            throw error
        }
        await nodes.stop()
    }

    /// The same with a proxy where others find each node, which listens elsewhere.
    ///
    /// - Parameter remembers: whether the proxies keep every request.
    static func runBehindProxies(
        remembers: Bool = true, _ body: (TestNodes, Proxies) async throws -> Void
    ) async throws {
        let listening = try TestPorts.take(2)
        let nodes = try await TestNodes.create(listening: (leader: listening[0], helper: listening[1]))
        let proxies = Proxies(
            leader: FaultProxy(port: nodes.leader.port, upstreamPort: listening[0], remembers: remembers),
            helper: FaultProxy(port: nodes.helper.port, upstreamPort: listening[1], remembers: remembers))
        try await proxies.leader.serve {
            try await proxies.helper.serve {
                do {
                    try await nodes.leader.start()
                    try await nodes.helper.start()
                    try await body(nodes, proxies)
                } catch {
                    await nodes.stop()
                    throw error
                }
                await nodes.stop()
            }
        }
    }

    /// What stands in front of each node.
    struct Proxies: Sendable {
        let leader: FaultProxy
        let helper: FaultProxy
    }

    func stop() async {
        await leader.stop()
        await helper.stop()
    }

    /// - Parameter listening: where the nodes listen, if not where their public URLs say.
    private static func create(
        on storage: TestStorage = .ofThisRun, listening: (leader: UInt16, helper: UInt16)? = nil
    ) async throws -> TestNodes {
        let folder = try TemporaryFolder()
        let ports = try TestPorts.take(2)
        let leader = TestNode(
            role: "leader", folder: "\(folder.path)/leader", port: ports[0], listenPort: listening?.leader)
        let helper = TestNode(
            role: "helper", folder: "\(folder.path)/helper", port: ports[1], listenPort: listening?.helper)
        try await Cairn.succeed(
            "node", "init", "--role", "leader", "--dir", leader.folder, "--listen", "127.0.0.1:\(leader.listenPort)",
            "--public-url", leader.url, "--peer-url", helper.url, "--log-origin", "test.example/log")
        try await Cairn.succeed(
            "node", "init", "--invitation", "\(leader.folder)/helper.invitation", "--dir", helper.folder, "--listen",
            "127.0.0.1:\(helper.listenPort)")
        try await Cairn.succeed("keygen", "hpke", "--out", "\(folder.path)/collector.hpke")
        for node in [leader, helper] { try await node.chooseStorage(storage) }
        let nodes = TestNodes(folder: folder, leader: leader, helper: helper)
        try TestWallet.create(in: nodes.home)
        return nodes
    }

    var collectorKeyFile: String { "\(folder.path)/collector.hpke" }
    var collectorTokenFile: String { "\(leader.folder)/collector.token" }
    /// A contributor's home, with a wallet.
    var home: String { "\(folder.path)/home" }

    func wallet() throws -> ContributorWallet { try TestWallet.open(in: home) }

    /// Creates a task and adds it to both nodes, as their operators do. Batches of tests are tiny, and all accept that.
    func createTask(_ name: String, _ options: String...) async throws -> TaskFile {
        try await createTask(name, options)
    }

    func createTask(_ name: String, _ options: [String]) async throws -> TaskFile {
        let task = try await draftTask(name, options)
        for node in [leader, helper] {
            let added = try await addTask(name, to: node)
            try #require(added.status == 0, "\(added.errors)")
        }
        return task
    }

    /// Creates a task that no node has yet.
    func draftTask(_ name: String, _ options: [String]) async throws -> TaskFile {
        let result = try await draft(name, options)
        try #require(result.status == 0, "\(result.errors)")
        return try taskFile(name)
    }

    func draft(_ name: String, _ options: [String]) async throws -> CommandResult {
        try await Cairn.run(
            [
                "task", "create", "--name", name, "--leader", leader.url, "--helper", helper.url, "--collector-config",
                "\(collectorKeyFile).pub", "--out", "\(folder.path)/tasks", TestNodes.acceptWeakPromises,
            ] + Self.atOnce(options) + options, home: home)
    }

    /// Tests wait for no window of the log unless they are about it.
    private static func atOnce(_ options: [String]) -> [String] {
        options.contains("--plain") || options.contains("--log-window") ? [] : ["--log-window", "0"]
    }

    func taskFile(_ name: String) throws -> TaskFile {
        try TaskFile(json: Array(try Data(contentsOf: URL(fileURLWithPath: taskPath(name)))))
    }

    func addTask(_ name: String, to node: TestNode) async throws -> CommandResult {
        try await Cairn.run(
            "node", "task", "add", "--config", node.configuration, taskPath(name), TestNodes.acceptWeakPromises)
    }

    /// For tasks whose batches are tiny.
    static let acceptWeakPromises = "--accept-weak-promises"

    func taskPath(_ name: String) -> String { "\(folder.path)/tasks/\(name).task" }
    func policyPath(_ name: String) -> String { "\(folder.path)/tasks/\(name).policy" }

    /// - Parameter patience: how long the collector repeats a request that is not answered.
    func collector(_ task: TaskFile, patience: Duration = .seconds(120)) throws -> Collector {
        let text = try String(contentsOfFile: collectorKeyFile, encoding: .utf8)
        return try Collector(
            task: task, keyPair: try HpkeKeyPair(keyFile: text), token: try leader.token("collector"),
            transport: HTTPTransport(deadline: patience))
    }
}

/// All end-to-end tests, one after the other: each needs both cores for its processes.
@Suite(.serialized) enum EndToEnd {}
