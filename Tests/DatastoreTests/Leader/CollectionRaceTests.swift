import DAP
import Datastore
import Ledger
import Testing

/// Collections at once with whatever else happens to a batch.
@Suite(.inTurns) struct CollectionRaceTests {
    private let interval = Interval(start: 100, duration: 10)

    /// A job that ends while its batch is being sealed is in it, or keeps the seal waiting.
    @Test(arguments: EngineKind.tested, [true, false])
    func aJobEndsBeforeTheSealOrKeepsItWaiting(_ kind: EngineKind, isInterval: Bool) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        for round in 1...10 {
            let time = UInt64(round * 100)
            let interval = isInterval ? Interval(start: time, duration: 10) : nil
            let batch = isInterval ? nil : try await store.batchForNextJob(task: Make.task, maxBatchSize: 50).id
            let first = round * 1_000
            try await store.accept([first], time: time, batch: batch)
            var jobs: [(key: Int64, report: Int)] = []
            for report in first + 1...first + 6 {
                jobs.append((try await store.pendingJob([report], time: time, batch: batch), report))
            }
            let collection = try await store.newCollection(request: [UInt8(round)], interval: interval)
            let scope = try await withThrowingTaskGroup(of: Void.self) { group in
                for job in jobs {
                    group.addTask {
                        try await store.finishJob(
                            job.key,
                            outcomes: [
                                (
                                    Make.reportID(job.report),
                                    .accepted(outputShare: Make.share(1), logEntry: Make.entry(job.report))
                                )
                            ], vdaf: Make.vdaf)
                    }
                }
                while true {
                    let outcome = try await store.sealBatch(
                        collection: collection.key, interval: interval, sizes: 1...99)
                    guard case .notReady = outcome else {
                        guard case .sealed(let scope) = outcome else { throw DatastoreError.conflict("\(outcome)") }
                        // All that there will ever be is there.
                        #expect(try await store.summary(task: Make.task, scope: scope).count == 7)
                        try await group.waitForAll()
                        return scope
                    }
                }
            }
            try await store.numberedSize()
            #expect(try await store.leafSpan(task: Make.task, scope: scope).count == 7)
            #expect(try await store.unfinishedReports(task: Make.task, scope: scope) == 0)
            #expect(try await store.sum(scope) == first + 6)
        }
        try await LeaderAudit(store: store).check { report in
            let number = report.bytes[..<8].reduce(0) { $0 << 8 | Int($1) }
            return number % 1_000 == 0 ? number : 1
        }
    }

    @Test(arguments: EngineKind.tested)
    func ofOverlappingIntervalsThatAreSealedAtOnceOneIs(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        for round in 1...10 {
            let time = UInt64(round * 100)
            try await store.accept([round], time: time + 4)
            let intervals = (0..<4).map { Interval(start: time + $0, duration: 5) }
            var jobs: [(key: Int64, interval: Interval)] = []
            for (number, interval) in intervals.enumerated() {
                let request = [UInt8(round), UInt8(number)]
                jobs.append((try await store.newCollection(request: request, interval: interval).key, interval))
            }
            let outcomes = try await withThrowingTaskGroup(of: SealOutcome.self) { group in
                for job in jobs {
                    group.addTask {
                        try await store.sealBatch(collection: job.key, interval: job.interval, sizes: 1...9)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes.count { $0 == .overlap } == 3, "\(outcomes)")
        }
        #expect(try await store.batchStatuses(task: Make.task, limit: 99).count == 10)
    }

    /// Of two drivers, one publishes: one entry in the log, and one clearing.
    @Test(arguments: EngineKind.tested)
    func aBatchIsPublishedOnce(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        try await store.accept([1, 2])
        let job = try await store.newCollection(interval: interval)
        _ = try await store.sealBatch(collection: job.key, interval: interval, sizes: 1...9)
        try await store.recordHelperShare([8], statement: nil, collection: job.key)
        let published = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<6 {
                group.addTask {
                    do {
                        try await store.publish(response: [5], batchEntry: [4], collection: job.key)
                        return true
                    } catch {
                        return false
                    }
                }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(published == 1)
        #expect(try await store.numberedSize() == 3)
        while try await store.clearSlice(atMost: 1) {}
        #expect(try await store.collection(key: job.key)?.state == .published)
    }

    /// Of many requests at once, with the same bytes, each gets the same job.
    @Test(arguments: EngineKind.tested)
    func theSameRequestAtOnceMakesOneJob(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        try await store.accept([1])
        let interval = interval
        let ids = try await withThrowingTaskGroup(of: CollectionJobID.self) { group in
            for _ in 0..<8 { group.addTask { try await store.newCollection(interval: interval).id } }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(ids.count == 1)
        #expect(try await store.activeCollections().count == 1)
    }

    /// Two clear at once: whatever each deletes, nothing is left, and nothing of another batch is gone.
    @Test(arguments: EngineKind.tested)
    func severalClearABatchTogether(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        try await store.accept(Array(0..<40), time: 101)
        try await store.accept(Array(50..<60), time: 150)
        let job = try await store.newCollection(interval: interval)
        _ = try await store.sealBatch(collection: job.key, interval: interval, sizes: 1...99)
        try await store.recordHelperShare([8], statement: nil, collection: job.key)
        try await store.publish(response: [5], batchEntry: nil, collection: job.key)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<3 { group.addTask { while try await store.clearSlice(atMost: 3) {} } }
            try await group.waitForAll()
        }
        let left = try await store.engine.read { try $0.integer("SELECT COUNT(*) FROM leader_kept_shares") }
        #expect(left == 10)
    }
}
