import AggregatorNode
import Crypto
import Datastore
import Encodings
import Foundation
import Ledger
import Tasks
import Testing

@Suite struct HandshakeRulesTests {
    @Test func nodesThatFitFindNothing() async throws {
        let exchange = try HandshakeExchange()
        #expect(try await exchange.codes() == [])
        #expect(try await exchange.run().skew == 0)
    }

    @Test func anotherSecretIsFoundOnBothSides() async throws {
        var exchange = try HandshakeExchange()
        exchange.helper = HandshakeSelf(
            configuration: try exchange.withSecret(of: exchange.parties.helper, "other.psk"),
            keys: exchange.parties.helperKeys)
        let answer = try await exchange.answer(exchange.request())
        #expect(answer.head.psk == .wrong)
        #expect(try await exchange.codes() == [.psk])
        #expect(try await !exchange.isBlocked(), "tasks whose keys are the same go on")
        exchange.known[exchange.tasks[0].id] = .served(verifyKeys: [[UInt8](repeating: 8, count: 32)])
        #expect(try await exchange.codes() == [.psk, .verifyKey])
        #expect(try await exchange.isBlocked(committed: false))
    }

    @Test func whatTheHelperLacksOrHasEndedIsSaid() async throws {
        var exchange = try HandshakeExchange()
        exchange.known = [:]
        #expect(try await exchange.codes() == [.taskUnknown])
        exchange.known = [exchange.tasks[0].id: .ended]
        #expect(try await exchange.codes() == [.taskEnded])
    }

    /// The header of the first request brings the task, and the key follows from the secret that both have proved.
    @Test func aTaskThatRequestsAnnounceFitsWhereItsKeyWillBeTheSame() async throws {
        var exchange = try HandshakeExchange()
        exchange.known = [exchange.tasks[0].id: .onAnnouncement]
        #expect(try await exchange.codes() == [.taskUnknown], "no request announces a task of Cairn's own")
        exchange.tasks[0].isAnnounced = true
        exchange.tasks[0].isCommitted = false
        exchange.tasks[0].statementKeys = nil
        #expect(try await exchange.codes() == [.verifyKey], "its key is of another secret")
        exchange.tasks[0].verifyKeys = [
            Taskprov.verifyKey(
                preSharedKey: exchange.parties.leaderKeys.preSharedKey, taskID: exchange.tasks[0].id)
        ]
        #expect(try await exchange.codes() == [])
        exchange.known = [:]
        #expect(try await exchange.codes() == [.taskUnknown])

        exchange.known = [exchange.tasks[0].id: .onAnnouncement]
        exchange.helper = HandshakeSelf(
            configuration: try exchange.withSecret(of: exchange.parties.helper, "other.psk"),
            keys: exchange.parties.helperKeys)
        #expect(try await exchange.codes() == [.psk, .verifyKey])
        #expect(try await exchange.isBlocked(committed: false))
    }

    /// Only bytes and id together are a key: a job names the id.
    @Test func aKeyUnderAnotherIDIsAnotherKey() throws {
        let parties = try Parties()
        func task(_ id: UInt8) throws -> HandshakeTask {
            let plain = try parties.plain(keys: [VerifyKey(id: id, bytes: [UInt8](repeating: 1, count: 32))])
            return HandshakeTask(
                try NodeTask(
                    StoredTask(
                        id: plain.id, name: plain.name, configuration: plain.configuration.encoding,
                        collectorConfig: plain.collectorConfig.encoded(), policyText: nil, verifyKeys: plain.verifyKeys,
                        source: .manual)))
        }
        #expect(try task(0).verifyKeys == [[UInt8](repeating: 1, count: 32)])
        #expect(try task(5).verifyKeys != task(0).verifyKeys && task(5).verifyKeys != task(6).verifyKeys)
    }

    @Test(arguments: [HandshakeAnswer.Credential.wrong, .absent])
    func anotherTokenBlocksAllTasks(_ token: HandshakeAnswer.Credential) async throws {
        var exchange = try HandshakeExchange()
        exchange.token = token
        #expect(try await exchange.codes() == [.token])
        #expect(try await exchange.isBlocked(committed: false))
    }

    @Test func logAndKeysAreCompared() async throws {
        var exchange = try HandshakeExchange()
        var other = exchange.parties.helper
        other.logOrigin = "other.example/log"
        exchange.helper = HandshakeSelf(configuration: other, keys: exchange.parties.helperKeys)
        #expect(try await exchange.codes() == [.logOrigin])
        #expect(try await exchange.isBlocked())
        #expect(try await !exchange.isBlocked(committed: false))

        exchange = try HandshakeExchange()
        exchange.tasks[0].witnesses = []
        #expect(try await exchange.codes() == [.logKey])
        exchange = try HandshakeExchange()
        exchange.tasks[0].statementKeys = StatementKeys(
            leader: exchange.parties.leaderKeys.statementPublicKey, helper: [UInt8](repeating: 1, count: 32))
        #expect(try await exchange.codes() == [.statementKey])
    }

    @Test func addressesAreCompared() async throws {
        var exchange = try HandshakeExchange()
        var other = exchange.parties.helper
        other.peerURL = try #require(BaseURL("https://elsewhere.example/"))
        exchange.helper = HandshakeSelf(configuration: other, keys: exchange.parties.helperKeys)
        #expect(try await exchange.codes() == [.publicURL])
        #expect(try await exchange.isBlocked(), "the helper would not find the log")
        other = exchange.parties.helper
        other.publicURL = try #require(BaseURL("https://elsewhere.example/"))
        exchange.helper = HandshakeSelf(configuration: other, keys: exchange.parties.helperKeys)
        #expect(try await exchange.codes() == [.peerURL])
        #expect(try await !exchange.isBlocked())
    }

    @Test(
        arguments: [
            (29, 0, nil), (30, 0, .warning), (40, 11, nil), (1_799, 0, .warning), (1_800, 0, .contradiction),
            (-30, 0, .warning), (-1_800, 0, .contradiction), (-999_999, 0, .contradiction),
        ] as [(Int, Int, HandshakeFinding.Weight?)])
    func clocksAreCompared(_ skew: Int, _ uncertainty: Int, _ weight: HandshakeFinding.Weight?) async throws {
        var exchange = try HandshakeExchange()
        exchange.helperClock = UInt64(1_000_000 + skew)
        exchange.uncertainty = uncertainty
        let assessment = try await exchange.run()
        #expect(assessment.skew == skew)
        #expect(assessment.node.map(\.weight) == (weight.map { [$0] } ?? []))
        #expect(try await exchange.isBlocked(committed: false) == (weight == .contradiction))
    }

    @Test func anyClockCanBeCompared() async throws {
        var exchange = try HandshakeExchange()
        exchange.helperClock = .max
        #expect(try await exchange.codes() == [.clock])
    }

    @Test func aNewerVersionIsAnsweredInTheOlder() async throws {
        let exchange = try HandshakeExchange()
        var identity = exchange.leader.identity(version: 7, clock: 5)
        identity.software = "cairn 9"
        let newer = HandshakeRequest(
            identity: identity, tasks: [], preSharedKey: exchange.parties.leaderKeys.preSharedKey)
        let read = try HandshakeRequest(decoding: newer.encoded())
        #expect(try await exchange.answer(read).head.identity.version == 1)
    }
}
