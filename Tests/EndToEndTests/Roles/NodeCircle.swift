import Contributor
import DAP
import Foundation
import PostgresCluster
import TaskTypes
import Tasks
import TestPorts
import TestSupport
import Testing

/// Some nodes that know each other, each leader of some tasks and helper in others, set up by hand: with files of their
/// keys, and configurations with the sections `leader`, `helper` and `peers`.
final class NodeCircle: Sendable {
    let folder: TemporaryFolder
    let nodes: [String: TestNode]

    /// - Parameter names: one node each.
    init(_ names: [String], on storage: TestStorage = .ofThisRun) async throws {
        folder = try TemporaryFolder()
        var nodes: [String: TestNode] = [:]
        for (name, port) in zip(names, try TestPorts.take(names.count)) {
            let node = TestNode(role: name, folder: "\(folder.path)/\(name)", port: port)
            try FileManager.default.createDirectory(atPath: node.folder, withIntermediateDirectories: true)
            try await Cairn.succeed("keygen", "log", "--name", Self.log(name), "--out", "\(node.folder)/log.skey")
            try await Cairn.succeed(
                "keygen", "witness", "--name", "\(name).example/witness", "--out", "\(node.folder)/witness.skey")
            try await Cairn.succeed("keygen", "token", "--out", "\(node.folder)/collector.token")
            nodes[name] = node
        }
        self.nodes = nodes
        try await Cairn.succeed("keygen", "hpke", "--out", "\(folder.path)/collector.hpke")
        try TestWallet.create(in: home)
        for name in names {
            try write(name, peers: names.filter { $0 != name }.map { Peering($0) })
            try await node(name).chooseStorage(storage)
        }
    }

    /// What a configuration says of a peer.
    struct Peering {
        let name: String
        /// Files of both nodes' folders; made where nobody has made them.
        var secrets: [String]
        var tokens: [String]

        init(_ name: String, secrets: [String] = ["psk"], tokens: [String] = ["token"]) {
            self.name = name
            self.secrets = secrets
            self.tokens = tokens
        }
    }

    static func log(_ name: String) -> String { "\(name).example/log" }

    var home: String { "\(folder.path)/home" }

    func node(_ name: String) throws -> TestNode { try #require(nodes[name]) }

    /// Writes a node's configuration, without its database.
    func write(_ name: String, peers: [Peering], roles: [String] = ["leader", "helper"]) throws {
        let node = try node(name)
        var text = "listen: 127.0.0.1:\(node.port)\npublic_url: \(node.url)/\ndata_dir: data\n"
        if roles.contains("leader") {
            text +=
                "leader:\n  log_origin: \(Self.log(name))\n  log_key_file: log.skey\n"
                + "  collector_token_files: [collector.token]\n"
        }
        if roles.contains("helper") { text += "helper:\n  witness_key_file: witness.skey\n" }
        text += "peers:\n"
        for peer in peers {
            // Both operators have the same file under the name of the two.
            let pair = [name, peer.name].sorted().joined(separator: "-")
            for secret in peer.secrets + peer.tokens {
                let made = "\(folder.path)/\(pair).\(secret)"
                guard !FileManager.default.fileExists(atPath: made) else { continue }
                try Self.randomSecret().write(toFile: made, atomically: true, encoding: .utf8)
                try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: made)
            }
            func list(_ names: [String]) -> String {
                "[\(names.map { "../\(pair).\($0)" }.joined(separator: ", "))]"
            }
            text +=
                "  - url: \(try self.node(peer.name).url)\n    psk_files: \(list(peer.secrets))\n"
                + "    token_files: \(list(peer.tokens))\n"
            if roles.contains("helper") { text += "    log_origin: \(Self.log(peer.name))\n" }
        }
        try (text + (node.database?.yaml ?? "")).write(
            toFile: node.configuration, atomically: true, encoding: .utf8)
    }

    /// One line, as `cairn keygen token` and `psk` write.
    private static func randomSecret() -> String {
        let bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max) }
        return Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing(
            "=", with: "")
            + "\n"
    }

    /// The token that two nodes know each other by.
    func token(_ first: String, _ second: String, _ name: String = "token") throws -> String {
        let pair = [first, second].sorted().joined(separator: "-")
        return try String(contentsOfFile: "\(folder.path)/\(pair).\(name)", encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Ends all nodes, whatever happens.
    func run(_ started: [String], _ body: () async throws -> Void) async throws {
        do {
            for name in started { try await node(name).start() }
            try await body()
        } catch {
            await stop()
            throw error
        }
        await stop()
    }

    private func stop() async { for node in nodes.values { await node.stop() } }

    // MARK: Tasks

    func draft(_ name: String, leader: String, helper: String) async throws -> CommandResult {
        try await Cairn.run(
            "task", "create", "--name", name, "--leader", try node(leader).url, "--helper", try node(helper).url,
            "--collector-config", "\(folder.path)/collector.hpke.pub", "--out", "\(folder.path)/tasks",
            TestNodes.acceptWeakPromises, "--vdaf", "sum", "--max-measurement", "1000", "--committed", "--batch-mode",
            "leader-selected", "--min-batch-size", "2", "--max-batch-size", "50", "--log-window", "0", home: home)
    }

    func create(_ name: String, leader: String, helper: String) async throws -> TaskFile {
        let drafted = try await draft(name, leader: leader, helper: helper)
        try #require(drafted.status == 0, "\(drafted.errors)")
        for node in [leader, helper] {
            let added = try await add(name, to: node)
            try #require(added.status == 0, "\(added.errors)")
        }
        return try TaskFile(json: Array(try Data(contentsOf: URL(fileURLWithPath: path(name)))))
    }

    func path(_ task: String) -> String { "\(folder.path)/tasks/\(task).task" }

    func add(_ task: String, to node: String, _ options: String...) async throws -> CommandResult {
        try await Cairn.run(
            [
                "node", "task", "add", "--config", try self.node(node).configuration, path(task),
                TestNodes.acceptWeakPromises,
            ]
                + options)
    }

    /// - Returns: the id of the report.
    @discardableResult
    func contribute(_ value: Int, to task: String) async throws -> String {
        // Beside reports that a helper alone has let go, of which the log does not speak yet.
        let result = try await Cairn.succeed(
            "contribute", "--task", task, "--value", "\(value)", "--again", "--json", home: home)
        let reports = try #require(try result.json()["reports"] as? [[String: Any]])
        return try #require(reports.first?["report_id"] as? String)
    }

    func withdraw(_ report: String, of task: String, at place: String) async throws {
        let result = try await Cairn.succeed(
            "withdraw", "--task", task, "--report", report, "--at", place, "--json", home: home)
        let reports = try #require(try result.json()["reports"] as? [[String: Any]])
        #expect(reports.map { $0["state"] as? String } == ["withdrawn"])
    }

    func awaitAccepted(_ count: Int, _ task: TaskFile) async throws {
        let client = try TaskClient(task: task)
        for _ in 0..<6_000 {
            if try await client.status().accepted >= count { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("the reports are not accepted")
    }

    /// What the collector gets from the leader, and anybody finds right in its log.
    func collect(_ task: TaskFile, leader: String) async throws -> AggregateValue {
        let key = try String(contentsOfFile: "\(folder.path)/collector.hpke", encoding: .utf8)
        let collector = try Collector(
            task: task, keyPair: try HpkeKeyPair(keyFile: key), token: try node(leader).token("collector"),
            transport: HTTPTransport(deadline: .seconds(120)))
        let outcome = try await collector.collect(.leaderSelected, deadline: .seconds(180))
        try await Cairn.succeed(
            "audit", "--log", "\(try node(leader).url)/log", "--policy", "\(folder.path)/tasks/\(task.name).policy",
            // Another task of the leader has another helper, and so another policy.
            "--task", task.taskID.base64URL)
        return outcome.value
    }
}
