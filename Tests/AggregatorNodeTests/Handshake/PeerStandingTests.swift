import AggregatorNode
import DAP
import Datastore
import Foundation
import Ledger
import Testing

/// What a node makes of the outcomes of handshakes, one after the other.
@Suite struct PeerStandingTests {
    let parties: Parties
    let committed: NodeTask
    let plain: NodeTask

    init() async throws {
        parties = try Parties()
        let store = try SQLiteDatastore.open(path: parties.directory.file("tasks.sqlite"))
        var tasks: [NodeTask] = []
        for isCommitted in [true, false] {
            let file = try parties.task(committed: isCommitted)
            _ = try await TaskRegistry.add(
                file, to: store, configuration: parties.helper, keys: parties.helperKeys, acceptingWeakPromises: true)
            tasks.append(try NodeTask(try #require(try await store.task(file.taskID))))
        }
        (committed, plain) = (tasks[0], tasks[1])
    }

    private func standing() -> PeerStanding {
        let standing = PeerStanding()
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
        standing.take(outcome, tasks: tasks ?? [committed, plain], role: .helper, now: 5)
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

    @Test func aPlainAggregatorServesUncommittedTasks() {
        let standing = standing()
        take(standing, .plain("status 404"))
        #expect(standing.mayWork(on: plain) && !standing.mayWork(on: committed))
        #expect(standing.obstacles(committed).map(\.code) == [.plainPeer] && standing.obstacles(plain).isEmpty)
        #expect(take(standing, .plain("status 404"), [plain]).findings.isEmpty, "nothing is wrong with it")
    }

    @Test func aPeerThatIsAwayLeavesAllAsItWas() {
        let standing = standing()
        take(standing, fits([committed, plain]))
        #expect(take(standing, .unreachable("status 502")).findings.map(\.code) == [.unreachable])
        #expect(standing.mayWork(on: committed) && standing.mayWork(on: plain))
    }

    /// Its operator may have added the task a moment before it went: reports may wait for it, jobs are not formed.
    @Test func whatAPeerThatIsAwayDidNotHaveYetIsOpenAgain() {
        let standing = standing()
        var assessment = HandshakeAssessment()
        let missing = HandshakeFinding(.taskUnknown, .unready, reach: .everything, reason: "", advice: "")
        let other = HandshakeFinding(.verifyKey, .contradiction, reach: .everything, reason: "", advice: "")
        assessment.tasks = [committed.id: [missing], plain.id: [missing, other]]
        take(standing, .assessed(assessment))
        #expect(standing.obstacles(committed) == [missing] && standing.obstacles(plain) == [missing, other])
        take(standing, .unreachable("status 502"))
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

        let restarted = PeerStanding()
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
            .interpret(PeerResponse(status: status, headers: [("Content-Type", type)], body: body))
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
