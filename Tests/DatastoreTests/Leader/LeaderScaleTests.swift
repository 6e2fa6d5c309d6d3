import DAP
import Datastore
import Ledger
import Testing

/// What requests and jobs cost: statements do not grow with their reports, and rows not with those that are there.
@Suite struct LeaderScaleTests {
    private struct Cost {
        var upload = CountingEngine.Counts()
        var form = CountingEngine.Counts()
        var finish = CountingEngine.Counts()
    }

    /// Takes so many reports from their upload to their end.
    private func cost(_ numbers: Range<Int>, _ counter: CountingEngine) async throws -> Cost {
        let store = NodeDatabase(counter)
        var cost = Cost()
        _ = counter.take()
        _ = try await store.storeReports(
            numbers.map { Make.report($0) }, task: Make.task, bucketCapacity: 1_000_000)
        cost.upload = counter.take()
        let waiting = try await store.waitingReports(
            task: Make.task, now: 0, limit: numbers.count, payloadLimit: 1 << 20)
        let job = try await store.formJob(rows: waiting.map(\.sequence))
        cost.form = counter.take()
        #expect(waiting.map(\.reportID) == numbers.map(Make.reportID))
        try await store.finish(
            job, numbers.map { ($0, .accepted(outputShare: Make.share(1), logEntry: Make.entry($0))) })
        cost.finish = counter.take()
        return cost
    }

    @Test(arguments: EngineKind.tested)
    func aHundredReportsTakeAsManyStatementsAsTwo(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let counter = CountingEngine(temporary.store.engine)
        // What is made once: the task's number, the bucket's key and sum.
        _ = try await cost(0..<1, counter)
        let few = try await cost(1_000..<1_002, counter)
        let many = try await cost(2_000..<2_100, counter)
        let more = try await cost(3_000..<3_100, counter)
        for (part, limit) in [(\Cost.upload, 12), (\Cost.form, 14), (\Cost.finish, 25)] {
            #expect(many[keyPath: part].statements == few[keyPath: part].statements)
            #expect(many[keyPath: part].statements <= limit)
            #expect(many[keyPath: part] == more[keyPath: part], "and none looks at what is there already")
        }
        #expect(many.upload.changes == 201, "a row, a payload, and one counter for all")
    }

    /// An id lies anywhere in an index that is larger than the memory for it, so only an upload looks for one.
    @Test(arguments: EngineKind.tested)
    func aJobIsFormedAndEndsWithoutLookingForIDs(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let counter = CountingEngine(temporary.store.engine)
        _ = try await cost(0..<2, counter)
        let texts = counter.texts.filter { $0.contains("report_id =") || $0.contains("report_id IN") }
        #expect(texts.count == 1 && texts.allSatisfy { $0.contains("SELECT report_id, fingerprint") })
    }

    /// Neither batches that are full nor reports that were put off are passed when a job is formed.
    @Test(arguments: EngineKind.tested)
    func formingAJobLooksAtNoneOfTenThousandThatCannotBeInIt(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let counter = CountingEngine(temporary.store.engine)
        let store = NodeDatabase(counter)
        /// What each of the three questions costs the engine.
        func forming() async throws -> [String: Int] {
            var work: [String: Int] = [:]
            _ = counter.takeQueries()
            let batch = try await store.batchForNextJob(task: Make.task, maxBatchSize: 10)
            work["the batch"] = try temporary.work(of: counter.takeQueries())
            let waiting = try await store.waitingReports(task: Make.task, now: 100, limit: 2, payloadLimit: 1 << 20)
            work["the reports"] = try temporary.work(of: counter.takeQueries())
            let tasks = try await store.tasksWithWaitingReports()
            work["the tasks"] = try temporary.work(of: counter.takeQueries())
            #expect(batch.room == 10 && waiting.map(\.reportID) == [20_001, 20_002].map(Make.reportID))
            #expect(tasks == [Make.task])
            return work
        }
        try await store.addTask(Make.storedTask(), logEntry: nil)
        _ = try await store.storeReports(
            (20_001...20_003).map { Make.report($0) }, task: Make.task, bucketCapacity: nil)
        // The batch is there then: it is not made once more.
        _ = try await store.batchForNextJob(task: Make.task, maxBatchSize: 10)
        let alone = try await forming()
        for start in stride(from: 0, to: 10_000, by: 1_000) {
            let reports = (start..<start + 1_000).map { Make.report($0) }
            _ = try await store.storeReports(reports, task: Make.task, bucketCapacity: nil)
        }
        try await store.engine.write { session in
            let task = try session.integer("SELECT task FROM leader_batches")
            try session.execute("UPDATE leader_reports SET not_before = 101 WHERE report > 3")
            // In front of the one that is open, as older ones are.
            try session.execute("UPDATE leader_batches SET batch = 1000000")
            try session.executeMany(
                """
                INSERT INTO leader_batches (batch, task, batch_id, state, accepted, has_room) VALUES ($1, $2, $3, 0, 10, 0)
                """, (1...10_000).map { [$0, task, BatchID.random().bytes] })
        }
        // What the server does by itself within minutes: else it takes the tables for as small as they were.
        if kind == .postgreSQL { _ = try await store.engine.write { session in try session.execute("ANALYZE") } }
        let behind = try await forming()
        for (part, work) in alone {
            #expect(work > 0, "\(part): nothing was counted")
            let after = try #require(behind[part])
            #expect(after < 2 * work + 50, "\(part): \(work), and behind 10,000 \(after)")
        }
    }

    /// A batch that a report leaves has room again, and one that is full has none.
    @Test(arguments: EngineKind.tested)
    func roomIsKnownWithoutLooking(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        func rooms() async throws -> [Int64] {
            try await store.engine.read { session in
                try session.rows("SELECT has_room FROM leader_batches ORDER BY batch").map {
                    try $0.integer("has_room")
                }
            }
        }
        let first = try await store.batchForNextJob(task: Make.task, maxBatchSize: 3).id
        _ = try await store.storeReports((1...3).map { Make.report($0) }, task: Make.task, bucketCapacity: nil)
        let job = try await store.formJob([1, 2], batch: first, maxBatchSize: 3)
        #expect(try await rooms() == [1])
        let other = try await store.formJob([3], batch: first, maxBatchSize: 3)
        #expect(try await rooms() == [0])
        #expect(try await store.batchForNextJob(task: Make.task, maxBatchSize: 3).id != first)
        #expect(try await rooms() == [0, 1])
        try await store.finish(other, [(3, .accepted(outputShare: Make.share(3), logEntry: nil))])
        #expect(try await rooms() == [0, 1], "it stays in the batch")
        try await store.finish(
            job, [(1, .accepted(outputShare: Make.share(1), logEntry: nil)), (2, .returned(notBefore: 5))])
        #expect(try await rooms() == [1, 1])
        let again = try await store.batchForNextJob(task: Make.task, maxBatchSize: 3)
        #expect(again.id == first && again.room == 1)
        // A batch that is being collected takes none, and one that is given back does.
        let rejected = EndedReport(reportID: Make.reportID(2), error: .vdafVerifyError)
        _ = try await store.createJob(nil, rejected: [rejected], task: Make.task, maxBatchSize: 3)
        let collection = try await store.newCollection()
        #expect(
            try await store.sealBatch(collection: collection.key, interval: nil, sizes: 2...9) == .sealed(.batch(first))
        )
        #expect(try await rooms() == [0, 1])
        try await store.failCollection(
            collection.key, problem: CollectionProblem(type: .batchMismatch, detail: ""), batch: .reopened)
        #expect(try await store.batchForNextJob(task: Make.task, maxBatchSize: 3).id == first)
    }

    /// A poll sends no request, so nothing reads one for it.
    @Test(arguments: EngineKind.tested)
    func aJobIsTakenUpWithoutItsRequest(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let key = try await temporary.store.pendingJob([1])
        let counter = CountingEngine(temporary.store.engine)
        let store = NodeDatabase(counter)
        #expect(try await store.acquireJob(of: Make.task, except: [], for: .seconds(60))?.job.key == key)
        #expect(try await store.pendingJob(key)?.reportCount == 1)
        #expect(!counter.texts.contains { $0.contains("leader_job_requests") })
        #expect(try await store.request(ofJob: key) == [0xAA, 0xBB])
        #expect(try await store.request(ofJob: 999) == nil)
    }

    /// A request is megabytes: it lies in pieces, and comes back as it was.
    @Test(arguments: EngineKind.tested)
    func aLargeRequestComesBackAsItWas(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        _ = try await store.storeReports([Make.report(1)], task: Make.task, bucketCapacity: nil)
        let request = (0..<(5 << 20) / 2).map { UInt8(truncatingIfNeeded: $0 >> 9) }
        let job = NewJob(batchID: nil, request: request, reports: try await store.rows(of: [1]))
        guard case .created(let key) = try await store.createJob(job, rejected: [], task: Make.task, maxBatchSize: 9)
        else {
            Issue.record("not created")
            return
        }
        #expect(try await store.request(ofJob: key) == request)
        let largest = try await store.engine.read { session in
            try session.integer("SELECT CAST(MAX(LENGTH(bytes)) AS BIGINT) FROM leader_job_requests")
        }
        #expect(largest == 1 << 20)
    }
}
