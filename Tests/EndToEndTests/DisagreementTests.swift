import ChildProcesses
import Contributor
import Foundation
import Tasks
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
            try await Cairn.run(["collect"] + options(nodes), home: nodes.home)
        }

        private func options(_ nodes: TestNodes) -> [String] {
            ["--task", "sums", "--hpke-key", nodes.collectorKeyFile, "--token", nodes.collectorTokenFile, "--json"]
        }

        /// The snapshot of the helper's whole machine, from before the last jobs, takes the helper's place.
        @Test func aRestoredHelperLosesWhatItForgotAndNoMore() async throws {
            try await TestNodes.run { nodes in
                let task = try await createTask(nodes)
                try await contribute([1, 20], nodes, task)
                try await awaitAccepted(2, nodes, task)
                await nodes.helper.stop()
                try await nodes.helper.saveState()
                try await nodes.helper.start()
                try await contribute([50, 60, 70], nodes, task)
                try await awaitAccepted(5, nodes, task)
                await nodes.helper.stop()
                try await nodes.helper.restoreState()
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
                let log = "\(nodes.folder.path)/collect.log"
                let collector = try await ChildProcess.start(
                    try Cairn.path(), ["collect"] + options(nodes), environment: ["CAIRN_HOME": nodes.home],
                    output: .log(log))
                func told() throws -> String { try String(contentsOfFile: log, encoding: .utf8) }
                try await eventually("the collector is told") {
                    try told().contains("it waits for the helper at \(nodes.helper.url)") || collector.hasEnded
                }
                try await nodes.helper.start()
                let ending = try await collector.wait()
                let text = try told()
                try #require(ending == .exited(0), "\(text)")
                #expect(text.contains("it waits for the helper at \(nodes.helper.url)"), "\(text)")
                let result = try JSONSerialization.jsonObject(with: Data(text.drop { $0 != "{" }.utf8))
                #expect((result as? [String: Any])?["result"] as? [String] == ["21"])
            }
        }

        /// Nothing wakes the leader while nothing changes.
        @Test func aLeaderThatWaitsForAnAbsentHelperRests() async throws {
            try await TestNodes.run { nodes in
                let task = try await nodes.createTask(
                    "rest", "--uncommitted", "--vdaf", "sumvec", "--length", "2", "--max-measurement", "100",
                    "--batch-mode", "leader-selected", "--min-batch-size", "2", "--max-batch-size", "100")
                let client = try TaskClient(task: task)
                let workshop = Workshop(client: client, now: UInt64(Date().timeIntervalSince1970))
                var reports: [PreparedReport] = []
                for value in 0..<4 as Range<UInt64> { reports.append(try await workshop.good([value, 1])) }
                await nodes.helper.kill()
                for report in reports { #expect(try await client.send([report]).allSatisfy { $0.error == nil }) }
                let collector = try nodes.collector(task)
                let collection = Task { try await collector.collect(.leaderSelected, deadline: .seconds(180)) }
                try await Task.sleep(for: .seconds(2))
                let (before, start) = (try processorTime(nodes.leader), ContinuousClock.now)
                try await Task.sleep(for: .seconds(3))
                let used = try processorTime(nodes.leader) - before
                let passed = (ContinuousClock.now - start) / .seconds(1)
                #expect(used < passed / 5, "\(used) s of processor time in \(passed) s")
                try await nodes.helper.start()
                #expect(try await collection.value.value == .vector([6, 4]))
            }
        }

        /// Seconds that a process has used.
        private func processorTime(_ node: TestNode) throws -> Double {
            let id = try #require(node.processID)
            let text = try String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8)
            let fields = text.split(separator: ")").last.map { $0.split(separator: " ") } ?? []
            let ticks = [11, 12].compactMap { Double(fields[$0]) }.reduce(0, +)
            return ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
        }
    }
}
