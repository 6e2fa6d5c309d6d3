import Contributor
import DAP
import FaultProxy
import Foundation
import Testing

extension EndToEnd {
    /// An operator's word against a worker that is at it.
    @Suite struct AbandonedJobs {
        private static let jobs: PathPattern = "tasks/*/aggregation_jobs/**"

        private func send(_ client: TaskClient, _ values: [UInt64]) async throws {
            let reports = try await client.prepare(
                values.map { .integer($0) }, seed: [UInt8](repeating: 1, count: 32))
            #expect(try await client.send(reports).allSatisfy { $0.error == nil })
        }

        private func jobs(_ nodes: TestNodes) async throws -> [[String: Any]] {
            let result = try await Cairn.run(
                "node", "jobs", "list", "--config", nodes.leader.configuration, "--json")
            try #require(result.status == 0, "\(result.errors)")
            return try result.json()["jobs"] as? [[String: Any]] ?? []
        }

        /// The leader has sent the job, the helper has accepted its reports, and the answer is on its way: whatever it says comes
        /// too late, and the leader goes on with others.
        @Test func whatAWorkerHearsOfAJobThatWasGivenUpMeanwhileCountsForNothing() async throws {
            try await TestNodes.runBehindProxies { nodes, proxies in
                let task = try await nodes.createTask(
                    "given-up", "--vdaf", "sum", "--max-measurement", "9", "--batch-mode", "leader-selected",
                    "--min-batch-size", "2", "--max-batch-size", "99", "--uncommitted")
                let client = try TaskClient(task: task)
                // The nodes have found that they fit.
                try await send(client, [1])
                try await eventually("the first report is accepted") { try await client.status().accepted == 1 }
                let gate = Gate()
                proxies.helper.follow(
                    FaultRule("*", Self.jobs, .first(1), .page(503).unasked),
                    FaultRule("*", Self.jobs, .only(2), .held(at: gate)))
                try await send(client, [2, 3])
                try await eventually("its answer is on its way") { gate.isReached }
                let job = try #require(try await jobs(nodes).first)
                #expect(job["waits_for"] as? String == "worker")
                let number = "\(try #require(job["job"] as? Int))"
                // Nothing to hurry: it is being sent.
                let hurried = try await Cairn.run(
                    "node", "jobs", "retry", "--config", nodes.leader.configuration, number, "--json")
                #expect(hurried.status == 0)
                let said = try hurried.json()
                #expect(said["hurried"] as? Bool == false && said["outcome"] as? String == "worked_on")
                #expect((said["leased_until"] as? String)?.hasSuffix("Z") == true)
                let words = try await Cairn.run(
                    "node", "jobs", "retry", "--config", nodes.leader.configuration, number)
                #expect(words.output.contains("being worked on") && words.output.contains("run the same command"))

                let result = try await Cairn.run(
                    "node", "jobs", "abandon", "--config", nodes.leader.configuration, number, "--json")
                #expect(result.status == 0, "\(result.errors)")
                let output = try result.json()
                #expect(output["interrupted"] as? Bool == true)
                let dropped = try #require(output["dropped"] as? Int)
                #expect(dropped > 0)
                gate.open()
                proxies.helper.behave()
                // The worker is free again, and what came afterwards goes its way.
                try await send(client, [4])
                try await eventually("the others are accepted") {
                    try await client.status().accepted == 4 - dropped
                }
                #expect(try await client.status().rejected == ["report_dropped": dropped])
                #expect(try await jobs(nodes).isEmpty)
            }
        }
    }
}
