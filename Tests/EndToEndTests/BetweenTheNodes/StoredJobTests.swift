import FaultProxy
import Foundation
import Testing

extension EndToEnd {
    /// A helper that stores every job before it answers, and is killed with some of them, as is the leader that waits for them.
    @Suite struct StoredJobs {
        @Test func killsLoseNoStoredJobAndCountNoneTwice() async throws {
            try await TestNodes.runBehindProxies { nodes, proxies in
                await nodes.helper.stop()
                try nodes.storeEveryJob()
                try await nodes.helper.start()
                var last: Tally?
                for number in 0..<8 {
                    let kind = Tally.Kind.number(number)
                    let tally = try await Tally.create("stored-\(number)", kind, nodes: nodes)
                    // The leader is told that its job is stored, or never hears it.
                    let gate = Gate()
                    var fault = Fault.held(at: gate)
                    if number < 4 { fault.delivery = .never }
                    proxies.helper.follow(FaultRule("POST", tally.path("aggregation_jobs"), .only(1), fault))
                    try await tally.upload(5)
                    try await eventually("a job is stored") { gate.isReached }
                    if number % 2 == 0 { await nodes.helper.kill() } else { await nodes.leader.kill() }
                    gate.open()
                    try await (number % 2 == 0 ? nodes.helper : nodes.leader).start()
                    try await tally.upload(5)
                    try await tally.expectExactSum("\(kind), round \(number)", nodes)
                    if kind.isCommitted { last = tally }
                }
                try await nodes.expectVerifiedAudit(of: #require(last).task)
                let polls = proxies.helper.exchanges("GET", "tasks/*/aggregation_jobs/*")
                #expect(polls.count >= 8, "every job was asked for")
            }
        }
    }
}

extension TestNodes {
    /// Writes the helper's configuration anew, so that it stores every job before it verifies it.
    fileprivate func storeEveryJob() throws {
        let text = try String(contentsOfFile: helper.configuration, encoding: .utf8)
        let configuration = text.replacing(/(?m)^  witness_key_file: .*$/) { "\($0.output)\n  jobs: 0" }
        try configuration.write(toFile: helper.configuration, atomically: true, encoding: .utf8)
    }
}
