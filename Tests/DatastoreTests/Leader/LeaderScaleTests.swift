import DAP
import Datastore
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
            task: Make.task, excluding: [], now: 0, limit: numbers.count, payloadLimit: 1 << 20)
        let job = try await store.formJob(Array(numbers))
        cost.form = counter.take()
        #expect(waiting.count == numbers.count)
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
        for (part, limit) in [(\Cost.upload, 12), (\Cost.form, 12), (\Cost.finish, 25)] {
            #expect(many[keyPath: part].statements == few[keyPath: part].statements)
            #expect(many[keyPath: part].statements <= limit)
            #expect(many[keyPath: part] == more[keyPath: part], "and none looks at what is there already")
        }
        #expect(many.upload.changes == 201, "a row, a payload, and one counter for all")
    }

    /// A request is megabytes: it lies in pieces, and comes back as it was.
    @Test(arguments: EngineKind.tested)
    func aLargeRequestComesBackAsItWas(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        _ = try await store.storeReports([Make.report(1)], task: Make.task, bucketCapacity: nil)
        let request = (0..<(5 << 20) / 2).map { UInt8(truncatingIfNeeded: $0 >> 9) }
        let job = NewJob(batchID: nil, request: request, reportIDs: [Make.reportID(1)])
        guard case .created(let key) = try await store.createJob(job, refused: [], task: Make.task, maxBatchSize: 9)
        else {
            Issue.record("not created")
            return
        }
        #expect(try await store.pendingJob(key)?.request == request)
        let largest = try await store.engine.read { session in
            try session.integer("SELECT CAST(MAX(LENGTH(bytes)) AS BIGINT) FROM leader_job_requests")
        }
        #expect(largest == 1 << 20)
    }
}
