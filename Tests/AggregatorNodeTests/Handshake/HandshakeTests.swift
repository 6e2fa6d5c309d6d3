import AggregatorNode
import Datastore
import Encodings
import FaultProxy
import Foundation
import Ledger
import Tasks
import Testing

/// Two nodes over HTTP that do not fit each other: said before anything is lost, and mended without a loss.
@Suite struct HandshakeTests {
    /// Runs both nodes, which may have other configurations or keys than the pair's.
    private func run(
        _ pair: NodePair, leader: NodeConfiguration? = nil, helper: NodeConfiguration? = nil,
        helperKeys: NodeKeys? = nil,
        ahead: UInt64 = 0, _ body: (NodePair.Running, NodePair.Running) async throws -> Void
    ) async throws {
        let first = try await pair.start(leader ?? pair.leader)
        let second = try await pair.start(helper ?? pair.helper, ahead: ahead, keys: helperKeys)
        let result: Result<Void, any Error>
        do { result = .success(try await body(first, second)) } catch { result = .failure(error) }
        await first.stop()
        await second.stop()
        try result.get()
    }

    private func findings(_ leader: NodePair.Running, _ file: TaskFile) async throws -> Set<HandshakeFinding.Code> {
        let state = try await leader.awaitStanding(of: file.taskID) { $0 != .unknown }
        return Set(state.findings.map(\.code))
    }

    /// An upload that is refused, with nothing stored.
    private func expectRefusal(_ client: PairClient, _ leader: NodePair.Running, _ word: String) async throws {
        let before = try await leader.context.store.reportCounts(task: client.file.taskID)
        let answer = try await client.uploadAnswer([try client.report([1, 2, 3])])
        #expect(answer.status == 503 && answer.headers["retry-after"] != nil)
        #expect(answer.text.contains(word), "\(answer.text)")
        #expect(try await leader.context.store.reportCounts(task: client.file.taskID) == before)
    }

    @Test(arguments: [true, false]) func differentSecretsRefuseUploadsAndAreMended(committed: Bool) async throws {
        let pair = try NodePair()
        let wrong = pair.directory.file("wrong.psk")
        try KeyFiles.makePreSharedKey(at: wrong)
        let secret = try KeyFiles.preSharedKey(at: wrong)
        let file = try await pair.addTask(committed: committed, mode: .leaderSelected, at: [.leader])
        #expect(try await pair.add(file, .helper, secret: secret).isNew)
        let client = try PairClient(pair, file)
        var helper = pair.helper
        helper.pskFile = wrong
        try await run(pair, helper: helper) { leader, helper in
            #expect(try await findings(leader, file) == [.verifyKey])
            #expect(try await findings(helper, file) == [.verifyKey])
            try await expectRefusal(client, leader, "verification key")
            let stored = try await leader.context.store.storedPeers()
            #expect(
                HandshakeFinding.list(stored.first?.findings ?? []).map(\.code) == [
                    .psk, .verifyKey,
                ])

            // The operator puts the right file in its place and adds the task again; nobody restarts anything.
            try FileManager.default.removeItem(atPath: wrong)
            try FileManager.default.copyItem(atPath: pair.leader.pskFile, toPath: wrong)
            let added = try await pair.add(file, .helper)
            #expect(!added.isNew && added.isRekeyed)
            try await leader.awaitStanding(of: file.taskID) { $0 == .fits }
            try await client.upload(try (0..<3).map { _ in try client.report([1, 2, 3]) })
            let (count, sums) = try await client.collect(.leaderSelected)
            #expect(count == 3 && sums == .vector([3, 6, 9]))
            #expect(try await leader.context.store.reportCounts(task: file.taskID).rejected.isEmpty)
        }
    }

    /// Reports that came while nobody could tell survive the mend.
    @Test func reportsFromBeforeTheMendAreCounted() async throws {
        let pair = try NodePair()
        let file = try await pair.addTask(committed: true, mode: .leaderSelected, at: [.helper])
        try await pair.add(file, .leader, secret: [UInt8](repeating: 3, count: 32))
        let client = try PairClient(pair, file)
        let leader = try await pair.start(pair.leader)
        try await client.upload(try (0..<3).map { _ in try client.report([1, 2, 3]) })
        #expect(try await leader.context.store.reportCounts(task: file.taskID).received == 3)

        let helper = try await pair.start(pair.helper)
        try await leader.awaitStanding(of: file.taskID) { !$0.findings.isEmpty }
        #expect(try await pair.add(file, .leader).isRekeyed)
        try await leader.awaitStanding(of: file.taskID) { $0 == .fits }
        let (count, sums) = try await client.collect(.leaderSelected)
        #expect(count == 3 && sums == .vector([3, 6, 9]))
        await leader.stop()
        await helper.stop()
    }

    @Test func aKeyUnderWhichReportsWereAcceptedStays() async throws {
        let pair = try NodePair()
        let client = try PairClient(pair, try await pair.addTask(committed: false, mode: .leaderSelected))
        try await run(pair) { leader, _ in
            try await client.upload([try client.report([1, 2, 3])])
            try await client.awaitAccepted(1, at: leader)
            for role in NodeRole.allCases {
                await #expect(throws: TaskRefusal.self) {
                    try await pair.add(client.file, role, secret: [UInt8](repeating: 3, count: 32))
                }
            }
            #expect(try await !pair.add(client.file, .leader).isRekeyed)
        }
    }

    @Test func differentTokensAreSaidToContributorsAndCollectors() async throws {
        let pair = try NodePair()
        let client = try PairClient(pair, try await pair.addTask(committed: false, mode: .timeInterval))
        var keys = pair.helperKeys
        let other = pair.directory.file("other.token")
        try KeyFiles.makeToken(at: other)
        keys.aggregatorToken = try KeyFiles.token(at: other)
        try await run(pair, helperKeys: keys) { leader, _ in
            #expect(try await findings(leader, client.file) == [.token])
            try await expectRefusal(client, leader, "do not recognise each other")
            let collecting = try await client.createCollection(client.today)
            #expect(collecting.status == 503 && collecting.text.contains("do not recognise each other"))
        }
    }

    @Test func anotherLogStopsCommittedTasksOnly() async throws {
        let pair = try NodePair()
        let committed = try PairClient(pair, try await pair.addTask(committed: true, mode: .leaderSelected))
        let plain = try PairClient(pair, try await pair.addTask(committed: false, mode: .leaderSelected))
        var helper = pair.helper
        helper.logOrigin = "log.example/other"
        try await run(pair, helper: helper) { leader, _ in
            #expect(try await findings(leader, committed.file) == [.logOrigin])
            try await expectRefusal(committed, leader, "same log")
            #expect(try await plain.upload([try plain.report([1, 2, 3])]).isEmpty)
            try await plain.awaitAccepted(1, at: leader)
        }
    }

    @Test func aHelperWithoutTheTaskIsWaitedFor() async throws {
        let pair = try NodePair()
        let file = try await pair.addTask(committed: true, mode: .leaderSelected, at: [.leader])
        let client = try PairClient(pair, file)
        try await run(pair) { leader, helper in
            #expect(try await findings(leader, file) == [.taskUnknown])
            try await expectRefusal(client, leader, "does not serve this task yet")
            try await pair.add(file, .helper)
            try await leader.awaitStanding(of: file.taskID) { $0 == .fits }
            #expect(try await client.upload([try client.report([1, 2, 3])]).isEmpty)

            // And the other way: the helper's operator ends it.
            _ = try await eventually("the report is collected or waits") {
                try await leader.context.store.reportCounts(task: file.taskID).accepted == 1 ? true : nil
            }
            #expect(
                try await helper.context.store.endTask(file.taskID, mayDiscard: false, at: 0) != .ended(discarded: 0))
            #expect(
                try await helper.context.store.endTask(file.taskID, mayDiscard: true, at: 0) == .ended(discarded: 1))
            try await leader.awaitStanding(of: file.taskID) { $0.findings.map(\.code) == [.taskEnded] }
            try await expectRefusal(client, leader, "has ended this task")
        }
    }

    @Test func aPlainAggregatorServesPlainTasksAndNoOthers() async throws {
        let pair = try NodePair(throughProxy: true)
        let committed = try PairClient(pair, try await pair.addTask(committed: true, mode: .leaderSelected))
        let uncommitted = try PairClient(pair, try await pair.addTask(committed: false, mode: .leaderSelected))
        let plain = try PairClient(
            pair, try await pair.addTask(committed: false, plain: true, mode: .leaderSelected))
        let proxy = try FaultProxy(before: pair.helper)
        proxy.follow(FaultRule("*", "cairn/**", .always, Fault.page(404).unasked))
        try await proxy.serve {
            try await run(pair) { leader, _ in
                for client in [committed, uncommitted] {
                    #expect(try await findings(leader, client.file) == [.plainPeer])
                    try await expectRefusal(client, leader, "needs a Cairn helper")
                }
                #expect(try await plain.upload([try plain.report([1, 2, 3])]).isEmpty)
                try await plain.awaitAccepted(1, at: leader)

                // It was a proxy that hid it.
                proxy.behave()
                for client in [committed, uncommitted] {
                    try await leader.awaitStanding(of: client.file.taskID) { $0 == .fits }
                    #expect(try await client.upload([try client.report([1, 2, 3])]).isEmpty)
                    try await client.awaitAccepted(1, at: leader)
                }
            }
        }
    }

    @Test(arguments: [60, 2_000] as [UInt64]) func clocksAreMeasured(ahead: UInt64) async throws {
        let pair = try NodePair()
        let client = try PairClient(pair, try await pair.addTask(committed: false, mode: .leaderSelected))
        try await run(pair, ahead: ahead) { leader, helper in
            let isRefused = ahead >= 1_800
            #expect(try await findings(leader, client.file) == (isRefused ? [.clock] : []))
            // An exchange may take some seconds on a busy machine, and half of it goes into the difference.
            #expect(abs(try #require(leader.context.standing.skew()) - Int(ahead)) <= 20)
            try await helper.awaitStanding(of: client.file.taskID) { $0 != .unknown }
            #expect(abs(try #require(helper.context.standing.skew()) + Int(ahead)) <= 20)
            if isRefused {
                try await expectRefusal(client, leader, "clocks")
            } else {
                #expect(try await client.upload([try client.report([1, 2, 3])]).isEmpty)
            }
        }
    }

    @Test func uploadsWaitForAHelperThatIsAway() async throws {
        let pair = try NodePair()
        let client = try PairClient(pair, try await pair.addTask(committed: false, mode: .leaderSelected))
        let leader = try await pair.start(pair.leader)
        #expect(try await client.upload([try client.report([1, 2, 3])]).isEmpty)
        try await Task.sleep(for: .milliseconds(500))
        #expect(try await leader.context.store.jobOverviews().isEmpty, "no job before the first handshake")
        let helper = try await pair.start(pair.helper)
        try await client.awaitAccepted(1, at: leader)
        await leader.stop()
        await helper.stop()
    }

    /// The job has waited for so long that it would be sent again in five minutes.
    @Test func afterALongOutageJobsFollowTheHandshake() async throws {
        let pair = try NodePair(throughProxy: true)
        let client = try PairClient(pair, try await pair.addTask(committed: false, mode: .leaderSelected))
        let proxy = try FaultProxy(before: pair.helper)
        try await proxy.serve {
            try await run(pair) { leader, _ in
                try await leader.awaitStanding(of: client.file.taskID) { $0 == .fits }
            }
            proxy.follow(FaultRule("*", "**", .always, Fault.page(502).unasked))
            try await run(pair) { leader, _ in
                let store = leader.context.store
                try await eventually("the helper is missed") {
                    let node = try await store.storedPeers().first
                    return HandshakeFinding.list(node?.findings ?? []).map(\.code) == [.unreachable] ? true : nil
                }
                try await client.upload([try client.report([1, 2, 3])])
                let job = try await eventually("the job fails") {
                    let job = try await store.jobOverviews().first
                    return job?.progress?.answer == .unusable ? job : nil
                }
                var progress = try #require(job.progress)
                progress.attempts = 20
                let lease = try #require(try await store.seizeJob(job.key, for: .seconds(60)))
                try await store.releaseJob(lease, after: .zero, exchange: (progress, nil))
                try await eventually("the job waits for minutes") {
                    try await store.jobOverviews().first?.progress.map { $0.attempts > 20 } == true ? true : nil
                }
                proxy.behave()
                let start = ContinuousClock.now
                try await client.awaitAccepted(1, at: leader)
                #expect(ContinuousClock.now - start < .seconds(150), "half of its pause")
            }
        }
    }

    @Test func aTaskThatCannotBeReadStopsNoOther() async throws {
        let pair = try NodePair()
        let client = try PairClient(pair, try await pair.addTask(committed: false, mode: .leaderSelected))
        let other = try await pair.addTask(committed: false, mode: .timeInterval, at: [.helper])
        let store = try await pair.leader.openTestDatabase()
        try await store.addTask(
            StoredTask(
                id: other.taskID, name: "damaged", configuration: [1], collectorConfig: [], policyText: nil,
                verifyKey: [UInt8](repeating: 1, count: 32)), logEntry: nil)
        try store.close()
        try await run(pair) { leader, helper in
            try await leader.awaitStanding(of: client.file.taskID) { $0 == .fits }
            try await helper.awaitStanding(of: client.file.taskID) { $0 == .fits }
            try await helper.awaitStanding(of: other.taskID) { $0.findings.map(\.code) == [.taskUnknown] }
            #expect(try await client.upload([try client.report([1, 2, 3])]).isEmpty)
            try await client.awaitAccepted(1, at: leader)
        }
    }

    @Test func anEndedTaskTakesNothing() async throws {
        let pair = try NodePair()
        let client = try PairClient(pair, try await pair.addTask(committed: false, mode: .leaderSelected))
        try await run(pair) { leader, _ in
            try await leader.awaitStanding(of: client.file.taskID) { $0 == .fits }
            let store = try await pair.leader.openTestDatabase()
            #expect(try await store.endTask(client.file.taskID, mayDiscard: false, at: 0) == .ended(discarded: 0))
            // At once: the running node may not have noticed, but its database has.
            let answer = try await client.uploadAnswer([try client.report([1, 2, 3])])
            #expect(try problem(answer) == .unrecognizedTask)
            #expect(try await store.reportCounts(task: client.file.taskID) == ReportCounts())
            try await Task.sleep(for: TaskRegistry.freshness + .milliseconds(100))
            #expect(try await leader.context.registry.task(client.file.taskID) == nil)

            #expect(try await pair.add(client.file, .leader).isNew)
            try await leader.awaitStanding(of: client.file.taskID) { $0 == .fits }
            #expect(try await client.upload([try client.report([1, 2, 3])]).isEmpty)
            try store.close()
        }
    }
}
