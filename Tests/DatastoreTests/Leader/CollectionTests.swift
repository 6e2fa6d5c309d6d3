import DAP
import Datastore
import Ledger
import Testing

/// A collection job from the request to the result.
@Suite(.inTurns) struct CollectionTests {
    private let interval = Interval(start: 100, duration: 10)

    @Test(arguments: EngineKind.tested)
    func theSameBytesNameTheSameJob(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let first = try await temporary.store.newCollection(request: [1, 2])
        #expect(try await temporary.store.newCollection(request: [1, 2]) == first)
        #expect(try await temporary.store.newCollection(request: [1, 3]).id != first.id)
        let reopened = try await temporary.afterKill()
        #expect(try await reopened.collection(first.id, task: Make.task) == first)
        #expect(try await reopened.activeCollections().count == 2)
    }

    @Test(arguments: EngineKind.tested)
    func aDeletedJobIsGoneAndTheSameBytesMakeAnother(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let first = try await store.newCollection()
        #expect(try await store.hideCollection(first.id, task: Make.task))
        #expect(try await !store.hideCollection(first.id, task: Make.task))
        #expect(try await store.collection(first.id, task: Make.task) == nil)
        let second = try await store.newCollection()
        #expect(second.id != first.id)
        #expect(try await store.newCollection().id == second.id)
    }

    @Test(arguments: EngineKind.tested)
    func aBatchIsSealedOnceItsEarlierReportsAreAggregated(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        try await store.accept([1, 2])
        let pending = try await store.pendingJob([3], time: 105)
        let job = try await store.newCollection(interval: interval)
        #expect(try await store.sealBatch(collection: job.key, interval: interval, sizes: 2...9) == .notReady(1))

        // What arrives after the request does not keep it waiting.
        _ = try await store.storeReports([Make.report(4, time: 101)], task: Make.task, bucketCapacity: nil)
        try await store.finishJob(
            pending, outcomes: [(Make.reportID(3), .accepted(outputShare: Make.share(3), logEntry: Make.entry(3)))],
            vdaf: Make.vdaf)
        let scope = BatchScope.interval(interval)
        #expect(try await store.sealBatch(collection: job.key, interval: interval, sizes: 2...9) == .sealed(scope))
        #expect(try await store.unfinishedReports(task: Make.task, scope: scope) == 1)
        #expect(try await store.summary(task: Make.task, scope: scope).count == 3)

        // From now on nothing joins, not even in other processes or after a restart.
        let late = [Make.report(5, time: 109), Make.report(6, time: 110), Make.report(4, time: 101)]
        let reopened = try await temporary.afterKill()
        #expect(
            try await reopened.storeReports(late, task: Make.task, bucketCapacity: nil)
                == [.batchCollected, .stored, .duplicate])
    }

    @Test(arguments: EngineKind.tested)
    func sizesAndOverlapsAreRefused(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        try await store.accept([1, 2, 3])
        let job = try await store.newCollection(interval: interval)
        #expect(try await store.sealBatch(collection: job.key, interval: interval, sizes: 4...9) == .tooFew(3))
        #expect(try await store.sealBatch(collection: job.key, interval: interval, sizes: 1...2) == .tooMany(3))
        _ = try await store.sealBatch(collection: job.key, interval: interval, sizes: 1...9)

        let overlapping = Interval(start: 109, duration: 5)
        #expect(
            try await store.createCollection(task: Make.task, request: [2], interval: overlapping) == .overlap)
        _ = try await store.newCollection(request: [3], interval: Interval(start: 110, duration: 5))
    }

    @Test(arguments: EngineKind.tested)
    func ofTwoOverlappingRequestsTheFirstToBeSealedWins(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        try await store.accept([1, 2])
        let first = try await store.newCollection(request: [1], interval: interval)
        let second = try await store.newCollection(request: [2], interval: Interval(start: 100, duration: 1))
        _ = try await store.sealBatch(collection: first.key, interval: interval, sizes: 1...9)
        let outcome = try await store.sealBatch(
            collection: second.key, interval: Interval(start: 100, duration: 1), sizes: 1...9)
        #expect(outcome == .overlap)
    }

    @Test(arguments: EngineKind.tested)
    func leaderSelectedPicksTheOldestBatchWithEnoughReports(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let small = try await store.batchForNextJob(task: Make.task, maxBatchSize: 1).id
        try await store.accept([1], batch: small)
        let large = try await store.batchForNextJob(task: Make.task, maxBatchSize: 1).id
        try await store.accept([2, 3], batch: large)
        let job = try await store.newCollection()
        #expect(try await store.sealBatch(collection: job.key, interval: nil, sizes: 3...9) == .tooFew(2))
        #expect(try await store.sealBatch(collection: job.key, interval: nil, sizes: 2...9) == .sealed(.batch(large)))

        _ = try await store.storeReports([Make.report(4)], task: Make.task, bucketCapacity: nil)
        let late = NewJob(batchID: large, request: [1], reports: try await store.rows(of: [4]))
        #expect(try await store.createJob(late, rejected: [], task: Make.task, maxBatchSize: 9) == .stale)
        #expect(try await store.batchStatuses(task: Make.task, limit: 9).map(\.state) == ["open", "closing"])
    }

    @Test(arguments: EngineKind.tested)
    func stepsHappenInOrderAndOnce(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        try await store.accept([1, 2])
        let job = try await store.newCollection(interval: interval)
        await #expect(throws: DatastoreError.self) { try await store.recordClose([9], collection: job.key) }
        #expect(try await store.numberedSize() == 2, "a refused step logs nothing")

        _ = try await store.sealBatch(collection: job.key, interval: interval, sizes: 1...9)
        try await store.recordProposal(size: 7, collection: job.key)
        try await store.recordClose([9], collection: job.key)
        await #expect(throws: DatastoreError.self) { try await store.recordClose([9], collection: job.key) }
        try await store.recordHelperShare([8], statement: [6], collection: job.key)
        let scope = BatchScope.interval(interval)
        #expect(try await store.sum(scope) == 3)

        try await store.publish(response: [5], batchEntry: [4], collection: job.key)
        await #expect(throws: DatastoreError.self) {
            try await store.publish(response: [5], batchEntry: [4], collection: job.key)
        }
        #expect(try await store.sum(scope) == 0, "the shares are gone")
        try await store.finishCollection(job.key)

        let reopened = try await temporary.afterKill()
        let finished = try await reopened.collection(job.id, task: Make.task)
        #expect(finished?.state == .finished)
        #expect(finished?.response == [5])
        try await reopened.numberedSize()
        #expect(try await reopened.logEntries(from: 2, limit: 9) == [[9], [4]])
        #expect(try await reopened.activeCollections().isEmpty)
        #expect(try await reopened.batchStatuses(task: Make.task, limit: 9).map(\.state) == ["collected"])
        #expect(
            try await reopened.storeReports([Make.report(1)], task: Make.task, bucketCapacity: nil) == [.duplicate],
            "ids stay, as replay protection")
    }

    @Test(arguments: EngineKind.tested)
    func theNameOfADeferredShareSurvivesAndGoesWithWhatItWasAbout(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        try await store.accept([1, 2], logging: false)
        let job = try await store.newCollection(interval: interval)
        await #expect(throws: DatastoreError.self) { try await store.recordShareID("abc", collection: job.key) }
        _ = try await store.sealBatch(collection: job.key, interval: interval, sizes: 1...9)
        try await store.recordShareID("abc", collection: job.key)
        #expect(try await temporary.afterKill().collection(key: job.key)?.shareID == "abc")
        #expect(
            try await store.acceptedIDs(.interval(interval)) == [1, 2].map(Make.reportID))
        try await store.leaveOut(
            [EndedReport(reportID: Make.reportID(2), error: .reportDropped, logEntry: nil)], collection: job.key,
            vdaf: Make.vdaf)
        #expect(try await store.collection(key: job.key)?.shareID == nil, "the next request is another one")
        #expect(try await store.acceptedIDs(.interval(interval)) == [Make.reportID(1)])
    }

    /// Shares of a million coordinates have eight megabytes and more.
    @Test(arguments: EngineKind.tested)
    func largeSharesAndResponsesComeBackWhole(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        try await store.accept([1, 2], logging: false)
        let job = try await store.newCollection(interval: interval)
        _ = try await store.sealBatch(collection: job.key, interval: interval, sizes: 1...9)
        let share = (0..<(2 << 20) + 1).map { UInt8(truncatingIfNeeded: $0 % 251) }
        let problem = CollectionProblem(type: .batchMismatch, detail: "")
        try await store.recordHelperShare(share, statement: nil, collection: job.key)
        #expect(try await store.collection(key: job.key)?.helperShare == share)
        try await store.failCollection(job.key, problem: problem, batch: .reopened)
        #expect(try await store.newCollection(interval: interval).key == job.key)
        _ = try await store.sealBatch(collection: job.key, interval: interval, sizes: 1...9)
        let other = Array(share.reversed())
        try await store.recordHelperShare(other, statement: nil, collection: job.key)
        #expect(try await temporary.afterKill().collection(key: job.key)?.helperShare == other)
        let response = share + share
        try await store.publish(response: response, batchEntry: nil, collection: job.key)
        #expect(try await store.collection(key: job.key)?.response == nil, "not to be served yet")
        try await store.finishCollection(job.key)
        #expect(try await store.collection(job.id, task: Make.task)?.response == response)
        #expect(try await store.newCollection(interval: interval).response == response)
        let bytes = try await store.engine.read {
            try $0.integer("SELECT CAST(SUM(LENGTH(bytes)) AS BIGINT) FROM collection_parts")
        }
        #expect(bytes == Int64(response.count), "the helper's share is in the response")
    }
}
