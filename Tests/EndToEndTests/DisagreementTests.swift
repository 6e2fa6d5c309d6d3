import Contributor
import DAP
import Foundation
import Testing

extension EndToEnd {
    /// The aggregators of a task without commitments do not hold the same reports any more, or one of them is away.
    @Suite struct Disagreements {
        private func createTask(_ nodes: TestNodes) async throws -> TaskFile {
            try await nodes.createTask(
                "sums", "--uncommitted", "--vdaf", "sum", "--max-measurement", "100", "--batch-mode",
                "leader-selected", "--min-batch-size", "2", "--max-batch-size", "100")
        }

        private func contribute(_ values: [Int], _ nodes: TestNodes, _ task: TaskFile) async throws {
            for value in values {
                try await Cairn.succeed("contribute", "--task", "sums", "--value", "\(value)", home: nodes.home)
            }
        }

        private func status(_ nodes: TestNodes, _ task: TaskFile) async throws -> TaskStatus {
            try await TaskClient(task: task).status()
        }

        private func awaitAccepted(_ count: Int, _ nodes: TestNodes, _ task: TaskFile) async throws {
            for _ in 0..<6_000 {
                if try await status(nodes, task).accepted >= count { return }
                try await Task.sleep(for: .milliseconds(20))
            }
            Issue.record("the reports are not accepted")
        }

        private func collect(_ nodes: TestNodes) async throws -> CommandResult {
            try await Cairn.run(
                "collect", "--task", "sums", "--hpke-key", nodes.collectorKeyFile, "--token",
                nodes.collectorTokenFile, "--json", home: nodes.home)
        }

        /// The snapshot of the helper's whole machine, from before the last jobs, takes the helper's place.
        @Test func aRestoredHelperLosesWhatItForgotAndNoMore() async throws {
            try await TestNodes.run { nodes in
                let task = try await createTask(nodes)
                try await contribute([1, 20], nodes, task)
                try await awaitAccepted(2, nodes, task)
                let data = "\(nodes.helper.folder)/data"
                await nodes.helper.stop()
                try FileManager.default.copyItem(atPath: data, toPath: "\(data).saved")
                try await nodes.helper.start()
                try await contribute([50, 60, 70], nodes, task)
                try await awaitAccepted(5, nodes, task)
                await nodes.helper.stop()
                try FileManager.default.removeItem(atPath: data)
                try FileManager.default.moveItem(atPath: "\(data).saved", toPath: data)
                try await nodes.helper.start()

                let collected = try await collect(nodes)
                try #require(collected.status == 0, "\(collected.errors)")
                let result = try collected.json()
                #expect(result["count"] as? Int == 2)
                #expect(result["result"] as? [String] == ["21"])
                let status = try await status(nodes, task)
                #expect(status.accepted == 2 && status.rejectedTotal == 3)
                #expect(nodes.leader.logText.contains("dropped_here=3"), "the operator of the leader is told")
                #expect(nodes.helper.logText.contains("missing_here=3"), "the operator of the helper is told")
            }
        }

        @Test func aCollectorIsToldThatTheHelperIsAway() async throws {
            try await TestNodes.run { nodes in
                let task = try await createTask(nodes)
                try await contribute([1, 20], nodes, task)
                try await awaitAccepted(2, nodes, task)
                await nodes.helper.kill()
                async let answer = collect(nodes)
                try await Task.sleep(for: .seconds(6))
                try await nodes.helper.start()
                let collected = try await answer
                try #require(collected.status == 0, "\(collected.errors)")
                #expect(try collected.json()["result"] as? [String] == ["21"])
                #expect(
                    collected.errors.contains("waiting for the helper at \(nodes.helper.url)"), "\(collected.errors)")
            }
        }
    }
}
