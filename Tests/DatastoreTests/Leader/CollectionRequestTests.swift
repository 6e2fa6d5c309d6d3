import DAP
import Datastore
import Testing

/// What a collector may ask for again and again.
@Suite(.inTurns) struct CollectionRequestTests {
    private let interval = Interval(start: 100, duration: 10)

    /// Each deleted job of the same bytes is followed by another, and the last of them costs what the first did.
    @Test(arguments: EngineKind.tested)
    func theSameBytesCostTheSameHoweverOftenTheirJobsWereDeleted(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let counter = CountingEngine(temporary.store.engine)
        let store = NodeDatabase(counter)
        try await store.accept([1])
        var ids: Set<CollectionJobID> = []
        var costs: [CountingEngine.Counts] = []
        for _ in 0..<200 {
            _ = counter.take()
            let job = try await store.newCollection()
            costs.append(counter.take())
            #expect(ids.insert(job.id).inserted)
            #expect(try await store.newCollection() == job)
            #expect(try await store.hideCollection(job.id, task: Make.task))
        }
        // Of 200 there are 8 more binary digits than of one.
        #expect(costs[199].statements <= costs[0].statements + 2 * 8 + 2, "\(costs[0]), \(costs[199])")
        #expect(costs[199].rows <= costs[0].rows + 2 * 8 + 2, "\(costs[0]), \(costs[199])")
        #expect(try await store.newCollection(request: [2]).state == .waiting)
    }

    /// A job of the same bytes that failed behind its close is found without those that did not.
    @Test(arguments: EngineKind.tested)
    func whatWasLeftBehindACloseIsFoundAmongManyDeletedJobs(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let counter = CountingEngine(temporary.store.engine)
        let store = NodeDatabase(counter)
        try await store.accept([1, 2])
        let job = try await store.newCollection(interval: interval)
        _ = try await store.sealBatch(collection: job.key, interval: interval, sizes: 1...9)
        try await store.recordClose([9], collection: job.key)
        try await store.failCollection(
            job.key, problem: CollectionProblem(type: .batchMismatch, detail: ""), batch: .reopened)
        #expect(try await store.hideCollection(job.id, task: Make.task))
        for _ in 0..<50 {
            let other = try await store.newCollection(interval: interval)
            #expect(try await store.hideCollection(other.id, task: Make.task))
        }
        _ = counter.take()
        let again = try await store.newCollection(interval: interval)
        #expect(counter.take().rows < 40)
        #expect(
            try await store.sealBatch(collection: again.key, interval: interval, sizes: 1...9)
                == .sealed(.interval(interval)))
        #expect(try await store.collection(key: again.key)?.closeEntry == [9])
    }

    /// A request that comes while the operator ends the task makes nothing that nobody would ever work on.
    @Test(arguments: EngineKind.tested)
    func aTaskThatHasEndedIsNotCollected(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        try await store.addTask(Make.storedTask(), logEntry: nil)
        try await store.accept([1, 2], logging: false)
        let job = try await store.newCollection(interval: interval)
        try await store.failCollection(
            job.key, problem: CollectionProblem(type: .batchMismatch, detail: ""), batch: .reopened)
        #expect(try await store.endTask(Make.task, mayDiscard: true, at: 0) == .ended(discarded: 2))
        for request in [[1], [2]] as [[UInt8]] {
            await #expect(throws: DatastoreError.notServed(Make.task)) {
                try await store.newCollection(request: request, interval: interval)
            }
        }
        #expect(try await store.activeCollections().isEmpty)
        #expect(try await store.collection(key: job.key)?.state == .failed)
    }
}
