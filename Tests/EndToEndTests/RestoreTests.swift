import AggregatorNode
import Contributor
import Foundation
import Ledger
import PostgresCluster
import Tasks
import Testing
import TransparencyLog

extension EndToEnd {
    /// Somebody puts a backup in the place of what a node remembers. Whatever it was put beside, no node shows an input, and
    /// none takes another report: it stops, says why, and stays stopped.
    @Suite struct Restores {
        /// What of a node comes from the backup.
        enum Part: String, CaseIterable, Sendable {
            /// The database and the log, as a database backup brings them back.
            case database
            /// The keys beside it as well, as the snapshot of a whole machine does.
            case everything
        }

        private static func taskOptions(_ more: [String] = []) -> [String] {
            [
                "--vdaf", "sum", "--max-measurement", "100", "--batch-mode", "leader-selected", "--min-batch-size",
                "2", "--max-batch-size", "10",
            ] + more
        }

        private func contribute(_ value: Int, _ nodes: TestNodes) async throws -> CommandResult {
            try await Cairn.run("contribute", "--task", "kept", "--value", "\(value)", "--json", home: nodes.home)
        }

        private func collect(_ task: TaskFile, _ nodes: TestNodes) async throws -> CollectionOutcome {
            try await nodes.collector(task).collect(.leaderSelected, deadline: .seconds(180))
        }

        private func backUp(_ node: TestNode) async throws {
            await node.stop()
            try await node.saveState()
            try await node.start()
        }

        private func restore(_ part: Part, _ node: TestNode) async throws {
            await node.stop()
            try await node.restoreState(keepingKeys: part == .database)
        }

        /// Waits until the process has ended by itself, and expects its reason in what it logged.
        private func expectStopped(_ node: TestNode, _ reason: String) async throws {
            for _ in 0..<6_000 where !node.hasEnded { try await Task.sleep(for: .milliseconds(20)) }
            try #require(node.hasEnded, "the \(node.role) goes on: \(node.logText)")
            #expect(node.logText.contains(reason), "\(node.logText)")
            // It does not come back as if nothing had happened.
            let again = try await Cairn.run("node", "run", "--config", node.configuration)
            #expect(again.status == 1, "\(again.errors)")
            #expect(again.errors.contains("restored"), "\(again.errors)")
        }

        /// A pair with one collected batch of two, of which each part of a backup from before has forgotten everything.
        private func afterOneBatch(
            of role: String?, on storage: TestStorage = .ofThisRun,
            _ body: (TestNodes, TaskFile, String) async throws -> Void
        ) async throws {
            try await TestNodes.run(on: storage) { nodes in
                let task = try await nodes.createTask("kept", Self.taskOptions())
                for node in [nodes.leader, nodes.helper] where role == nil || node.role == role {
                    try await backUp(node)
                }
                for value in [1, 20] {
                    let result = try await contribute(value, nodes)
                    try #require(result.status == 0, "\(result.errors)")
                }
                let outcome = try await collect(task, nodes)
                #expect(outcome.value == .integer(21))
                try await body(nodes, task, nodes.policyPath("kept"))
            }
        }

        @Test(arguments: Part.allCases, TestStorage.both)
        func aRestoredHelperStops(_ part: Part, on storage: TestStorage) async throws {
            try await afterOneBatch(of: "helper", on: storage) { nodes, _, policy in
                try await restore(part, nodes.helper)
                switch part {
                case .database:
                    let refused = try await Cairn.run("node", "run", "--config", nodes.helper.configuration)
                    #expect(refused.status == 1 && refused.errors.contains("older than the keys"), "\(refused.errors)")
                    #expect(refused.errors.contains("cairn node restored"))
                case .everything:
                    // The log that the leader serves has the helper's signature under more than it knows.
                    try await nodes.helper.startUnobserved()
                    try await expectStopped(nodes.helper, "its key's signature")
                }
                try await theOnlyWayOutEndsTheTasks(nodes.helper)
                // What was published before can be checked as before.
                try await Cairn.succeed("audit", "--log", "\(nodes.leader.url)/log", "--policy", policy)
            }
        }

        @Test(arguments: Part.allCases, TestStorage.both)
        func aRestoredLeaderStops(_ part: Part, on storage: TestStorage) async throws {
            try await afterOneBatch(of: "leader", on: storage) { nodes, _, _ in
                try await restore(part, nodes.leader)
                switch part {
                case .database:
                    let refused = try await Cairn.run("node", "run", "--config", nodes.leader.configuration)
                    #expect(refused.status == 1 && refused.errors.contains("older than the keys"), "\(refused.errors)")
                case .everything:
                    // Its helper's witness proves to it what it has signed, as soon as it publishes again.
                    try await nodes.leader.startUnobserved()
                    let refused = try await contribute(3, nodes)
                    #expect(refused.status != 0 || !refused.output.contains("\"promised\" : true"), "\(refused.output)")
                    try await expectStopped(nodes.leader, "signed")
                }
                try await theOnlyWayOutEndsTheTasks(nodes.leader)
            }
        }

        /// Both are consistent with each other; only their contributors remember.
        @Test func whereBothAreRestoredTogetherAWalletStopsThem() async throws {
            try await afterOneBatch(of: nil) { nodes, task, _ in
                let fetched = try await Cairn.run("receipt", "fetch", "--json", home: nodes.home)
                try #require(fetched.status == 0, "\(fetched.errors)")
                for node in [nodes.leader, nodes.helper] { try await restore(.everything, node) }
                try await nodes.leader.start()
                try await nodes.helper.start()
                let refused = try await contribute(3, nodes)
                #expect(refused.status != 0, "\(refused.output)")
                for node in [nodes.leader, nodes.helper] { try await expectStopped(node, "signature") }
            }
        }

        /// Destroys the keys: nobody can use what the node has forgotten.
        private func theOnlyWayOutEndsTheTasks(_ node: TestNode) async throws {
            let configuration = try NodeConfiguration.load(path: node.configuration)
            let declared = try await Cairn.succeed("node", "restored", "--config", node.configuration, "--yes")
            #expect(declared.output.contains("ended     task kept"), "\(declared.output)")
            for key in ["hpke", "statement", "generation"] {
                #expect(!FileManager.default.fileExists(atPath: "\(configuration.keyDirectory)/\(key)"))
            }
            #expect(!configuration.noteKeyFiles.contains { FileManager.default.fileExists(atPath: $0) })
            let started = try await Cairn.run("node", "run", "--config", node.configuration)
            #expect(started.status != 0, "a node without its key does not run")
            let kind = node.role == "leader" ? "log" : "witness"
            try await Cairn.succeed(
                "keygen", kind, "--name", "new.example/\(kind)", "--out", configuration.noteKeyFiles[0])
        }
    }
}
