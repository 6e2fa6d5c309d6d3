import DAP
import Datastore
import Testing

/// What changes about a stored task, and what must not be lost by it.
@Suite(.inTurns) struct TaskServiceTests {
    private let key = [UInt8](repeating: 1, count: 32)

    private func store(_ kind: EngineKind) async throws -> TemporaryStore {
        let temporary = try await TemporaryStore(kind)
        try await temporary.store.addTask(Make.storedTask(), logEntry: nil)
        return temporary
    }

    @Test(arguments: EngineKind.tested)
    func aKeyIsReplacedWhileNothingIsAccepted(_ kind: EngineKind) async throws {
        let temporary = try await store(kind)
        let store = temporary.store
        let job = try await store.pendingJob([1, 2])
        // The peer may have accepted the job's reports, and its answer be lost: in another job they were replays.
        #expect(try await store.replaceVerifyKey(key, of: Make.task, peerHasKey: false, at: 0) == .underWay(reports: 2))
        #expect(try await store.jobOverviews().map(\.key) == [job])
        #expect(try await store.replaceVerifyKey(key, of: Make.task, peerHasKey: true, at: 0) == .replaced)
        #expect(try await store.replaceVerifyKey(key, of: Make.task, peerHasKey: false, at: 0) == .same)
        #expect(try await store.task(Make.task)?.verifyKey == key)
        // What was made with the old key is gone, and its reports wait.
        #expect(try await store.jobOverviews().isEmpty)
        #expect(try await store.reportCounts(task: Make.task).received == 2)
        let late = try await store.finish(job, [(1, .returned(notBefore: 0))])
        #expect(!late, "an answer under the old key comes too late")
        #expect(try await temporary.afterKill().task(Make.task)?.verifyKey == key)
    }

    /// The leader verified its shares, and another process replaced the key before the job was stored.
    @Test(arguments: EngineKind.tested)
    func aJobThatWasMadeWithAnotherKeyIsNotStored(_ kind: EngineKind) async throws {
        let temporary = try await store(kind)
        let store = temporary.store
        _ = try await store.storeReports([Make.report(1)], task: Make.task, bucketCapacity: nil)
        var job = NewJob(
            batchID: nil, request: [1], reports: try await store.rows(of: [1]), verifyKey: Make.storedTask().verifyKey)
        #expect(try await store.replaceVerifyKey(key, of: Make.task, peerHasKey: false, at: 0) == .replaced)
        #expect(try await store.createJob(job, rejected: [], task: Make.task, maxBatchSize: 9) == .stale)
        #expect(try await store.jobOverviews().isEmpty)
        job.verifyKey = key
        guard case .created = try await store.createJob(job, rejected: [], task: Make.task, maxBatchSize: 9) else {
            Issue.record("a job with the new key is stored")
            return
        }
    }

    @Test(arguments: EngineKind.tested)
    func aKeyThatReportsWereAcceptedUnderStays(_ kind: EngineKind) async throws {
        let temporary = try await store(kind)
        try await temporary.store.accept([1, 2])
        #expect(
            try await temporary.store.replaceVerifyKey(key, of: Make.task, peerHasKey: true, at: 0)
                == .inUse(accepted: 2))
        #expect(try await temporary.store.task(Make.task) == Make.storedTask())
    }

    @Test func aKeyIsReplacedWhereNothingDependsOnTheOldOne() {
        func decide(same: Bool = false, _ accepted: UInt64, _ underWay: UInt64, peer: Bool) -> KeyReplacement {
            .decide(isSame: same, accepted: accepted, underWay: underWay, peerHasKey: peer)
        }
        for peer in [false, true] {
            #expect(decide(same: true, 3, 2, peer: peer) == .same, "whatever there is")
            #expect(decide(3, 2, peer: peer) == .inUse(accepted: 3), "the peer's word does not help")
            #expect(decide(0, 0, peer: peer) == .replaced)
        }
        #expect(decide(0, 2, peer: false) == .underWay(reports: 2))
        #expect(decide(0, 2, peer: true) == .replaced)
    }

    @Test(arguments: EngineKind.tested)
    func whatIsOwedKeepsATaskAlive(_ kind: EngineKind) async throws {
        let temporary = try await store(kind)
        let store = temporary.store
        try await store.accept([1])
        _ = try await store.pendingJob([2])
        _ = try await store.storeReports([Make.report(3)], task: Make.task, bucketCapacity: nil)
        var burden = TaskBurden()
        burden.waiting = 2
        burden.uncollected = 1
        #expect(try await store.endTask(Make.task, mayDiscard: false, at: 0) == .owed(burden))
        #expect(try await store.task(Make.task)?.service == .served)

        #expect(try await store.endTask(Make.task, mayDiscard: true, at: 0) == .ended(discarded: 3))
        let counts = try await store.reportCounts(task: Make.task)
        #expect(counts.rejected == [.reportDropped: 3] && counts.accepted == 0)
        #expect(try await store.jobOverviews().isEmpty)
        #expect(try await store.burden(of: Make.task).isNothing)
        // Serving it again could count what the other node has and this one has not; what protects from replays stays.
        await #expect(throws: DatastoreError.self) { try await store.addTask(Make.storedTask(), logEntry: nil) }
        #expect(try await store.task(Make.task)?.service == .discarded)
        #expect(try await store.standing(of: Make.reportID(1), task: Make.task) == .rejected(.reportDropped))
    }

    /// A server ends a statement that takes too long, and so the transaction would never come to its end.
    @Test(arguments: EngineKind.tested)
    func noStatementChangesAllReportsOfATaskThatEnds(_ kind: EngineKind) async throws {
        let temporary = try await store(kind)
        let counter = CountingEngine(temporary.store.engine)
        let (store, size) = (NodeDatabase(counter), 3_000)
        for time in [100, 101] as [UInt64] {
            let numbers = Array(Int(time) * 10_000..<Int(time) * 10_000 + size)
            for start in stride(from: 0, to: size, by: 1_000) {
                try await store.accept(Array(numbers[start..<start + 1_000]), time: time, logging: false)
            }
        }
        let unit = Interval(start: 100, duration: 1)
        let job = try await store.newCollection(interval: unit)
        _ = try await store.sealBatch(collection: job.key, interval: unit, sizes: 1...10_000)
        try await store.recordHelperShare([1], statement: nil, collection: job.key)
        try await store.publish(response: [2], batchEntry: nil, collection: job.key)
        _ = try await store.storeReports(
            (0..<size).map { Make.report($0, time: 102) }, task: Make.task, bucketCapacity: nil)
        _ = counter.take()
        #expect(try await store.endTask(Make.task, mayDiscard: true, at: 0) == .ended(discarded: UInt64(2 * size)))
        #expect(counter.take().mostChanges <= 256)
        let counts = try await store.reportCounts(task: Make.task)
        #expect(counts.rejected == [.reportDropped: UInt64(2 * size)] && counts.accepted == UInt64(size))
        #expect(try await store.burden(of: Make.task).isNothing)
    }

    @Test(arguments: EngineKind.tested)
    func anEndedTaskTakesNothingUntilItIsServedAgain(_ kind: EngineKind) async throws {
        let temporary = try await store(kind)
        let store = temporary.store
        #expect(try await store.endTask(Make.task, mayDiscard: false, at: 0) == .ended(discarded: 0))
        #expect(try await store.endTask(Make.task, mayDiscard: false, at: 0) == .already)
        await #expect(throws: DatastoreError.notServed(Make.task)) {
            try await store.storeReports([Make.report(1)], task: Make.task, bucketCapacity: nil)
        }
        await #expect(throws: DatastoreError.notServed(Make.task)) {
            try await store.commitHelperJob(
                Make.task, AggregationJobID(unchecked: [UInt8](repeating: 1, count: 16)), outcomes: [],
                verifyKey: nil, keepsLastWords: true, vdaf: Make.vdaf)
        }
        #expect(try await store.addTask(Make.storedTask(), logEntry: Make.entry(1)))
        #expect(try await store.numberedSize() == 0, "its entry is in the log since it was first added")
        _ = try await store.storeReports([Make.report(1)], task: Make.task, bucketCapacity: nil)
        #expect(try await store.reportCounts(task: Make.task).received == 1)
        #expect(try await store.endTask(TaskID.random(), mayDiscard: true, at: 0) == .unknown)
    }

    /// Whoever uploads first can announce a task; whose it is and who reads its sums is for the operator to say.
    @Test(arguments: EngineKind.tested)
    func anOperatorAdoptsAnAnnouncedTask(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        var announced = Make.storedTask()
        announced.source = .announced
        #expect(try await store.addAnnouncedTask(announced, limit: 1) == .stored)
        var own = Make.storedTask()
        own.name = "the operator's"
        own.collectorConfig = [1, 2, 3]
        #expect(try await !store.addTask(own, logEntry: nil))
        #expect(try await store.task(Make.task) == own)
        // It does not count as announced any more, and whoever announces it again changes nothing.
        await #expect(throws: DatastoreError.self) { try await store.addAnnouncedTask(announced, limit: 1) }
        own.collectorConfig = [4]
        await #expect(throws: DatastoreError.self) { try await store.addTask(own, logEntry: nil) }
    }

    @Test(arguments: EngineKind.tested)
    func theRevisionGrowsWithEveryChange(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        var seen = [try await store.taskRevision()]
        try await store.addTask(Make.storedTask(), logEntry: nil)
        seen.append(try await store.taskRevision())
        _ = try await store.replaceVerifyKey(key, of: Make.task, peerHasKey: false, at: 0)
        seen.append(try await store.taskRevision())
        _ = try await store.endTask(Make.task, mayDiscard: false, at: 0)
        seen.append(try await store.taskRevision())
        #expect(zip(seen, seen.dropFirst()).allSatisfy { $0 < $1 })
        _ = try await store.storeReports([Make.report(1)], task: .random(), bucketCapacity: nil)
        #expect(try await store.taskRevision() == seen.last)
    }

    @Test(arguments: EngineKind.tested)
    func standingsSurviveARestart(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let first = StoredStanding(task: Make.task, state: "blocked", keyHash: [1], findings: [2], since: 3)
        let peer = StoredPeer(role: .leader, url: "https://b.example", state: "fits", findings: [], since: 4)
        var other = peer
        other.role = .helper
        try await temporary.store.recordStandings([first], of: peer)
        try await temporary.store.recordStandings([], of: other)
        var (changed, absent) = (first, peer)
        (changed.state, absent.state, absent.findings) = ("fits", "findings", [9])
        try await temporary.store.recordStandings([changed], of: absent)
        let killed = try await temporary.afterKill()
        #expect(try await killed.standings() == [changed])
        #expect(try await killed.storedPeers() == [other, absent])
    }

    // MARK: Roles

    private func task(_ number: UInt8, _ role: NodeRole?) -> StoredTask {
        StoredTask(
            id: TaskID(unchecked: [UInt8](repeating: number, count: TaskID.size)), name: "task",
            configuration: [number],
            collectorConfig: [1], policyText: nil, verifyKey: [2], role: role)
    }

    /// Rows of schema 3 do not say what the node is in their task: it is what the database was, also when it has become more.
    @Test(arguments: EngineKind.tested)
    func aTaskKnowsItsRole(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let (former, led, helped) = (task(1, nil), task(2, .leader), task(3, .helper))
        for task in [former, led, helped] { _ = try await store.addTask(task, logEntry: nil) }
        #expect(try await store.task(former.id)?.role == nil)
        try await store.claimRole(.helper)
        #expect(try await store.tasks().map(\.role) == [.helper, .leader, .helper])
        try await store.claimRoles(try #require(DatabaseRoles([.leader, .helper])))
        #expect(try await store.tasks().map(\.role) == [.helper, .leader, .helper])
        #expect(try await store.roles()?.all == [.helper, .leader])

        // The same again, also by somebody who knows the role that the row does not say.
        #expect(try await !store.addTask(task(1, .helper), logEntry: nil))
        #expect(try await !store.addTask(led, logEntry: nil))
        for wrong in [task(1, .leader), task(2, .helper)] {
            let error = await #expect(throws: DatastoreError.self) { _ = try await store.addTask(wrong, logEntry: nil) }
            guard case .conflict(let reason) = error, reason.contains("role") else {
                Issue.record("\(String(describing: error))")
                continue
            }
        }
        for role in [DatabaseRole.leader, .helper] {
            let error = await #expect(throws: DatastoreError.self) { try await store.claimRole(role) }
            #expect(error?.description.contains("'\(role == .leader ? "helper" : "leader")' back") == true)
        }
    }

    @Test(arguments: EngineKind.tested)
    func keysAreNamedOnceAndComparedAfterwards(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        #expect(try await temporary.store.claimKeys(["hpke": [1], "log": [2]]).isEmpty)
        let killed = try await temporary.afterKill()
        #expect(try await killed.claimKeys(["hpke": [1], "log": [2], "witness": [3]]).isEmpty)
        #expect(try await killed.claimKeys(["hpke": [9], "log": [2]]) == ["hpke": [1]])
        // A node that has given a role up for a while says nothing about that role's key.
        #expect(try await killed.claimKeys(["hpke": [1], "witness": [4]]) == ["witness": [3]])
    }
}
