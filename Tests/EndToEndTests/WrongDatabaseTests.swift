import Foundation
import PostgresCluster
import Testing

extension EndToEnd {
    /// Operators whose configurations name a database that is not this node's.
    @Suite struct WrongDatabase {
        /// Starts a node that is not to run, and gives what it says.
        private func refusal(_ node: TestNode) async throws -> String {
            let process = try await node.startUnobserved()
            for _ in 0..<3_000 where !node.hasEnded { try await Task.sleep(for: .milliseconds(20)) }
            try #require(node.hasEnded, "the \(node.role) runs: \(node.logText)")
            #expect(try await process.wait() == .exited(1))
            return node.logText
        }

        /// A folder copied for a second machine, or for a look at another port, whose configuration names the same database.
        @Test(arguments: TestStorage.both)
        func twoProcessesOnOneDatabaseAreOneTooMany(on storage: TestStorage) async throws {
            try await TestNodes.run(on: storage) { nodes in
                let leader = nodes.leader
                if storage == .sqlite {
                    await leader.stop()
                    let text = try String(contentsOfFile: leader.configuration, encoding: .utf8)
                    try (text + "storage:\n  sqlite: \(leader.folder)/data/node.sqlite\n")
                        .write(toFile: leader.configuration, atomically: true, encoding: .utf8)
                    try await leader.start()
                }
                let second = TestNode(role: "leader", folder: "\(nodes.folder.path)/second", port: leader.port)
                try FileManager.default.copyItem(atPath: leader.folder, toPath: second.folder)
                try? FileManager.default.removeItem(atPath: "\(second.folder)/node.log")
                let words = try await refusal(second)
                #expect(words.contains("another process runs a node on this"), "\(words)")
                // Without a word it waits for nobody.
                let hasSaidSo = words.contains("waiting for the claim on the database server")
                #expect(storage == .sqlite || hasSaidSo, "\(words)")
                // The first one serves on.
                #expect(!leader.hasEnded)
                let listed = try await Cairn.run("node", "task", "list", "--config", leader.configuration)
                #expect(listed.status == 0, "\(listed.errors)")
            }
        }

        @Test func aLeaderDoesNotTakeTheHelpersDatabase() async throws {
            try await TestNodes.run(on: .sqlite) { nodes in
                await nodes.stop()
                let (leader, helper) = (nodes.leader, nodes.helper)
                let file = "\(leader.folder)/data/node.sqlite"
                let own = try Data(contentsOf: URL(fileURLWithPath: file))
                let others = try Data(contentsOf: URL(fileURLWithPath: "\(helper.folder)/data/node.sqlite"))
                try others.write(to: URL(fileURLWithPath: file))
                let words = try await refusal(leader)
                #expect(words.contains(file) && words.contains("is a helper's, and this is a leader"), "\(words)")
                let listed = try await Cairn.run("node", "task", "list", "--config", leader.configuration)
                #expect(listed.status == 1 && listed.errors.contains("is a helper's"), "\(listed.errors)")
                // With its own it runs again.
                try own.write(to: URL(fileURLWithPath: file))
                try await leader.start()
            }
        }
    }
}
