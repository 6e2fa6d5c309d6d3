import AggregatorNode
import DAP
import FaultProxy
import Testing

@Suite struct MisbehavingHelperTests {
    private func run(
        _ rules: [FaultRule], committed: Bool, _ body: (PairClient, FaultProxy) async throws -> Void
    ) async throws {
        let pair = try NodePair(throughProxy: true)
        let client = try PairClient(pair, try await pair.addTask(committed: committed, mode: .leaderSelected))
        let port = try #require(UInt16(pair.helper.publicURL.string.split(separator: ":").last ?? ""))
        let proxy = FaultProxy(port: port, upstreamPort: UInt16(pair.helper.listenPort))
        proxy.follow(rules)
        try await proxy.serve {
            try await pair.withNodes { _, _ in try await body(client, proxy) }
        }
    }

    private func upload(_ client: PairClient) async throws {
        try await client.upload(try (0..<4).map { try client.report([$0, 1, 7]) })
    }

    @Test(arguments: [true, false]) func jobsAndSharesMayBeDeferred(committed: Bool) async throws {
        try await run(Deferral().rules, committed: committed) { client, proxy in
            try await upload(client)
            let (count, sums) = try await client.collect(.leaderSelected)
            #expect(count == 4)
            #expect(sums == .vector([6, 4, 28]))
            #expect(!proxy.exchanges("GET", "tasks/*/aggregation_jobs/*").isEmpty)
            #expect(!proxy.exchanges("GET", "tasks/*/aggregate_shares/*").isEmpty)
        }
    }

    @Test func lostAnswersAreAskedForAgain() async throws {
        let rules = ["tasks/**", "cairn/tasks/**", "witness/**"].map { FaultRule("*", $0, .every(2), .cut) }
        try await run(rules, committed: true) { client, _ in
            try await upload(client)
            let (count, sums) = try await client.collect(.leaderSelected)
            #expect(count == 4)
            #expect(sums == .vector([6, 4, 28]))
            #expect(try await client.audit().isVerified)
        }
    }

    /// The helper has accepted the reports, so they cannot be in a later job either; but nothing wrong is counted, and
    /// the helper is told.
    @Test func anAnswerInTheWrongOrderAbandonsTheJob() async throws {
        let rule = FaultRule("POST", "tasks/*/aggregation_jobs", .always, .reordered)
        try await run([rule], committed: true) { client, proxy in
            try await upload(client)
            #expect(try problem(await client.finishCollection(.leaderSelected)) == .invalidBatchSize)
            let status = try await client.status()
            #expect(status["accepted"] as? Int == 0)
            #expect(status["pending"] as? Int == 0)
            #expect(!proxy.exchanges("DELETE", "tasks/*/aggregation_jobs/*").isEmpty)
        }
    }
}
