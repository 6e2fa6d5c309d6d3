import Contributor
import DAP
import FaultProxy
import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// A helper that nobody reaches, or as good as: what waits for it, waits in peace, and nothing else waits with it.
    @Suite struct UnusablePeer {
        /// Everything that the leader asks the helper is answered by somebody else.
        @Test func tenSecondsOfAMisconfiguredProxyCostNoReport() async throws {
            try await TestNodes.runBehindProxies { nodes, proxies in
                var tallies: [Tally] = []
                for number in 0..<4 {
                    tallies.append(try await Tally.create("wait-\(number)", .number(number), nodes: nodes))
                }
                let pages: [Fault] = [.page(200), .page(400), .page(403), .page(404), .empty(200), .redirect]
                // The leader knows its peer by now; contributors have the helper's keys.
                for tally in tallies { _ = try await tally.client.aggregatorConfigs() }
                proxies.helper.follow(
                    [FaultRule("*", "**", .always, pages.map(\.unasked))], generator: SeededGenerator())
                let end = ContinuousClock.now + .seconds(10)
                for tally in tallies { try await tally.upload(5) }
                while ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(100)) }
                // The leader may refuse uploads by now; those that it takes, count.
                for tally in tallies { _ = try? await tally.upload(5) }
                proxies.helper.behave()
                for tally in tallies {
                    #expect(tally.acknowledged & 0b11111 == 0b11111)
                    try await tally.expectExactSum(tally.task.name, nodes)
                }
                try await nodes.expectVerifiedAudit(of: tallies[0].task)
            }
        }

        /// The helper's answers about one task come byte by byte, as slowly as they can.
        @Test func aTaskWhoseHelperTricklesDelaysNoOther() async throws {
            try await TestNodes.runBehindProxies { nodes, proxies in
                let slow = try await Tally.create("slow", .number(1), nodes: nodes)
                let quick = try await Tally.create("quick", .number(0), nodes: nodes)
                proxies.helper.follow(
                    FaultRule("POST", slow.path("aggregation_jobs"), .always, .trickled(every: .seconds(60))))
                // More jobs than the leader has under way at a time.
                for number in 1...8 {
                    try await slow.upload(1)
                    try await Task.sleep(for: .milliseconds(300))
                    if number >= 5 { continue }
                    try await eventually("job \(number) is sent") {
                        proxies.helper.exchanges("POST", slow.path("aggregation_jobs")).count >= min(number, 2)
                    }
                }
                try await quick.upload()
                try await quick.expectExactSum("the other task", nodes, patience: .seconds(30))
                #expect(try await slow.client.status().accepted == 0, "its answers were too quick for this test")
                proxies.helper.behave()
                proxies.helper.breakConnections()
                try await slow.expectExactSum("the slow task", nodes)
            }
        }

        @Test func whatWaitsForAHelperThatIsAwayCostsNoProcessorTime() async throws {
            try await TestNodes.run { nodes in
                var tallies: [Tally] = []
                // Fewer than jobs can be under way at a time.
                for number in [1, 2] {
                    tallies.append(try await Tally.create("idle-\(number)", .number(number), nodes: nodes))
                }
                for tally in tallies { _ = try await tally.client.aggregatorConfigs() }
                await nodes.helper.kill()
                for tally in tallies { try await tally.upload() }
                let collections = tallies.map { tally in Task { try await tally.collect(nodes) } }
                try await Task.sleep(for: .seconds(2))
                let process = try #require(nodes.leader.processID)
                let (before, start) = (try Self.processorTime(of: process), ContinuousClock.now)
                try await Task.sleep(for: .seconds(3))
                let used = try Self.processorTime(of: process) - before
                let passed = ContinuousClock.now - start
                #expect(used < passed / 5, "\(used) in \(passed)")
                try await nodes.helper.start()
                for (tally, collection) in zip(tallies, collections) {
                    #expect(try await collection.value.value == .integer(UInt128(tally.acknowledged)))
                }
            }
        }

        /// User and system time so far, as Linux tells it in hundredths of a second.
        private static func processorTime(of process: pid_t) throws -> Duration {
            let text = try String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
            // The name of the program, in brackets, may contain anything.
            let fields = try #require(text.split(separator: ")").last).split(separator: " ")
            let ticks = try #require(Int(fields[11])) + #require(Int(fields[12]))
            return .milliseconds(10 * ticks)
        }
    }
}
