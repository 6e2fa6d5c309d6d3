import AggregatorNode
import Crypto
import DAP
import Datastore
import Encodings
import Foundation
import Ledger
import Testing

/// A leader that asks and a helper that answers, without a network.
private struct Exchange {
    let parties: Parties
    var leader: HandshakeSelf
    var helper: HandshakeSelf
    var tasks: [HandshakeTask]
    /// What the helper has under the ids.
    var known: [TaskID: HandshakeResponder.TaskKnowledge]
    var token: HandshakeAnswer.Credential = .right
    var leaderClock: UInt64 = 1_000_000
    var helperClock: UInt64 = 1_000_000
    var uncertainty = 0

    init() throws {
        parties = try Parties()
        leader = HandshakeSelf(configuration: parties.leader, keys: parties.leaderKeys)
        helper = HandshakeSelf(configuration: parties.helper, keys: parties.helperKeys)
        let task = HandshakeTask(
            id: .random(), verifyKey: [UInt8](repeating: 7, count: 32), isCommitted: true,
            statementKeys: StatementKeys(
                leader: parties.leaderKeys.statementPublicKey, helper: parties.helperKeys.statementPublicKey),
            logKey: parties.leaderKeys.note.vkey, witnesses: [parties.helperKeys.note.vkey])
        tasks = [task]
        known = [task.id: .served(verifyKeys: task.verifyKeys)]
    }

    /// Gives one of the nodes another secret.
    func withSecret(of configuration: NodeConfiguration, _ name: String) throws -> NodeConfiguration {
        var copy = configuration
        copy.pskFile = parties.directory.file(name)
        try KeyFiles.makePreSharedKey(at: copy.pskFile)
        return copy
    }

    func request(_ secret: [UInt8]? = nil) -> HandshakeRequest {
        HandshakeRequest(
            identity: leader.identity(clock: leaderClock), tasks: tasks.map { ($0.id, $0.verifyKeys[0]) },
            preSharedKey: secret ?? parties.leaderKeys.preSharedKey)
    }

    func answer(_ request: HandshakeRequest) async throws -> HandshakeAnswer {
        try await HandshakeResponder(own: helper).answer(request, token: token, clock: helperClock) {
            known[$0] ?? .unknown
        }
    }

    func assess(_ answer: HandshakeAnswer, _ request: HandshakeRequest) -> HandshakeAssessment? {
        HandshakeRules.assess(
            answer,
            .init(
                request: request, preSharedKey: parties.leaderKeys.preSharedKey, tasks: tasks, clock: leaderClock,
                uncertainty: uncertainty))
    }

    func run() async throws -> HandshakeAssessment {
        let request = request()
        return try #require(assess(try await answer(request), request))
    }

    /// What is wrong, by code: the nodes' findings, then those of the one task.
    func codes() async throws -> [HandshakeFinding.Code] {
        let assessment = try await run()
        return assessment.node.map(\.code) + (assessment.tasks[tasks[0].id] ?? []).map(\.code)
    }

    func isBlocked(committed: Bool = true) async throws -> Bool {
        try await !run().obstacles(tasks[0].id, committed: committed).isEmpty
    }
}

@Suite struct HandshakeRulesTests {
    @Test func nodesThatFitFindNothing() async throws {
        let exchange = try Exchange()
        #expect(try await exchange.codes() == [])
        #expect(try await exchange.run().skew == 0)
    }

    @Test func anotherSecretIsFoundOnBothSides() async throws {
        var exchange = try Exchange()
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
        var exchange = try Exchange()
        exchange.known = [:]
        #expect(try await exchange.codes() == [.taskUnknown])
        exchange.known = [exchange.tasks[0].id: .ended]
        #expect(try await exchange.codes() == [.taskEnded])
    }

    /// The header of the first request brings the task, and the key follows from the secret that both have proved.
    @Test func aTaskThatRequestsAnnounceFitsWhereItsKeyWillBeTheSame() async throws {
        var exchange = try Exchange()
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
        var exchange = try Exchange()
        exchange.token = token
        #expect(try await exchange.codes() == [.token])
        #expect(try await exchange.isBlocked(committed: false))
    }

    @Test func logAndKeysAreCompared() async throws {
        var exchange = try Exchange()
        var other = exchange.parties.helper
        other.logOrigin = "other.example/log"
        exchange.helper = HandshakeSelf(configuration: other, keys: exchange.parties.helperKeys)
        #expect(try await exchange.codes() == [.logOrigin])
        #expect(try await exchange.isBlocked())
        #expect(try await !exchange.isBlocked(committed: false))

        exchange = try Exchange()
        exchange.tasks[0].witnesses = []
        #expect(try await exchange.codes() == [.logKey])
        exchange = try Exchange()
        exchange.tasks[0].statementKeys = StatementKeys(
            leader: exchange.parties.leaderKeys.statementPublicKey, helper: [UInt8](repeating: 1, count: 32))
        #expect(try await exchange.codes() == [.statementKey])
    }

    @Test func addressesAreCompared() async throws {
        var exchange = try Exchange()
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
        var exchange = try Exchange()
        exchange.helperClock = UInt64(1_000_000 + skew)
        exchange.uncertainty = uncertainty
        let assessment = try await exchange.run()
        #expect(assessment.skew == skew)
        #expect(assessment.node.map(\.weight) == (weight.map { [$0] } ?? []))
        #expect(try await exchange.isBlocked(committed: false) == (weight == .contradiction))
    }

    @Test func anyClockCanBeCompared() async throws {
        var exchange = try Exchange()
        exchange.helperClock = .max
        #expect(try await exchange.codes() == [.clock])
    }

    @Test func aNewerVersionIsAnsweredInTheOlder() async throws {
        let exchange = try Exchange()
        var identity = exchange.leader.identity(version: 7, clock: 5)
        identity.software = "cairn 9"
        let newer = HandshakeRequest(
            identity: identity, tasks: [], preSharedKey: exchange.parties.leaderKeys.preSharedKey)
        let read = try HandshakeRequest(decoding: newer.encoded())
        #expect(try await exchange.answer(read).head.identity.version == 1)
    }

    // MARK: Attacks

    @Test func anOldAnswerIsNoAnswer() async throws {
        let exchange = try Exchange()
        let (first, second) = (exchange.request(), exchange.request())
        let answer = try await exchange.answer(first)
        #expect(exchange.assess(answer, first) != nil)
        #expect(exchange.assess(answer, second) == nil)
    }

    /// Whoever stands in between sends the leader's own request back, and its answer as the helper's.
    @Test func aNodeDoesNotTakeItsOwnWordForThePeers() async throws {
        let exchange = try Exchange()
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
        var exchange = try Exchange()
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
        let exchange = try Exchange()
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
        var exchange = try Exchange()
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
        var exchange = try Exchange()
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
