import Contributor
import Datastore
import Foundation
import PostgresCluster
import TestPorts
import TestSupport
import Testing

extension EndToEnd {
    /// Nodes as processes, on database servers that they cannot use, or not any more: an operator is told what is wrong, and
    /// nothing is changed.
    @Suite(.enabled(if: !PostgresCluster.isLeftOut)) struct DatabaseServers {
        /// A node that was never started, with its database.
        private func node(_ url: String, in folder: TemporaryFolder) async throws -> TestNode {
            let ports = try TestPorts.take(2)
            let node = TestNode(role: "leader", folder: "\(folder.path)/leader", port: ports[0])
            try await Cairn.succeed(
                "node", "init", "--role", "leader", "--dir", node.folder, "--listen", "127.0.0.1:\(ports[0])",
                "--public-url", node.url, "--peer-url", "http://127.0.0.1:\(ports[1])", "--log-origin",
                "test.example/log")
            try put(url, into: node)
            return node
        }

        private func put(_ url: String, into node: TestNode) throws {
            var lines = try String(contentsOfFile: node.configuration, encoding: .utf8).split(
                separator: "\n", omittingEmptySubsequences: false)
            if let storage = lines.firstIndex(of: "storage:") { lines.removeSubrange(storage...) }
            let text = lines.joined(separator: "\n") + "\nstorage:\n  postgresql: \"\(url)\"\n  connections: 2\n"
            try text.write(toFile: node.configuration, atomically: true, encoding: .utf8)
        }

        /// Everything in a database.
        private func contents(_ database: PostgresDatabase) throws -> [String?] {
            try database.run(
                """
                SELECT query_to_xml('SELECT * FROM ' || quote_ident(tablename), true, true, '')::text
                FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename
                """)
        }

        /// The server's word on its own version is changed on the way; all else is a real server.
        @Test(arguments: [("12.22 (Debian 12.22-1)", "PostgreSQL 12,"), ("9.6.24", "PostgreSQL 9.6,")])
        func aServerThatIsTooOldIsRefused(_ version: String, _ words: String) async throws {
            let folder = try TemporaryFolder()
            let database = try await PostgresCluster.shared().database()
            let old = try LossyProxy(to: database.cluster.folder, version: version)
            defer { old.stop() }
            let url = "postgres://cairn@/\(database.name)?host=\(old.folder)"
            // A new database, and one that a node has used.
            let node = try await node(url, in: folder)
            for isUsed in [false, true] {
                if isUsed {
                    try put(database.url, into: node)
                    try await node.start()
                    await node.stop()
                    try put(url, into: node)
                }
                let before = try contents(database)
                #expect(before.isEmpty != isUsed)
                for command in [["run"], ["task", "list"]] {
                    let result = try await Cairn.run(["node"] + command + ["--config", node.configuration])
                    #expect(result.status == 1)
                    #expect(result.errors.contains("\(words) which is too old: 13"), "\(result.errors)")
                }
                #expect(try contents(database) == before)
            }
            // On the server as it is, it goes on.
            try put(database.url, into: node)
            try await node.start()
            await node.stop()
        }

        @Test func aServerWithoutFreeConnectionsIsNamed() async throws {
            let folder = try TemporaryFolder()
            let cluster = try await PostgresCluster.start(settings: [
                "max_connections=5", "superuser_reserved_connections=0",
            ])
            let (database, crowded) = (try cluster.database(), try cluster.database())
            let node = try await node(database.url, in: folder)
            var options = PostgreSQLOptions(location: try PostgreSQLLocation(url: crowded.url))
            options.connections = 2
            var guests: [NodeDatabase] = []
            for _ in 0..<5 { guests.append(try await NodeDatabase.open(.postgreSQL(options))) }
            let result = try await Cairn.run("node", "run", "--config", node.configuration)
            #expect(result.status == 75)
            #expect(result.errors.contains("no free connection: raise its max_connections"), "\(result.errors)")
            // Whoever wants to see or mend jobs hears the same, and may try again.
            for words in [["list"], ["show", "1"], ["retry", "1"], ["abandon", "c1"], ["forget", "AAAA"]] {
                let later = try await Cairn.run(["node", "jobs"] + words + ["--config", node.configuration])
                #expect(later.status == 75, "\(words): \(later.errors)")
                #expect(later.errors.contains("no free connection"), "\(words): \(later.errors)")
            }
            for guest in guests { try guest.close() }
            #expect(try contents(database).isEmpty)
            try await node.start()
            await node.stop()
        }

        /// It may not have all that the node has acknowledged. The next start looks.
        @Test func aNodeEndsWhenAStandbyTakesOverAndGoesOnWithTheNextStart() async throws {
            let folder = try TemporaryFolder()
            let cluster = try await PostgresCluster.start(settings: ["restore_command=/bin/false"])
            let database = try cluster.database()
            let node = try await node(database.url, in: folder)
            try await node.start()
            try await cluster.takeOver()
            for _ in 0..<3_000 where !node.hasEnded { try await Task.sleep(for: .milliseconds(20)) }
            try #require(node.hasEnded, "\(node.logText)")
            #expect(node.logText.contains("the node ended: another database server has taken over"), "\(node.logText)")
            try await node.start()
            await node.stop()
        }
    }
}
