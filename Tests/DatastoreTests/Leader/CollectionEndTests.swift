import DAP
import Datastore
import Ledger
import Testing

/// What becomes of a batch whose collection fails, or is deleted.
@Suite(.inTurns) struct CollectionEndTests {
    private let interval = Interval(start: 100, duration: 10)

    @Test(arguments: EngineKind.tested)
    func aBatchThatWasTooSmallCanBeCollectedLater(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        try await store.accept([1])
        let job = try await store.newCollection(interval: interval)
        _ = try await store.sealBatch(collection: job.key, interval: interval, sizes: 1...9)
        let problem = CollectionProblem(type: .invalidBatchSize, detail: "1 of 2")
        try await store.failCollection(job.key, problem: problem, batch: .reopened)
        #expect(try await store.collection(job.id, task: Make.task)?.problem == problem)

        try await store.accept([2], time: 101)
        let again = try await store.newCollection(interval: interval)
        #expect(again.id == job.id)
        #expect(again.state == .waiting)
        #expect(again.problem == nil)
        #expect(
            try await store.sealBatch(collection: job.key, interval: interval, sizes: 2...9)
                == .sealed(.interval(interval)))
    }

    /// Whatever ends a job, its batch is not `closing` any more, and the same request starts anew.
    @Test(arguments: EngineKind.tested, BatchFate.allCases.flatMap { [($0, true), ($0, false)] })
    func aFailedJobHoldsNoBatchAndStartsAnew(_ kind: EngineKind, _ end: (fate: BatchFate, isInterval: Bool))
        async throws
    {
        let (fate, isInterval) = end
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let interval = isInterval ? interval : nil
        let batch = isInterval ? nil : try await store.batchForNextJob(task: Make.task, maxBatchSize: 9).id
        try await store.accept([1, 2], batch: batch)
        let job = try await store.newCollection(interval: interval)
        _ = try await store.sealBatch(collection: job.key, interval: interval, sizes: 1...9)
        let problem = CollectionProblem(type: .batchMismatch, detail: "47 and 46")
        if fate == .closed { try await store.recordClose([9], collection: job.key) }
        try await store.failCollection(job.key, problem: problem, batch: fate)
        #expect(try await store.collection(key: job.key)?.problem == problem)
        await #expect(throws: DatastoreError.self) {
            try await store.failCollection(job.key, problem: problem, batch: fate)
        }
        let expected = isInterval && fate != .closed ? "open" : fate == .reopened ? "open" : "\(fate)"
        #expect(try await store.batchStatuses(task: Make.task, limit: 9).map(\.state) == [expected])

        let again = try await store.newCollection(interval: interval)
        #expect(again.id == job.id)
        #expect(again.problem == nil)
        #expect(again.state == (fate == .closed ? .closed : .waiting))
        guard fate != .closed else {
            #expect(again.scope != nil && again.closeEntry == [9], "it goes on behind its close")
            #expect(try await store.batchStatuses(task: Make.task, limit: 9).map(\.state) == ["closing"])
            return
        }
        #expect(again.scope == nil)
        let outcome = try await store.sealBatch(collection: job.key, interval: interval, sizes: 1...9)
        if fate == .lost, !isInterval {
            #expect(outcome == .tooFew(0))
        } else {
            guard case .sealed = outcome else {
                Issue.record("\(outcome)")
                return
            }
        }
    }

    /// A signed close cannot be taken back, whatever the failure says.
    @Test(arguments: EngineKind.tested)
    func aClosedBatchIsNeverReopened(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        try await store.accept([1, 2])
        let job = try await store.newCollection(interval: interval)
        _ = try await store.sealBatch(collection: job.key, interval: interval, sizes: 1...9)
        try await store.recordClose([9], collection: job.key)
        try await store.failCollection(
            job.key, problem: CollectionProblem(type: nil, detail: ""), batch: .reopened)
        #expect(try await store.batchStatuses(task: Make.task, limit: 9).map(\.state) == ["closed"])
        #expect(
            try await store.storeReports([Make.report(5)], task: Make.task, bucketCapacity: nil) == [.batchCollected])
    }

    /// A job that failed behind its close and was deleted: nobody else can collect the batch.
    @Test(arguments: EngineKind.tested, [true, false])
    func aDeletedJobsClosedBatchIsCollectedByTheSameRequest(_ kind: EngineKind, isInterval: Bool) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let interval = isInterval ? Interval(start: 100, duration: 10) : nil
        let batch =
            isInterval ? nil : try await store.batchForNextJob(task: Make.task, maxBatchSize: 100).id
        try await store.accept([1, 2], batch: batch)
        let job = try await store.newCollection(interval: interval)
        _ = try await store.sealBatch(collection: job.key, interval: interval, sizes: 1...10)
        try await store.recordClose([9], collection: job.key)
        try await store.failCollection(job.key, problem: CollectionProblem(type: nil, detail: "no"), batch: .closed)
        #expect(try await store.hideCollection(job.id, task: Make.task))

        let next = try await store.newCollection(interval: interval)
        #expect(next.key != job.key)
        let sealed = try await store.sealBatch(collection: next.key, interval: interval, sizes: 1...10)
        let found = try #require(try await store.collection(key: next.key))
        #expect(found.scope.map(SealOutcome.sealed) == sealed)
        #expect(found.state == .closed && found.closeEntry == [9])
        #expect(try await store.batchStatuses(task: Make.task, limit: 9).map(\.state) == ["closing"])
        // It is nobody else's any more.
        #expect(try await store.collection(key: job.key)?.closeEntry == nil)
    }

    @Test(arguments: EngineKind.tested)
    func aDisputedBatchTakesNothingInAndIsTheLastToBeChosen(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let first = try await store.batchForNextJob(task: Make.task, maxBatchSize: 9).id
        try await store.accept([1, 2], batch: first)
        let job = try await store.newCollection()
        _ = try await store.sealBatch(collection: job.key, interval: nil, sizes: 2...9)
        try await store.failCollection(
            job.key, problem: CollectionProblem(type: .batchMismatch, detail: ""), batch: .disputed)

        let second = try await store.batchForNextJob(task: Make.task, maxBatchSize: 9).id
        #expect(second != first)
        try await store.accept([3], batch: second)
        _ = try await store.newCollection()
        #expect(try await store.sealBatch(collection: job.key, interval: nil, sizes: 2...9) == .sealed(.batch(first)))
        try await store.failCollection(
            job.key, problem: CollectionProblem(type: .batchMismatch, detail: ""), batch: .disputed)
        try await store.accept([4], batch: second)
        _ = try await store.newCollection()
        #expect(try await store.sealBatch(collection: job.key, interval: nil, sizes: 2...9) == .sealed(.batch(second)))
    }
}
