import AggregatorNode
import Encodings
import Ledger
import Testing

/// Whoever stands between two nodes, or is none of them, changes nothing and learns what is public.
@Suite struct HandshakeAttackTests {
    @Test func anOldAnswerIsNoAnswer() async throws {
        let exchange = try HandshakeExchange()
        let (first, second) = (exchange.request(), exchange.request())
        let answer = try await exchange.answer(first)
        #expect(exchange.assess(answer, first) != nil)
        #expect(exchange.assess(answer, second) == nil)
    }

    /// Whoever stands in between sends the leader's own request back, and its answer as the helper's.
    @Test func aNodeDoesNotTakeItsOwnWordForThePeers() async throws {
        let exchange = try HandshakeExchange()
        let request = exchange.request()
        let reflected = try await HandshakeResponder(own: exchange.leader).answer(
            request, token: .right, clock: exchange.leaderClock
        ) { _ in .served(verifyKeys: exchange.tasks[0].verifyKeys) }
        #expect(!reflected.head.isTrusting && reflected.tasks.isEmpty)
        let assessment = try #require(exchange.assess(reflected, request))
        #expect(assessment.node.map(\.code).contains(.role))
        #expect(!assessment.obstacles(exchange.tasks[0].id, committed: false).isEmpty)

        var asHelper = try await exchange.answer(request)
        asHelper.head.identity.role = .leader
        #expect(exchange.assess(asHelper, request) == nil, "its proof is about the role")
    }

    @Test func noChangedAnswerMakesNodesFit() async throws {
        var exchange = try HandshakeExchange()
        exchange.known[exchange.tasks[0].id] = .served(verifyKeys: [[UInt8](repeating: 8, count: 32)])
        let request = exchange.request()
        let honest = try await exchange.answer(request).encoded()
        for index in honest.indices {
            for bit in [UInt8(1), 3, 0x80] {
                var changed = honest
                changed[index] ^= bit
                guard let answer = try? HandshakeAnswer(decoding: changed),
                    let assessment = exchange.assess(answer, request)
                else { continue }
                #expect(
                    !assessment.obstacles(exchange.tasks[0].id, committed: false).isEmpty, "byte \(index), bits \(bit)")
            }
        }
    }

    /// The other way round: a byte changed on the way is never believed.
    @Test func noChangedAnswerIsBelieved() async throws {
        let exchange = try HandshakeExchange()
        let request = exchange.request()
        let honest = try await exchange.answer(request).encoded()
        let fits = try #require(exchange.assess(try HandshakeAnswer(decoding: honest), request))
        #expect(fits.obstacles(exchange.tasks[0].id, committed: true).isEmpty)
        for index in honest.indices {
            for bits in [UInt8(1), 3, 0x40] {
                var changed = honest
                changed[index] ^= bits
                guard let answer = try? HandshakeAnswer(decoding: changed),
                    let assessment = exchange.assess(answer, request)
                else { continue }
                #expect(!assessment.obstacles(exchange.tasks[0].id, committed: true).isEmpty, "byte \(index)")
            }
        }
    }

    @Test func aStrangerLearnsWhatIsPublic() async throws {
        var exchange = try HandshakeExchange()
        for token in [HandshakeAnswer.Credential.wrong, .absent] {
            exchange.token = token
            let answer = try await exchange.answer(exchange.request([UInt8](repeating: 0, count: 32)))
            #expect(answer.tasks.isEmpty && answer.proof == [UInt8](repeating: 0, count: 32))
            let identity = answer.head.identity
            #expect(identity.peerURL.isEmpty && identity.software.isEmpty && identity.clock == 0)
            #expect(answer.head.token == token && answer.head.psk == .wrong)
        }
    }

    @Test func noTextShowsAKey() async throws {
        var exchange = try HandshakeExchange()
        let secrets = [
            exchange.parties.leaderKeys.preSharedKey, exchange.tasks[0].verifyKeys[0], [UInt8](repeating: 8, count: 32),
        ]
        exchange.known[exchange.tasks[0].id] = .served(verifyKeys: [secrets[2]])
        exchange.token = .wrong
        let assessment = try await exchange.run()
        let texts = (assessment.node + assessment.tasks.values.flatMap { $0 }).map { $0.reason + $0.advice }.joined()
        for secret in secrets {
            #expect(!texts.contains(Hex.encode(secret)) && !texts.contains(Base64.encodeURL(secret)))
        }
    }
}
