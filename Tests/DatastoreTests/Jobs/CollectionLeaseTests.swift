import DAP
import Datastore
import Testing

/// Whoever works on a collection has it alone, and what is known about it is in the database.
@Suite(.inTurns) struct CollectionLeaseTests {
    private let interval = Interval(start: 100, duration: 1)
    private let problem = CollectionProblem(type: nil, detail: "no")

    private func collection(_ store: NodeDatabase) async throws -> StoredCollection {
        try await store.accept([1, 2])
        return try await store.newCollection(interval: interval)
    }

    private func acquire(_ store: NodeDatabase, for duration: Duration = .seconds(60)) async throws -> CollectionLease {
        try #require(try await store.acquireCollection(of: Make.task, for: duration))
    }

    // MARK: Losing

    /// Two processes on one database: in every state one of them takes the step, and whatever the other wants changes nothing.
    @Test(arguments: EngineKind.tested)
    func ofTwoEnginesOneTakesEachStep(_ kind: EngineKind) async throws {
        let place = try await kind.place()
        let first = try await NodeDatabase.open(place.storage)
        let second = try await NodeDatabase.open(place.storage)
        try await first.addTask(Make.storedTask(), logEntry: nil)
        let key = try await collection(first).key
        let steps: [@Sendable (NodeDatabase, CollectionLease) async throws -> Void] = [
            { store, lease in
                let outcome = try await store.sealBatch(
                    lease, interval: Interval(start: 100, duration: 1), sizes: 1...9)
                #expect(outcome == .sealed(.interval(Interval(start: 100, duration: 1))))
            },
            { try await $0.recordProposal(size: 2, $1) }, { try await $0.leaveOut([], $1, vdaf: Make.vdaf) },
            { try await $0.recordShareID("share", $1) }, { try await $0.recordClose(Make.entry(9), $1) },
            { try await $0.recordHelperShare([1], statement: nil, $1) },
            { try await $0.publish(response: [2], batchEntry: nil, $1) }, { try await $0.finishCollection($1) },
        ]
        for (number, step) in steps.enumerated() {
            let lost = try #require(try await first.acquireCollection(of: Make.task, for: .zero))
            let held = try #require(try await second.acquireCollection(of: Make.task, for: .seconds(60)))
            #expect(lost.job == held.job)
            let before = try await first.collection(key: key)
            for other in steps.indices {
                await #expect(throws: DatastoreError.leaseLost, "step \(other) in the place of \(number)") {
                    try await steps[other](first, lost)
                }
            }
            await #expect(throws: DatastoreError.leaseLost) {
                try await first.failCollection(lost, problem: problem, batch: .lost)
            }
            await #expect(throws: DatastoreError.leaseLost) {
                try await first.releaseCollection(lost, after: .zero, CollectionProgress(failures: 9))
            }
            await #expect(throws: DatastoreError.leaseLost) {
                try await first.holdCollection(lost, for: .zero, CollectionProgress(failures: 9))
            }
            #expect(try await first.renewCollections([lost, held], for: .seconds(60)) == [key])
            #expect(try await first.collection(key: key) == before)
            try await step(second, held)
            if number < steps.count - 1 { try await second.releaseCollection(held, after: .zero, nil) }
        }
        #expect(try await first.collection(key: key)?.state == .finished)
        #expect(try await first.dueCollections().isEmpty)
        #expect(try await first.seizeCollection(key, for: .seconds(60)) == nil)
        try first.close()
        try second.close()
    }

    /// Its collector asks anew for what has failed meanwhile: whoever had it has nothing to say about that.
    @Test(arguments: EngineKind.tested)
    func whatFailedAndBeginsAnewIsNobodys(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        try await store.addTask(Make.storedTask(), logEntry: nil)
        let job = try await collection(store)
        let lost = try await acquire(store, for: .zero)
        let held = try await acquire(store)
        let spent = CollectionProgress(
            failures: 4, refusals: 1, longRequests: 3, longSince: 77, comparisons: 8, looks: 2, unfinished: 5,
            isAsked: true, note: "somebody")
        try await store.holdCollection(held, for: .seconds(60), spent)
        try await store.failCollection(held, problem: problem, batch: .reopened)
        #expect(try await store.newCollection(interval: interval).key == job.key)
        #expect(try await store.dueCollections().map(\.collection) == [job.key])
        for lease in [lost, held] {
            await #expect(throws: DatastoreError.leaseLost) {
                _ = try await store.sealBatch(lease, interval: interval, sizes: 1...9)
            }
        }
        #expect(try await acquire(store).job.stored.progress == CollectionProgress())
    }

    // MARK: Taking

    @Test(arguments: EngineKind.tested)
    func whatIsLeasedOrPausedIsNotDue(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        try await store.addTask(Make.storedTask(), logEntry: nil)
        let job = try await collection(store)
        #expect(try await store.dueCollections().map(\.collection) == [job.key])
        let lease = try await acquire(store)
        #expect(try await store.dueCollections().isEmpty)
        #expect(try await store.acquireCollection(of: Make.task, for: .seconds(60)) == nil)
        guard case .held(let left) = try await store.retryCollection(job.key) else { throw CancellationError() }
        #expect(left > 0 && left <= 60_000, "somebody works on it")
        try await store.releaseCollection(lease, after: .seconds(60), CollectionProgress(isAsked: true, note: "pause"))
        #expect(try await store.dueCollections().isEmpty)
        let shown = try #require(try await store.collectionOverview(job.key))
        #expect(!shown.isLeased && shown.left > 0 && shown.stored.progress.note == "pause")
        // Reports that end wake those that wait for reports.
        #expect(try await !store.hurryCollections(of: Make.task))
        #expect(try await store.retryCollection(job.key) == .due)
        try await store.releaseCollection(
            try await acquire(store), after: .seconds(60), CollectionProgress(unfinished: 3))
        #expect(try await store.hurryCollections(of: Make.task))
        #expect(try await store.dueCollections().map(\.collection) == [job.key])
        // And a collector who deletes one wakes it.
        try await store.releaseCollection(try await acquire(store), after: .seconds(60), nil)
        #expect(try await store.hideCollection(job.id, task: Make.task))
        let held = try await acquire(store)
        #expect(held.job.stored.isHidden)
        #expect(try await store.collectionOverviews().map(\.isLeased) == [true])
    }

    /// Its collector does not wait for the pause of whoever had it at that moment.
    @Test(arguments: EngineKind.tested)
    func oneThatIsDeletedWhileItIsWorkedOnIsDueWhenItIsGivenBack(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        try await store.addTask(Make.storedTask(), logEntry: nil)
        let job = try await collection(store)
        let lease = try await acquire(store)
        #expect(try await store.hideCollection(job.id, task: Make.task))
        #expect(try await store.dueCollections().isEmpty, "somebody works on it")
        try await store.releaseCollection(lease, after: .seconds(60), CollectionProgress(note: "a window"))
        #expect(try await store.dueCollections().map(\.collection) == [job.key])
        // One that cannot be stopped waits as any.
        let known = try await acquire(store)
        #expect(known.job.stored.isHidden)
        try await store.releaseCollection(known, after: .seconds(60), nil)
        #expect(try await store.dueCollections().isEmpty)
    }

    /// What an operator hears who wants one to be worked on now.
    @Test(arguments: EngineKind.tested)
    func whoHurriesOneHearsWhatBecameOfThat(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        try await store.addTask(Make.storedTask(), logEntry: nil)
        let job = try await collection(store)
        _ = try await acquire(store, for: .zero)
        #expect(try await store.retryCollection(job.key) == .due, "its lease is over: any may take it")
        let lease = try await acquire(store)
        try await store.failCollection(lease, problem: problem, batch: .reopened)
        #expect(try await store.retryCollection(job.key) == .ended)
        #expect(try await store.retryJob(999) == .ended)
    }

    // MARK: What is known

    /// A start waits for no lease, and for no pause but those that were asked for; and it knows what was known.
    /// As with jobs; and nobody takes a collection from itself.
    @Test(arguments: EngineKind.tested)
    func aClockThatIsSetBackParksNoCollection(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        try await store.addTask(Make.storedTask(), logEntry: nil)
        _ = try await collection(store)
        let times = JobTimes(lease: .seconds(30), pause: .seconds(30), askedPause: .seconds(86_400))
        func setClock(back seconds: Int) async throws {
            _ = try await store.engine.write {
                try $0.execute("UPDATE leader_collections SET due = due + \(seconds * 1_000)")
            }
        }
        let first = try await acquire(store, for: .seconds(30))
        #expect(try await store.unparkCollections(times) == 0)
        try await setClock(back: 3_600)
        #expect(try await store.unparkCollections(times) == 1)
        let own: Set<Int64> = [first.job.key]
        #expect(try await store.acquireCollection(of: Make.task, except: own, for: .seconds(30)) == nil)
        let second = try await acquire(store, for: .seconds(30))
        #expect(try await store.renewCollections([first, second], for: .seconds(30)) == [first.job.key])
        try await store.releaseCollection(second, after: .seconds(3_600), CollectionProgress(isAsked: true))
        try await setClock(back: 3_600)
        #expect(try await store.unparkCollections(times) == 0, "the peer may ask for a day")
        try await setClock(back: 31_536_000)
        #expect(try await store.unparkCollections(times) == 1)
        #expect(try await store.dueCollections().map(\.collection) == [first.job.key])
    }

    @Test(arguments: EngineKind.tested)
    func aStartForgetsNothing(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        try await temporary.store.addTask(Make.storedTask(), logEntry: nil)
        var expected: [Int64: CollectionProgress] = [:]
        for number in 1...3 {
            let job = try await temporary.store.newCollection(
                request: Make.entry(number), interval: Interval(start: UInt64(number), duration: 1))
            let lease = try #require(try await temporary.store.seizeCollection(job.key, for: .seconds(600)))
            let progress = CollectionProgress(
                failures: 7, refusals: 1, longRequests: 5, longSince: 1_000, comparisons: 3, looks: 2, unfinished: 40,
                isAsked: number == 2, note: "the helper")
            if number < 3 {
                try await temporary.store.releaseCollection(lease, after: .seconds(600), progress)
            } else {
                try await temporary.store.holdCollection(lease, for: .seconds(600), progress)
            }
            if number != 2 { expected[job.key] = progress }
        }
        let store = try await temporary.afterKill()
        #expect(try await store.dueCollections().isEmpty)
        try await store.beginGeneration(.random())
        var found: [Int64: CollectionProgress] = [:]
        while let lease = try await store.acquireCollection(of: Make.task, for: .seconds(60)) {
            found[lease.job.key] = lease.job.stored.progress
        }
        #expect(found == expected)
    }

    /// What was in the way of one step is not in the way of the next. How often the batch was compared stays.
    @Test(arguments: EngineKind.tested)
    func aStepForgetsWhatWasInItsWay(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        try await store.addTask(Make.storedTask(), logEntry: nil)
        _ = try await collection(store)
        let progress = CollectionProgress(
            failures: 7, refusals: 1, longRequests: 5, longSince: 1_000, comparisons: 3, looks: 2, unfinished: 40,
            isAsked: true, note: "the helper")
        var lease = try await acquire(store)
        try await store.holdCollection(lease, for: .zero, progress)
        lease = try await acquire(store)
        #expect(lease.job.stored.progress == progress)
        _ = try await store.sealBatch(lease, interval: interval, sizes: 1...9)
        #expect(try await store.collection(key: lease.job.key)?.progress == progress.afterStep)
        try await store.holdCollection(lease, for: .seconds(60), progress)
        // No step: the helper has only given its share a name.
        try await store.recordShareID("share", lease)
        #expect(try await store.collection(key: lease.job.key)?.progress == progress)
        try await store.recordHelperShare([1], statement: nil, lease)
        #expect(try await store.collection(key: lease.job.key)?.progress == CollectionProgress(comparisons: 3))
    }

    // MARK: Stopping

    /// An operator waits for nobody, but stops nothing that the helper may have signed.
    @Test(arguments: EngineKind.tested)
    func aCollectionIsStoppedBeforeTheHelperWasAsked(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        try await store.addTask(Make.storedTask(), logEntry: nil)
        let job = try await collection(store)
        for round in ["waiting", "not yet complete"] {
            let lease = try await acquire(store)
            if round != "waiting" {
                _ = try await store.sealBatch(lease, interval: interval, sizes: 1...9)
                // One of its reports is in a job that was there before.
                try await store.count(aggregating: 1, at: 100)
            }
            #expect(try await store.stopCollection(job.key, problem: problem) == .stopped)
            await #expect(throws: DatastoreError.leaseLost) {
                try await store.failCollection(lease, problem: problem, batch: .lost)
            }
            #expect(try await store.stopCollection(job.key, problem: problem) == .ended)
            #expect(try await store.collection(key: job.key)?.problem == problem)
            #expect(try await store.collection(key: job.key)?.scope == nil)
            if round != "waiting" { try await store.count(aggregating: -1, at: 100) }
            #expect(try await store.newCollection(interval: interval).state == .waiting)
        }
        let lease = try await acquire(store)
        _ = try await store.sealBatch(lease, interval: interval, sizes: 1...9)
        let steps: [@Sendable () async throws -> Void] = [
            {}, { try await store.recordProposal(size: 2, lease) },
            { try await store.count(aggregating: 1, at: 100) }, { try await store.count(aggregating: -1, at: 100) },
            { try await store.recordClose(Make.entry(9), lease) },
            { try await store.recordHelperShare([1], statement: nil, lease) },
            { try await store.publish(response: [2], batchEntry: nil, lease) },
        ]
        for step in steps {
            try await step()
            let before = try await store.collection(key: job.key)
            #expect(try await store.stopCollection(job.key, problem: problem) == .tooLate)
            #expect(try await store.collection(key: job.key) == before)
        }
        try await store.finishCollection(lease)
        #expect(try await store.stopCollection(job.key, problem: problem) == .ended)
    }
}

extension NodeDatabase {
    /// Changes how many reports of a time unit are in jobs, as far as its counter says.
    fileprivate func count(aggregating change: Int, at time: Int64) async throws {
        _ = try await engine.write { session in
            try session.execute(
                "UPDATE leader_buckets SET aggregating = aggregating + $1 WHERE time = $2", [change, time])
        }
    }
}
