import Contributor
import Foundation
import PostgresCluster
import Tasks
import TestSupport
import Testing

extension EndToEnd {
    /// Somebody puts an older copy of the database in a node's place, beside its keys: before it starts, or while it runs.
    /// Whichever of the words that a node says once is missing there, it stops and stays stopped.
    @Suite struct ForgottenWords {
        private let folder: TemporaryFolder

        init() throws { folder = try TemporaryFolder() }

        private func contribute(_ value: Int, _ nodes: TestNodes) async throws -> String {
            let result = try await Cairn.succeed(
                "contribute", "--task", "said", "--value", "\(value)", "--json", home: nodes.home)
            let reports = try #require(try result.json()["reports"] as? [[String: Any]])
            return try #require(reports.first?["report_id"] as? String)
        }

        private func withdraw(_ id: String, at node: String, _ nodes: TestNodes) async throws {
            try await Cairn.succeed("withdraw", "--task", "said", "--report", id, "--at", node, home: nodes.home)
        }

        private func accepted(_ count: UInt64, _ task: TaskFile) async throws {
            let client = try TaskClient(task: task)
            for _ in 0..<6_000 {
                if try await client.status().accepted == count { return }
                try await Task.sleep(for: .milliseconds(20))
            }
            Issue.record("the reports are not accepted")
        }

        private func createTask(_ nodes: TestNodes) async throws -> TaskFile {
            try await nodes.createTask(
                "said", "--vdaf", "sum", "--max-measurement", "100", "--batch-mode", "leader-selected",
                "--min-batch-size", "2", "--max-batch-size", "10")
        }

        private func expectRefused(_ node: TestNode, _ words: String, after deed: String) async throws {
            let refused = try await Cairn.run("node", "run", "--config", node.configuration)
            #expect(refused.status == 1, "the \(node.role) that forgot \(deed): \(refused.errors)")
            #expect(refused.errors.contains(words), "the \(node.role) that forgot \(deed): \(refused.errors)")
            #expect(refused.errors.contains("cairn node restored"), "\(refused.errors)")
        }

        @Test(arguments: TestStorage.both) func aNodeThatForgotAWordDoesNotStart(on storage: TestStorage) async throws {
            try await TestNodes.run(on: storage) { nodes in
                let task = try await createTask(nodes)
                var ids: [String] = []
                /// Copies the databases, does something, and shows the copies to nodes that were not started since.
                func check(_ deed: String, _ roles: [TestNode], _ body: () async throws -> Void) async throws {
                    for node in roles { try await node.copyDatabase(to: "\(folder.path)/\(node.role).\(deed)") }
                    try await body()
                    for node in roles {
                        await node.stop()
                        let (before, newest) = ("\(folder.path)/\(node.role).\(deed)", "\(folder.path)/newest.\(deed)")
                        try await node.copyDatabase(to: newest)
                        try await node.putDatabase(from: before)
                        try await expectRefused(node, "older than the keys", after: deed)
                        // What it advises first is the way on.
                        try await node.putDatabase(from: newest)
                        try FileManager.default.removeItem(atPath: newest)
                        try await node.start()
                    }
                }
                let (leader, helper) = (nodes.leader, nodes.helper)
                try await check("promise", [leader]) {
                    for value in [1, 20, 3, 40] { ids.append(try await contribute(value, nodes)) }
                }
                try await check("cosignature", [helper]) {
                    let store = try await helper.openDatabase()
                    let before = try await store.generation()
                    ids.append(try await contribute(5, nodes))
                    try await accepted(5, task)
                    for _ in 0..<6_000 where try await store.generation() == before {
                        try await Task.sleep(for: .milliseconds(20))
                    }
                    try store.close()
                }
                try await check("withdrawal", [leader]) { try await withdraw(ids[0], at: "leader", nodes) }
                try await check("refusal", [helper]) { try await withdraw(ids[1], at: "helper", nodes) }
                try await check("close", [leader, helper]) {
                    let outcome = try await nodes.collector(task).collect(.leaderSelected, deadline: .seconds(180))
                    #expect(outcome.value == .integer(48))
                }
                try await Cairn.succeed(
                    "audit", "--log", "\(leader.url)/log", "--policy", nodes.policyPath("said"))
            }
        }

        /// What `cairn node task` counts in a backup would bring it up to what the keys have seen.
        @Test(arguments: TestStorage.both) func noCommandChangesADatabaseThatForgotAWord(on storage: TestStorage)
            async throws
        {
            try await TestNodes.run(on: storage) { nodes in
                _ = try await createTask(nodes)
                let node = nodes.leader
                func generation() async throws -> UInt64 {
                    let store = try await node.openDatabase()
                    defer { try? store.close() }
                    return try await store.generation()
                }
                let (before, newest) = ("\(folder.path)/before", "\(folder.path)/newest")
                try await node.copyDatabase(to: before)
                _ = try await contribute(1, nodes)
                await node.stop()
                try await node.copyDatabase(to: newest)
                try await node.putDatabase(from: before)
                let number = try await generation()
                for change in [
                    ["remove", "said"], ["remove", "--discard", "said"], ["add", nodes.taskPath("said")],
                    ["drop", "--job", "1", "said"],
                ] {
                    let refused = try await Cairn.run(
                        ["node", "task", change[0], "--config", node.configuration] + change.dropFirst())
                    #expect(refused.status == 1 && refused.errors.contains("older than the keys"), "\(refused.errors)")
                }
                #expect(try await generation() == number)
                try await Cairn.succeed("node", "task", "list", "--config", node.configuration)
                try await expectRefused(node, "older than the keys", after: "a promise")
                // With the newest it starts again.
                try await node.putDatabase(from: newest)
                try await node.start()
            }
        }

        /// A backup gets the file's name while the node has the newest one open, and nothing counts.
        @Test(arguments: ["leader", "helper"])
        func aFileThatIsRenamedAwayEndsItsNode(_ role: String) async throws {
            try await TestNodes.run(on: .sqlite) { nodes in
                _ = try await createTask(nodes)
                let node = role == "leader" ? nodes.leader : nodes.helper
                let (file, copy) = ("\(node.folder)/data/node.sqlite", "\(folder.path)/copy")
                try await node.copyDatabase(to: copy)
                _ = try await contribute(1, nodes)
                try FileManager.default.moveItem(atPath: file, toPath: file + ".moved")
                try FileManager.default.moveItem(atPath: copy, toPath: file)
                for _ in 0..<1_500 where !node.hasEnded { try await Task.sleep(for: .milliseconds(20)) }
                try #require(node.hasEnded, "the \(role) goes on: \(node.logText)")
                #expect(node.logText.contains("was deleted, moved or replaced"), "\(node.logText)")
                // What the newest one's log had is not mixed into the backup. (A helper may have said nothing yet.)
                if role == "leader" { try await expectRefused(node, "older than the keys", after: "a promise") }
                // Nothing is lost: with the file it starts again.
                try FileManager.default.removeItem(atPath: file)
                try FileManager.default.moveItem(atPath: file + ".moved", toPath: file)
                try await node.start()
            }
        }

        @Test(arguments: ["leader", "helper"], TestStorage.both)
        func aDatabaseThatIsExchangedUnderARunningNodeStopsIt(_ role: String, on storage: TestStorage) async throws {
            try await TestNodes.run(on: storage) { nodes in
                let task = try await createTask(nodes)
                let node = role == "leader" ? nodes.leader : nodes.helper
                let copy = "\(folder.path)/copy"
                try await node.copyDatabase(to: copy)
                let store = try await node.openDatabase()
                let before = try await store.generation()
                for value in [1, 20] { _ = try await contribute(value, nodes) }
                try await accepted(2, task)
                // The helper gives its word later, on the log; until then it has nothing to forget.
                for _ in 0..<6_000 where try await store.generation() == before {
                    try await Task.sleep(for: .milliseconds(20))
                }
                try store.close()
                try await node.putDatabase(from: copy)
                for _ in 0..<1_500 where !node.hasEnded { try await Task.sleep(for: .milliseconds(20)) }
                try #require(node.hasEnded, "the \(role) goes on: \(node.logText)")
                #expect(node.logText.contains("exchanged for an older one"), "\(node.logText)")
                try await expectRefused(node, "this node is stopped", after: "all of it")
                // Nor with the copy once more, which knows nothing of that.
                try await node.putDatabase(from: copy)
                try await expectRefused(node, "older than the keys", after: "why it was stopped")
            }
        }
    }
}
