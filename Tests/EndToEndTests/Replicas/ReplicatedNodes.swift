import Contributor
import DAP
import FaultProxy
import Foundation
import PostgresCluster
import Synchronization
import Tasks
import TestPorts
import TestSupport
import Testing
import Wallet

/// A leader and a helper of two processes each: the same keys, one database for each pair, and in front of each pair a proxy
/// that takes them in turn, as who balances loads does.
final class ReplicatedNodes: Sendable {
    /// One node: its processes, and the way to them.
    struct Node: Sendable {
        let replicas: [TestNode]
        let proxy: FaultProxy
        let database: PostgresDatabase

        /// Requests go to these only.
        func use(_ wanted: [TestNode]) {
            proxy.pass(to: wanted.map(\.listenPort))
        }

        func others(than replica: TestNode) -> [TestNode] { replicas.filter { $0 !== replica } }
    }

    let folder: TemporaryFolder
    let leader: Node
    let helper: Node

    private init(folder: TemporaryFolder, leader: Node, helper: Node) {
        self.folder = folder
        self.leader = leader
        self.helper = helper
    }

    /// Runs all processes while `body` works, and ends them whatever happens.
    static func run(_ body: (ReplicatedNodes) async throws -> Void) async throws {
        let nodes = try await create()
        try await nodes.leader.proxy.serve {
            try await nodes.helper.proxy.serve {
                do {
                    for node in [nodes.leader, nodes.helper] { try await nodes.start(node) }
                    try await body(nodes)
                } catch {
                    await nodes.stop()
                    throw error
                }
                await nodes.stop()
            }
        }
    }

    private func stop() async { for replica in leader.replicas + helper.replicas { await replica.stop() } }

    /// The first makes the node's keys; the second gets them, and joins it.
    private func start(_ node: Node) async throws {
        try await node.replicas[0].start()
        for other in node.replicas.dropFirst() {
            let (from, to) = ("\(node.replicas[0].folder)/data/keys", "\(other.folder)/data/keys")
            try FileManager.default.createDirectory(
                atPath: "\(other.folder)/data", withIntermediateDirectories: true)
            try FileManager.default.copyItem(atPath: from, toPath: to)
            try FileManager.default.removeItem(atPath: "\(to)/generation")
            try await other.start()
        }
        node.use(node.replicas)
    }

    private static func create() async throws -> ReplicatedNodes {
        let folder = try TemporaryFolder()
        let ports = try TestPorts.take(6)
        var nodes: [Node] = []
        for (role, own) in [("leader", 0), ("helper", 3)] {
            let database = try #require(try await TestStorage.postgresql.database())
            let replicas = (1...2).map {
                TestNode(
                    role: role, folder: "\(folder.path)/\(role)-\($0)", port: ports[own], listenPort: ports[own + $0])
            }
            let listen = "127.0.0.1:\(ports[own + 1])"
            if role == "leader" {
                try await Cairn.succeed(
                    "node", "init", "--role", "leader", "--dir", replicas[0].folder, "--listen", listen, "--public-url",
                    replicas[0].url, "--peer-url", "http://127.0.0.1:\(ports[3])", "--log-origin", "test.example/log")
            } else {
                try await Cairn.succeed(
                    "node", "init", "--invitation", "\(nodes[0].replicas[0].folder)/helper.invitation", "--dir",
                    replicas[0].folder, "--listen", listen)
            }
            let made = try String(contentsOfFile: replicas[0].configuration, encoding: .utf8)
            let text = made + database.yaml + "  replicas: true\n"
            try text.write(toFile: replicas[0].configuration, atomically: true, encoding: .utf8)
            try FileManager.default.copyItem(atPath: replicas[0].folder, toPath: replicas[1].folder)
            try text.replacing(listen, with: "127.0.0.1:\(ports[own + 2])").write(
                toFile: replicas[1].configuration, atomically: true, encoding: .utf8)
            let proxy = FaultProxy(port: ports[own], upstreamPort: ports[own + 1], remembers: false)
            nodes.append(Node(replicas: replicas, proxy: proxy, database: database))
        }
        try await Cairn.succeed("keygen", "hpke", "--out", "\(folder.path)/collector.hpke")
        let made = ReplicatedNodes(folder: folder, leader: nodes[0], helper: nodes[1])
        try TestWallet.create(in: made.home)
        return made
    }

    var home: String { "\(folder.path)/home" }

    func wallet() throws -> ContributorWallet { try TestWallet.open(in: home) }

    func policyPath(_ name: String) -> String { "\(folder.path)/tasks/\(name).policy" }

    /// Creates a task and adds it to both nodes.
    func createTask(_ name: String, _ options: String...) async throws -> TaskFile {
        try await createTask(name, options)
    }

    func createTask(_ name: String, _ options: [String]) async throws -> TaskFile {
        let draft = try await Cairn.run(
            [
                "task", "create", "--name", name, "--log-window", "0", "--leader", leader.replicas[0].url, "--helper",
                helper.replicas[0].url, "--collector-config", "\(folder.path)/collector.hpke.pub", "--out",
                "\(folder.path)/tasks", TestNodes.acceptWeakPromises, "--time-precision", "2",
            ] + options, home: home)
        try #require(draft.status == 0, "\(draft.errors)")
        let path = "\(folder.path)/tasks/\(name).task"
        for node in [leader, helper] {
            try await Cairn.succeed(
                "node", "task", "add", "--config", node.replicas[0].configuration, path, TestNodes.acceptWeakPromises)
        }
        return try TaskFile(json: Array(try Data(contentsOf: URL(fileURLWithPath: path))))
    }

    func collector(_ task: TaskFile) throws -> Collector {
        let text = try String(contentsOfFile: "\(folder.path)/collector.hpke", encoding: .utf8)
        return try Collector(
            task: task, keyPair: try HpkeKeyPair(keyFile: text), token: try leader.replicas[0].token("collector"),
            transport: HTTPTransport(deadline: .seconds(60)))
    }

    // MARK: Faults

    /// Kills a process without warning; the other one is asked meanwhile. It comes back after a while.
    func kill(_ replica: TestNode, of node: Node, for pause: Duration) async throws {
        await replica.kill()
        node.use(node.others(than: replica))
        try await Task.sleep(for: pause)
        try await replica.start()
        node.use(node.replicas)
    }

    /// Stops a process until all that it had leased is over, and lets it go on in the middle of what it did.
    ///
    /// - Parameter isCutOff: the server has given its connections up meanwhile.
    func freeze(_ replica: TestNode, of node: Node, for pause: Duration, isCutOff: Bool) async throws {
        let process = try #require(replica.processID)
        Foundation.kill(process, SIGSTOP)
        node.use(node.others(than: replica))
        if isCutOff { try cutOff(node) }
        let end = ContinuousClock.now + pause
        while ContinuousClock.now < end {
            // As if all this took half a minute.
            for table in ["leader_jobs", "helper_jobs"] {
                try node.database.run("UPDATE \(table) SET due = 0 WHERE lease_token <> 0")
            }
            try node.database.run("UPDATE duties SET until = 0")
            try await Task.sleep(for: .milliseconds(250))
        }
        Foundation.kill(process, SIGCONT)
        try await Task.sleep(for: .milliseconds(300))
        node.use(node.replicas)
    }

    /// Both processes lose their connections. The one that runs finds new ones.
    private func cutOff(_ node: Node) throws {
        try node.database.run(
            """
            SELECT count(pg_terminate_backend(pid))::text FROM pg_stat_activity
            WHERE datname = current_database() AND application_name = 'cairn'
            """)
    }
}
