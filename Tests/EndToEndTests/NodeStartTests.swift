import Foundation
import TestPorts
import TestSupport
import Testing

extension EndToEnd {
    /// Nodes that cannot start.
    @Suite struct NodeStarts {
        /// What keeps a node from starting, as its operator reads it.
        @Test func whatStopsANodeIsSaidInWords() async throws {
            let folder = try TemporaryFolder()
            let ports = try TestPorts.take(2)
            func make(_ name: String) async throws -> String {
                try await Cairn.succeed(
                    "node", "init", "--role", "leader", "--dir", "\(folder.path)/\(name)", "--listen",
                    "127.0.0.1:\(ports[0])", "--peer-url", "http://127.0.0.1:\(ports[1])", "--log-origin",
                    "test.example/log")
                return "\(folder.path)/\(name)"
            }
            func start(_ node: String) async throws -> CommandResult {
                try await Cairn.run(
                    "node", "run", "--config", "\(node)/leader.yaml", "--exit-with-parent", "\(getpid())")
            }
            func configure(_ node: String, _ change: (String) -> String) throws {
                let text = try String(contentsOfFile: "\(node)/leader.yaml", encoding: .utf8)
                try change(text).write(toFile: "\(node)/leader.yaml", atomically: true, encoding: .utf8)
            }
            let damaged = try await make("damaged")
            try FileManager.default.createDirectory(
                atPath: "\(damaged)/data", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try String(repeating: "this is no database\n", count: 500)
                .write(toFile: "\(damaged)/data/node.sqlite", atomically: true, encoding: .utf8)
            let damage = try await start(damaged)
            #expect(damage.status == 1)
            try ErrorWords.expectWords(damage.errors, "node.sqlite", "damaged, or is no database")

            for (name, change, words) in [
                ("yaml", { "role: [leader\n\t- x: {\n" + $0 }, "leader.yaml:"),
                ("control", { $0 + "x: \u{1}\n" }, "leader.yaml"),
                (
                    "port", { $0.replacing("listen: 127.0.0.1:\(ports[0])", with: "listen: 127.0.0.1:99999") },
                    "1 to 65535"
                ),
                (
                    "url", { $0.replacing("http://127.0.0.1:\(ports[1])", with: "http://127.0.0.1:99999") },
                    "ports are 1 to 65535"
                ),
                ("tab", { $0.replacing("    psk_files", with: "\tpsk_files") }, "begins with a tab"),
                ("folder", { $0.replacing("data_dir: data", with: "data_dir: /proc/cairn") }, "/proc/cairn"),
                ("address", { $0.replacing("listen: 127.0.0.1:", with: "listen: 192.0.2.1:") }, "no such address"),
                (
                    "ca",
                    { $0.replacing("psk_files: [peer.psk]", with: "psk_files: [peer.psk]\n    ca_file: none.pem") },
                    "none.pem"
                ),
            ] as [(String, (String) -> String, String)] {
                let node = try await make(name)
                try configure(node, change)
                let result = try await start(node)
                #expect(result.status == 1, "\(name): \(result.errors)")
                try ErrorWords.expectWords(result.errors, words)
            }
            let keyless = try await make("keyless")
            try FileManager.default.removeItem(atPath: "\(keyless)/log.skey")
            let missing = try await start(keyless)
            try ErrorWords.expectWords(missing.errors, "log.skey")

            let used = try await make("used")
            let listener = try PortTaker(port: ports[0])
            defer { listener.close() }
            let taken = try await start(used)
            #expect(taken.status == 1)
            try ErrorWords.expectWords(taken.errors, "the port is in use")
        }
    }
}
