import AggregatorNode
import DAP
import Datastore
import Foundation
import Ledger
import Requests
import Testing

/// What a node makes of the outcomes of handshakes, one after the other.
@Suite struct PeerStandingTests {
    let parties: Parties
    let committed: NodeTask
    /// Made for Cairn nodes.
    let uncommitted: NodeTask
    /// Made for any DAP aggregator.
    let plain: NodeTask

    init() async throws {
        parties = try Parties()
        let store = try await parties.helper.openTestDatabase()
        var tasks: [NodeTask] = []
        for isCommitted in [true, false] {
            let file = try parties.task(committed: isCommitted)
            _ = try await TaskRegistry.add(
                file, to: store, configuration: parties.helper, keys: parties.helperKeys, acceptingWeakPromises: true)
            tasks.append(try NodeTask(try #require(try await store.task(file.taskID))))
        }
        (committed, uncommitted) = (tasks[0], tasks[1])
        let standard = try parties.plain()
        _ = try await TaskRegistry.add(standard, to: store, configuration: parties.helper, keys: parties.helperKeys)
        plain = try NodeTask(try #require(try await store.task(standard.id)))
    }

    private func standing() -> PeerStanding {
        let standing = PeerStanding(PeerWords(parties.helper.peers[0], role: .helper))
        standing.begin([])
        return standing
    }

    private func fits(_ tasks: [NodeTask]) -> HandshakeOutcome {
        var assessment = HandshakeAssessment()
        for task in tasks { assessment.tasks[task.id] = [] }
        return .assessed(assessment)
    }

    @discardableResult
    private func take(
        _ standing: PeerStanding, _ outcome: HandshakeOutcome, _ tasks: [NodeTask]? = nil
    ) -> PeerStanding.Change {
        standing.take(outcome, tasks: tasks ?? [committed, uncommitted, plain], role: .helper, now: 5)
    }

    @Test func nothingWorksBeforeTheFirstWord() {
        let standing = standing()
        #expect(!standing.mayWork(on: committed) && !standing.mayWork(on: plain))
        take(standing, .unreachable("nobody listens"))
        #expect(!standing.mayWork(on: committed) && !standing.mayWork(on: plain))
        let change = take(standing, fits([committed, plain]))
        #expect(standing.mayWork(on: committed) && standing.mayWork(on: plain))
        #expect(Set(change.gained) == [committed.id, plain.id] && change.isNew)
        #expect(!take(standing, fits([committed, plain])).isNew)
    }

    /// Whoever hides the handshake from the first contact on looks like a plain aggregator, and its key may be another.
    @Test func aPlainAggregatorServesPlainTasksAndNoOthers() {
        let standing = standing()
        #expect(take(standing, .plain("status 404")).gained == [plain.id])
        #expect(standing.mayWork(on: plain) && standing.obstacles(plain).isEmpty)
        for task in [committed, uncommitted] {
            #expect(!standing.mayWork(on: task) && standing.obstacles(task).map(\.code) == [.plainPeer])
        }
        #expect(Set(take(standing, fits([committed, uncommitted, plain])).gained).isSuperset(of: [uncommitted.id]))
        #expect(standing.mayWork(on: uncommitted))
    }

    /// An earlier version took any uncommitted task for one that every peer can serve, and has stored that.
    @Test func anUncommittedTaskThatWasPlainBeforeIsAskedAboutAnew() {
        let standing = PeerStanding(PeerWords(parties.helper.peers[0], role: .helper))
        standing.begin(
            [uncommitted, plain].map {
                StoredStanding(
                    task: $0.id, state: "plain", keyHash: HandshakeKey.digest($0.verifyKey), findings: [], since: 1)
            })
        #expect(standing.taskState(uncommitted) == .unknown && !standing.mayWork(on: uncommitted))
        #expect(standing.mayWork(on: plain))
    }

    @Test func nothingIsWrongBetweenAPlainAggregatorAndPlainTasks() {
        let standing = standing()
        #expect(take(standing, .plain("status 404"), [plain]).findings.isEmpty, "nothing is wrong with it")
    }

    @Test func aPeerThatIsAwayLeavesAllAsItWas() {
        let standing = standing()
        take(standing, fits([committed, plain]))
        let change = take(standing, .unreachable("status 502"))
        #expect(change.findings.map(\.code) == [.unreachable] && change.returned.isEmpty)
        #expect(standing.mayWork(on: committed) && standing.mayWork(on: plain))
    }

    @Test(arguments: [HandshakeOutcome.unreachable("nobody listens"), .plain("status 404")])
    func aPeerThatIsBackIsNoticed(absence: HandshakeOutcome) {
        let standing = standing()
        #expect(take(standing, fits([committed, plain])).returned.isEmpty)
        take(standing, absence)
        #expect(take(standing, absence).returned.isEmpty)
        #expect(take(standing, fits([committed, plain])).returned == [committed.id, plain.id])
        #expect(take(standing, fits([committed, plain])).returned.isEmpty)
    }

    /// Its operator may have added the task a moment before it went: reports may wait for it, jobs are not formed.
    @Test(arguments: [HandshakeOutcome.unreachable("status 502"), .plain("status 400")])
    func whatAPeerThatIsAwayDidNotHaveYetIsOpenAgain(absence: HandshakeOutcome) {
        let standing = standing()
        var assessment = HandshakeAssessment()
        let missing = HandshakeFinding(.taskUnknown, .unready, reach: .everything, reason: "", advice: "")
        let other = HandshakeFinding(.verifyKey, .contradiction, reach: .everything, reason: "", advice: "")
        assessment.tasks = [committed.id: [missing], plain.id: [missing, other]]
        take(standing, .assessed(assessment))
        #expect(standing.obstacles(committed) == [missing] && standing.obstacles(plain) == [missing, other])
        take(standing, absence)
        #expect(standing.taskState(committed) == .unknown && !standing.mayWork(on: committed))
        #expect(standing.obstacles(plain) == [missing, other], "what contradicts stays")
    }

    /// Ten seconds of a proxy that answers everything with 404 or a page.
    @Test func aProxyThatHidesTheHandshakeMakesNoPlainAggregator() {
        let standing = standing()
        var assessment = HandshakeAssessment()
        assessment.tasks[plain.id] = [
            HandshakeFinding(.verifyKey, .contradiction, reach: .everything, reason: "", advice: "")
        ]
        take(standing, .assessed(assessment), [plain])
        #expect(take(standing, .plain("status 404")).findings.map(\.code) == [.hidden, .verifyKey])
        #expect(!standing.mayWork(on: plain), "what contradicted the peer does so still")
        #expect(!standing.mayWork(on: committed), "and what was not known is not known")
        #expect(standing.taskState(committed) == .unknown)

        let restarted = PeerStanding(PeerWords(parties.helper.peers[0], role: .helper))
        restarted.begin([
            StoredStanding(
                task: plain.id, state: "fits", keyHash: HandshakeKey.digest(plain.verifyKey), findings: [], since: 1)
        ])
        take(restarted, .plain("status 200"))
        #expect(restarted.mayWork(on: plain) && !restarted.mayWork(on: committed))
    }

    @Test func anotherVerificationKeyIsAskedAboutAnew() async throws {
        let standing = standing()
        take(standing, fits([committed, plain]))
        var stored = StoredTask(
            id: plain.id, name: plain.name, configuration: plain.configurationBytes,
            collectorConfig: plain.collectorConfig.encoded(), policyText: nil, verifyKey: plain.verifyKey)
        stored.verifyKey[0] ^= 1
        let rekeyed = try NodeTask(stored)
        #expect(!standing.mayWork(on: rekeyed) && standing.taskState(rekeyed) == .unknown)
    }

    @Test func answersAreReadForWhatTheyAre() {
        func read(_ status: Int, _ type: String, _ body: [UInt8] = []) -> HandshakeReply {
            .interpret(WebAnswer(status: status, headers: [("Content-Type", type)], body: body))
        }
        #expect(read(404, "application/problem+json") == .plain("status 404"))
        #expect(read(405, "text/html") == .plain("status 405"))
        #expect(read(200, "text/html") == .plain("status 200"))
        #expect(read(503, "text/html") == .unreachable("status 503"))
        #expect(read(429, "text/html") == .unreachable("status 429"))
        guard case .unreachable = read(200, HandshakeAnswer.mediaType, [1, 2]) else {
            Issue.record("a damaged answer says nothing")
            return
        }
    }

    @Test func pausesGrowToAMinuteAndNoFurther() {
        func seconds(_ troubles: Int, _ jitter: Double) -> Double {
            HandshakeSchedule.pause(afterTroubles: troubles, jitter: jitter) / .seconds(1)
        }
        #expect(seconds(1, 0.5) == 1 && seconds(2, 0.5) == 2 && seconds(3, 0.5) == 4)
        #expect(seconds(9, 0.5) == 60 && seconds(.max, 1) < 72.1)
        #expect(abs(seconds(0, 0) - 240) < 0.1 && abs(seconds(0, 1) - 360) < 0.1)
    }
}
