import AggregatorNode
import DAP
import Testing

@Suite struct MisbehavingHelperTests {
    private func run(
        _ behaviour: HelperProxy.Behaviour, committed: Bool, _ body: (PairClient, HelperProxy) async throws -> Void
    ) async throws {
        let pair = try NodePair(throughProxy: true)
        let client = try PairClient(pair, try await pair.addTask(committed: committed, mode: .leaderSelected))
        let proxy = HelperProxy(behaviour, helperPort: pair.helper.listenPort)
        let port = try #require(Int(pair.helper.publicURL.string.split(separator: ":").last ?? ""))
        try await proxy.serve(port: port) {
            try await pair.withNodes { _, _ in try await body(client, proxy) }
        }
    }

    private func upload(_ client: PairClient) async throws {
        try await client.upload(try (0..<4).map { try client.report([$0, 1, 7]) })
    }

    @Test(arguments: [true, false]) func jobsAndSharesMayBeDeferred(committed: Bool) async throws {
        try await run(.deferring, committed: committed) { client, proxy in
            try await upload(client)
            let (count, sums) = try await client.collect(.leaderSelected)
            #expect(count == 4)
            #expect(sums == .vector([6, 4, 28]))
            #expect(proxy.requests.contains { $0.hasPrefix("GET") && $0.contains("aggregation_jobs") })
            #expect(proxy.requests.contains { $0.hasPrefix("GET") && $0.contains("aggregate_shares") })
        }
    }

    @Test func lostAnswersAreAskedForAgain() async throws {
        try await run(.losingAnswers, committed: true) { client, _ in
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
        try await run(.reordering, committed: true) { client, proxy in
            try await upload(client)
            #expect(try problem(await client.finishCollection(.leaderSelected)) == .invalidBatchSize)
            let status = try await client.status()
            #expect(status["accepted"] as? Int == 0)
            #expect(status["pending"] as? Int == 0)
            #expect(proxy.requests.contains { $0.hasPrefix("DELETE") && $0.contains("aggregation_jobs") })
        }
    }
}
