import DAP
import FaultProxy
import Testing

extension EndToEnd {
    /// A proxy between contributors and the leader loses, repeats and delays what they say.
    @Suite struct BetweenClientAndLeader {
        @Test func whateverBecomesOfTheAnswerAReportCountsOnce() async throws {
            let faults: [Fault] =
                [
                    .page(500), .page(502), .page(504), .busy(503, retryAfter: "1"), .busy(429, retryAfter: "0"), .torn,
                    .cut,
                ] + Fault.disturbances
            try await TestNodes.runBehindProxies { nodes, proxies in
                var cases: [(fault: Fault, tally: Tally)] = []
                for (number, fault) in faults.enumerated() {
                    cases.append((fault, try await Tally.create("upload-\(number)", .number(number), nodes: nodes)))
                }
                proxies.leader.follow(cases.map { FaultRule("POST", $0.tally.path("reports"), .first(2), $0.fault) })
                for (fault, tally) in cases {
                    #expect(try await tally.upload(), "\(fault)")
                    try await tally.expectExactSum("\(fault)", nodes)
                }
                try await nodes.expectVerifiedAudit(of: cases[0].tally.task)
            }
        }
    }
}
