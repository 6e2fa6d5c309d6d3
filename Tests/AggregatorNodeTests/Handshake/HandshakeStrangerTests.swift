import AggregatorNode
import DAP
import Datastore
import Ledger
import Testing

/// Handshakes of those who are not the peer.
@Suite struct HandshakeStrangerTests {
    @Test func strangersLearnNothingAndAreLimited() async throws {
        let pair = try NodePair()
        let file = try await pair.addTask(committed: false, mode: .leaderSelected)
        let helper = try await pair.start(pair.helper)
        let client = TestClient(port: pair.helper.listenPort)
        let own = HandshakeSelf(configuration: pair.leader, keys: pair.leaderKeys)
        func send(_ body: [UInt8], token: String? = nil) async throws -> Answer {
            var headers = ["Content-Type": HandshakeRequest.mediaType]
            headers["Authorization"] = token
            return try await client.send("POST", "/cairn/handshake", body: body, headers: headers)
        }
        func request(_ secret: [UInt8]) -> HandshakeRequest {
            HandshakeRequest(
                identity: own.identity(clock: 5), tasks: [(file.taskID, [UInt8](repeating: 1, count: 32))],
                preSharedKey: secret)
        }
        let stranger = request([UInt8](repeating: 1, count: 32)).encoded()
        let answer = try HandshakeAnswer(decoding: try await send(stranger, token: "Bearer guess").body)
        #expect(answer.head.token == .wrong && answer.head.psk == .wrong && answer.tasks.isEmpty)
        #expect(answer.head.identity.peerURL.isEmpty)
        #expect(try await send([1, 2, 3]).status == 400)
        #expect(try await client.send("POST", "/cairn/handshake", body: stranger).status == 415)
        #expect(try await send([UInt8](repeating: 0, count: 200_000)).status == 413)

        // A request that was overheard: answered anew each time, and it changes nothing at the node.
        let known = request(pair.leaderKeys.preSharedKey)
        let before = try await helper.context.store.standings()
        let answers = try await [send(known.encoded()), send(known.encoded())].map {
            try HandshakeAnswer(decoding: $0.body)
        }
        #expect(answers[0].head.identity.nonce != answers[1].head.identity.nonce)
        #expect(answers.allSatisfy { $0.head.psk == .right && $0.tasks[0].status == .otherKey })
        #expect(
            try await helper.context.store.standings() == before)
        let task = try #require(try await helper.context.registry.task(file.taskID))
        #expect(helper.context.standing.taskState(task) == .unknown)

        // A busy machine may take longer than a second for as many as are answered in one.
        let flood = try await eventually("strangers are refused") {
            let flood = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<100 { group.addTask { try await send(stranger).status } }
                return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
            }
            return flood.contains(429) ? flood : nil
        }
        #expect(flood.isSubset(of: [200, 429]))
        #expect(try await send(known.encoded()).status == 200, "the peer is not counted")
        await helper.stop()
    }
}
