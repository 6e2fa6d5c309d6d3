import DAP
import FaultProxy
import Testing

extension EndToEnd {
    /// The helper has done what the leader asked for, its answer is on the way, and one of the two dies.
    @Suite struct KillsBetween {
        @Test(arguments: ["leader", "helper"])
        func anAnswerThatIsLostWithItsNodeIsAskedForAgain(victim: String) async throws {
            try await TestNodes.runBehindProxies { nodes, proxies in
                let node = victim == "leader" ? nodes.leader : nodes.helper
                var last: Tally?
                for number in 0..<4 {
                    let kind = Tally.Kind.number(number)
                    for resource in kind.isCommitted ? ["jobs", "closes", "shares"] : ["jobs", "shares"] {
                        let tally = try await Tally.create("\(resource)-\(number)", kind, nodes: nodes)
                        let path =
                            switch resource {
                            case "jobs": tally.path("aggregation_jobs")
                            case "closes": tally.cairnPath("closes")
                            default: tally.path("aggregate_shares")
                            }
                        let gate = Gate()
                        var fault = Fault.held(at: gate)
                        fault.delivery = .never
                        proxies.helper.follow(FaultRule("POST", path, .only(1), fault))
                        try await tally.upload()
                        async let exact: Void = tally.expectExactSum("\(kind): \(resource)", nodes)
                        try await eventually("the helper has answered \(resource)") { gate.isReached }
                        await node.kill()
                        gate.open()
                        try await node.start()
                        try await exact
                        if kind.isCommitted { last = tally }
                    }
                }
                try await nodes.expectVerifiedAudit(of: #require(last).task)
            }
        }
    }
}
