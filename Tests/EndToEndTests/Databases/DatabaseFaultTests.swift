import ChildProcesses
import Contributor
import DAP
import Foundation
import Testing

extension EndToEnd {
    /// A node whose database is a file that it must not use, or cannot: it says so, and nothing that it has acknowledged is
    /// lost.
    @Suite struct DatabaseFaults {
        // MARK: Files that are not for it

        /// A leader that has run and has a task, and is stopped.
        private func withStoppedLeader(_ body: (TestNodes, RawFile) async throws -> Void) async throws {
            try await TestNodes.run(on: .sqlite) { nodes in
                _ = try await nodes.createTask(
                    "kept", "--vdaf", "count", "--uncommitted", "--batch-mode", "leader-selected", "--min-batch-size",
                    "2", "--max-batch-size", "10")
                await nodes.leader.stop()
                try await body(nodes, RawFile(path: "\(nodes.leader.folder)/data/node.sqlite"))
            }
        }

        private func run(_ node: TestNode, as user: Int? = nil) async throws -> (status: Int32, errors: String) {
            var command = [
                try Cairn.path(), "node", "run", "--config", node.configuration, "--exit-with-parent", "\(getpid())",
            ]
            if let user {
                command = ["/usr/bin/setpriv", "--reuid", "\(user)", "--regid", "\(user)", "--clear-groups"] + command
            }
            let outcome = try await ChildProcess.run(command[0], Array(command.dropFirst()))
            return (outcome.ending.status, String(decoding: outcome.errors, as: UTF8.self))
        }

        /// The node runs again, and has what it had.
        private func expectAsBefore(_ nodes: TestNodes) async throws {
            try await nodes.leader.start()
            let list = try await Cairn.succeed("node", "task", "list", "--config", nodes.leader.configuration)
            #expect(list.output.contains("kept"))
            await nodes.leader.stop()
        }

        @Test(arguments: [
            (
                "UPDATE cairn_schema SET version = version + 1", "UPDATE cairn_schema SET version = version - 1",
                "newer cairn"
            ),
            (
                "UPDATE node_state SET role = 'helper'", "UPDATE node_state SET role = 'leader'",
                "the database is a helper's"
            ),
            (
                "ALTER TABLE cairn_schema RENAME TO songs", "ALTER TABLE songs RENAME TO cairn_schema",
                "belongs to another program"
            ),
        ])
        func aDatabaseOfSomebodyElseIsLeftAlone(change: String, back: String, words: String) async throws {
            try await withStoppedLeader { nodes, file in
                try file.run(change)
                let before = try file.everything()
                for _ in 0..<2 {
                    let refused = try await run(nodes.leader)
                    #expect(refused.status == 1)
                    try ErrorWords.expectWords(refused.errors, words)
                    #expect(try file.everything() == before)
                }
                try file.run(back)
                try await expectAsBefore(nodes)
            }
        }

        /// As a user who may not do everything.
        @Test(.enabled(if: getuid() == 0), arguments: [("/node.sqlite", 0o444), ("/node.sqlite", 0o000), ("", 0o555)])
        func whatMayNotBeWrittenIsSaidToBeSo(name: String, mode: Int) async throws {
            try await withStoppedLeader { nodes, file in
                let nobody = 65_534
                let all = try #require(FileManager.default.subpaths(atPath: nodes.folder.path))
                for path in [""] + all {
                    try FileManager.default.setAttributes(
                        [.ownerAccountID: nobody, .groupOwnerAccountID: nobody],
                        ofItemAtPath: "\(nodes.folder.path)/\(path)")
                }
                let path = "\(nodes.leader.folder)/data\(name)"
                let usual = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
                let before = try file.everything()
                try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
                let refused = try await run(nodes.leader, as: nobody)
                #expect(refused.status == 1)
                try ErrorWords.expectWords(refused.errors, "data")
                let said = refused.errors.lowercased()
                #expect(said.contains("permission") || said.contains("may be written"), "\(refused.errors)")
                try FileManager.default.setAttributes([.posixPermissions: try #require(usual)], ofItemAtPath: path)
                #expect(try file.everything() == before)
                try await expectAsBefore(nodes)
            }
        }
    }
}
