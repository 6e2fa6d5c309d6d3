import DAP
import Datastore
import Ledger
import Testing

/// The reports of a batch that is being collected: which they are, and what is read of them.
@Suite(.inTurns) struct CollectedBatchTests {
    private let interval = Interval(start: 100, duration: 10)

    @Test(arguments: EngineKind.tested)
    func droppedReportsLeaveTheBatchWithTheirLogEntries(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        try await store.accept([1, 2, 4])
        let job = try await store.newCollection(interval: interval)
        _ = try await store.sealBatch(collection: job.key, interval: interval, sizes: 1...9)
        try await store.recordProposal(size: 7, collection: job.key)
        let dropped = EndedReport(reportID: Make.reportID(2), error: .reportDropped, logEntry: Make.entry(20))
        try await store.leaveOut([dropped], collection: job.key, vdaf: Make.vdaf)

        let scope = BatchScope.interval(interval)
        let left = try await store.foldLoggedReports(task: Make.task, scope: scope, into: [ReportID]()) { ids, id, _ in
            ids.append(id)
        }
        #expect(left == [1, 4].map(Make.reportID))
        #expect(try await store.sum(scope) == 5)
        #expect(try await store.collection(key: job.key)?.proposalSize == nil)
        #expect(try await store.standing(of: Make.reportID(2), task: Make.task) == .rejected(.reportDropped))
        #expect(try await store.numberedSize() == 4)
        #expect(try await store.logEntries(from: 3, limit: 9) == [Make.entry(20)])
        await #expect(throws: DatastoreError.self, "a report is left out once") {
            try await store.leaveOut([dropped], collection: job.key, vdaf: Make.vdaf)
        }
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

    /// Of what a helper names, only reports of the batch are left out.
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
        try await store.giveUp([EndedReport(reportID: Make.reportID(3), error: .reportDropped)], task: Make.task)
        #expect(try await store.sealBatch(collection: job.key, interval: nil, sizes: 1...9) == .sealed(.batch(batch)))
        try await store.recordProposal(size: 5, collection: job.key)

        let reopened = try await temporary.afterKill()
        #expect(try await reopened.collection(key: job.key)?.proposalSize == 5)
        _ = try await reopened.storeReports([Make.report(4)], task: Make.task, bucketCapacity: nil)
        let joining = NewJob(batchID: batch, request: [1], reports: try await reopened.rows(of: [4]))
        #expect(try await reopened.createJob(joining, rejected: [], task: Make.task, maxBatchSize: 9) == .stale)
        try await reopened.giveUp([EndedReport(reportID: Make.reportID(1), error: .reportDropped)], task: Make.task)
        #expect(try await reopened.acceptedIDs(.batch(batch)) == [1, 2].map(Make.reportID))
        #expect(try await reopened.collection(key: job.key)?.proposalSize == 5, "and the proposal stands")
    }
}
