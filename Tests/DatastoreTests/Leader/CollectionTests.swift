import DAP
import Datastore
import Ledger
import Testing

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
        let late = NewJob(batchID: large, request: [1], reportIDs: [Make.reportID(4)])
        #expect(try await store.createJob(late, refused: [], task: Make.task, maxBatchSize: 9) == .stale)
        #expect(try await store.batchStatuses(task: Make.task, limit: 9).map(\.state) == ["open", "closing"])
    }

    @Test(arguments: EngineKind.tested)
    func stepsHappenInOrderAndOnce(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        try await store.accept([1, 2])
        let job = try await store.newCollection(interval: interval)
        await #expect(throws: DatastoreError.self) { try await store.recordClose([9], collection: job.key) }
        #expect(try await store.logSize() == 2, "a refused step logs nothing")

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
        #expect(try await reopened.logEntries(from: 2, limit: 9) == [[9], [4]])
        #expect(try await reopened.activeCollections().isEmpty)
        #expect(try await reopened.batchStatuses(task: Make.task, limit: 9).map(\.state) == ["collected"])
        #expect(
            try await reopened.storeReports([Make.report(1)], task: Make.task, bucketCapacity: nil) == [.duplicate],
            "ids stay, as replay protection")
    }

    @Test(arguments: EngineKind.tested)
    func droppedReportsLeaveTheBatchWithTheirLogEntries(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        try await store.accept([1, 2, 4])
        let job = try await store.newCollection(interval: interval)
        _ = try await store.sealBatch(collection: job.key, interval: interval, sizes: 1...9)
        try await store.recordProposal(size: 7, collection: job.key)
        let dropped = RefusedReport(reportID: Make.reportID(2), error: .reportDropped, logEntry: Make.entry(20))
        try await store.dropReports([dropped], collection: job.key, vdaf: Make.vdaf)

        let scope = BatchScope.interval(interval)
        let left = try await store.foldLoggedReports(task: Make.task, scope: scope, into: [ReportID]()) { ids, id, _ in
            ids.append(id)
        }
        #expect(left == [1, 4].map(Make.reportID))
        #expect(try await store.sum(scope) == 5)
        #expect(try await store.collection(key: job.key)?.proposalSize == nil)
        #expect(try await store.standing(of: Make.reportID(2), task: Make.task) == .rejected(.reportDropped))
        #expect(try await store.logEntries(from: 3, limit: 9) == [Make.entry(20)])
        await #expect(throws: DatastoreError.self, "a report is dropped once") {
            try await store.dropReports([dropped], collection: job.key, vdaf: Make.vdaf)
        }
    }

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
        try await store.dropReports(
            [RefusedReport(reportID: Make.reportID(2), error: .reportDropped, logEntry: nil)], collection: job.key,
            vdaf: Make.vdaf)
        #expect(try await store.collection(key: job.key)?.shareID == nil, "the next request is another one")
        #expect(try await store.acceptedIDs(.interval(interval)) == [Make.reportID(1)])
    }

    @Test(arguments: EngineKind.tested)
    func theSummaryIsThatOfTheAcceptedReports(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        try await store.accept([1], time: 103)
        try await store.accept([2], time: 107)
        _ = try await store.pendingJob([3], time: 101)
        let summary = try await store.summary(task: Make.task, scope: .interval(interval))
        var checksum = Checksum()
        checksum.toggle(Make.reportID(1))
        checksum.toggle(Make.reportID(2))
        #expect(summary.count == 2)
        #expect(summary.checksum == checksum)
        #expect(summary.interval == Interval(start: 103, duration: 5))
        let empty = try await store.summary(task: Make.task, scope: .interval(Interval(start: 0, duration: 1)))
        #expect(empty == BatchSummary())
    }

    @Test(arguments: EngineKind.tested)
    func statusListsOpenBucketsBesideSealedIntervals(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        try await store.accept([1, 2], time: 100)
        try await store.accept([3], time: 200)
        let job = try await store.newCollection(interval: interval)
        _ = try await store.sealBatch(collection: job.key, interval: interval, sizes: 1...9)
        let statuses = try await store.batchStatuses(task: Make.task, limit: 9)
        #expect(statuses.map(\.batch) == ["100+10", "200+1"])
        #expect(statuses.map(\.count) == [2, 1])
        #expect(statuses.map(\.state) == ["closing", "open"])
    }

    /// A close names its leaves in the order of the log, which is not that of the upload, and others stand in between.
    @Test(arguments: EngineKind.tested)
    func leavesComeInLogOrderPageByPage(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        var expected: [ReportID] = []
        for round in 0..<4 {
            let inside = [round * 10 + 3, round * 10 + 1, round * 10 + 2]
            try await store.accept(inside, time: 104 - UInt64(round))
            try await store.accept([round * 10 + 5], time: 200)
            expected += inside.map(Make.reportID)
        }
        let scope = BatchScope.interval(interval)
        let span = try await store.leafSpan(task: Make.task, scope: scope)
        #expect(span == LeafSpan(count: 12, range: 0..<15))
        for limit in [1, 5, 12, 100] {
            var found: [ReportID] = []
            var next = span.range.lowerBound
            while next < span.range.upperBound {
                let page = try await store.leaves(
                    task: Make.task, scope: scope, in: next..<span.range.upperBound, limit: limit)
                #expect(page.count <= limit)
                found += page.map(\.id)
                next = try #require(page.last).index + 1
            }
            #expect(found == expected)
        }
        let entries = try await store.foldLoggedReports(task: Make.task, scope: scope, into: [[UInt8]]()) {
            _ = $1
            $0.append($2)
        }
        #expect(entries.count == 12 && entries.first == Make.entry(3))
        let nothing = BatchScope.interval(Interval(start: 0, duration: 1))
        #expect(try await store.leafSpan(task: Make.task, scope: nothing) == LeafSpan(count: 0, range: 0..<0))
        #expect(Set(try await store.acceptedIDs(scope)) == Set(expected))
    }

    /// Of what a helper names, only reports of the batch are dropped.
    @Test(arguments: EngineKind.tested)
    func onlyReportsOfTheBatchAreFoundAmongOthers(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let batch = try await store.batchForNextJob(task: Make.task, maxBatchSize: 2).id
        try await store.accept([1, 2], batch: batch)
        let other = try await store.batchForNextJob(task: Make.task, maxBatchSize: 2).id
        try await store.accept([3], batch: other)
        _ = try await store.pendingJob([4], batch: other)
        let named = [4, 3, 2, 9].map(Make.reportID)
        let found = try await store.acceptedReports(among: named, task: Make.task, scope: .batch(batch))
        #expect(found.map(\.id) == [Make.reportID(2)])
        #expect(found.map(\.logEntry) == [Make.entry(2)])
        #expect(try await store.acceptedReports(among: named, task: Make.task, scope: .batch(.random())).isEmpty)
    }

    /// A retry of a proposal has to be the same bytes: only the checkpoint's size is stored.
    @Test(arguments: EngineKind.tested)
    func nothingJoinsOrLeavesASealedBatch(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let batch = try await store.batchForNextJob(task: Make.task, maxBatchSize: 9).id
        try await store.accept([1, 2], batch: batch)
        let late = try await store.pendingJob([3], batch: batch)
        let job = try await store.newCollection()
        #expect(try await store.sealBatch(collection: job.key, interval: nil, sizes: 1...9) == .notReady(1))
        try await store.finishJob(late, outcomes: [(Make.reportID(3), .returned(notBefore: 0))], vdaf: Make.vdaf)
        #expect(try await store.sealBatch(collection: job.key, interval: nil, sizes: 1...9) == .notReady(1))
        try await store.giveUp([RefusedReport(reportID: Make.reportID(3), error: .reportDropped)], task: Make.task)
        #expect(try await store.sealBatch(collection: job.key, interval: nil, sizes: 1...9) == .sealed(.batch(batch)))
        try await store.recordProposal(size: 5, collection: job.key)

        let reopened = try await temporary.afterKill()
        #expect(try await reopened.collection(key: job.key)?.proposalSize == 5)
        _ = try await reopened.storeReports([Make.report(4)], task: Make.task, bucketCapacity: nil)
        let joining = NewJob(batchID: batch, request: [1], reportIDs: [Make.reportID(4)])
        #expect(try await reopened.createJob(joining, refused: [], task: Make.task, maxBatchSize: 9) == .stale)
        try await reopened.giveUp([RefusedReport(reportID: Make.reportID(1), error: .reportDropped)], task: Make.task)
        #expect(try await reopened.acceptedIDs(.batch(batch)) == [1, 2].map(Make.reportID))
        #expect(try await reopened.collection(key: job.key)?.proposalSize == 5, "and the proposal stands")
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
