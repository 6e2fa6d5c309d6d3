import DAP
import Datastore
import Ledger
import Testing

/// What a collection costs does not grow with its batch.
@Suite(.inTurns) struct CollectionScaleTests {
    private let interval = Interval(start: 100, duration: 10)

    /// Adds rows of accepted reports with kept shares to a batch, behind a real one, without their sums.
    private func fill(_ store: NodeDatabase, batch: BatchID?, _ count: Int) async throws {
        try await store.engine.write { session in
            let known = try session.first(
                """
                SELECT r.report, r.task, r.batch, s.share_key FROM leader_reports AS r
                JOIN leader_kept_shares AS s ON s.report = r.report LIMIT 1
                """)
            guard let known else { throw DatastoreError.conflict("there is no accepted report") }
            let (task, batch) = (try known.integer("task"), try known.optionalInteger("batch"))
            let key = try known.integer("share_key")
            let first = 1_000_000
            try session.executeMany(
                """
                INSERT INTO leader_reports (report, task, report_id, fingerprint, time, state, batch, log_index)
                VALUES ($1, $2, $3, $4, 101, 2, $5, $1)
                """,
                (first..<first + count).map {
                    [$0, task, Make.reportID($0).bytes, [UInt8](repeating: 0, count: 32), batch]
                })
            try session.executeMany(
                "INSERT INTO leader_kept_shares (report, share_key, kind, share) VALUES ($1, $2, 0, $3)",
                (first..<first + count).map { [$0, key, [1, 2, 3] as [UInt8]] })
            try session.execute(
                "UPDATE leader_buckets SET accepted = accepted + $2 WHERE task = $1 AND time = 101", [task, count])
            if let batch {
                try session.execute(
                    "UPDATE leader_batches SET accepted = accepted + $2 WHERE batch = $1", [batch, count])
            }
        }
    }

    @Test(arguments: EngineKind.tested, [true, false])
    func aHundredThousandReportsAreCollectedByAHandfulOfRows(_ kind: EngineKind, isInterval: Bool) async throws {
        let temporary = try await TemporaryStore(kind)
        let counter = CountingEngine(temporary.store.engine)
        let store = NodeDatabase(counter)
        let interval = isInterval ? interval : nil
        let batch = isInterval ? nil : try await store.batchForNextJob(task: Make.task, maxBatchSize: 9).id
        try await store.accept([1, 2, 3], time: 101, batch: batch)
        let size = 100_000
        try await fill(store, batch: batch, size)

        _ = counter.take()
        let job = try await store.newCollection(interval: interval)
        let sealed = try await store.sealBatch(collection: job.key, interval: interval, sizes: 2...1_000_000)
        let scope = try interval.map(BatchScope.interval) ?? .batch(#require(batch))
        #expect(sealed == .sealed(scope))
        #expect(try await store.unfinishedReports(task: Make.task, scope: scope) == 0)
        #expect(try await store.summary(task: Make.task, scope: scope).count == 3)
        try await store.recordProposal(size: 9, collection: job.key)
        try await store.recordClose([9], collection: job.key)
        try await store.recordHelperShare([8], statement: [6], collection: job.key)
        #expect(try await store.sum(scope) == 6)
        try await store.publish(response: [5], batchEntry: [4], collection: job.key)
        try await store.finishCollection(job.key)
        #expect(try await store.batchStatuses(task: Make.task, limit: 9).map(\.count) == [UInt64(size + 3)])
        let cost = counter.take()
        #expect(cost.changes < 40, "\(cost)")
        #expect(cost.rows < 80, "\(cost)")
        #expect(try await store.sum(scope) == 0, "the sums are gone")

        var slices = 0
        _ = counter.take()
        while try await store.clearSlice(atMost: 1_000) {
            slices += 1
            #expect(counter.take().changes <= 1_001)
        }
        #expect((100...102).contains(slices))
        let left = try await store.engine.read { try $0.integer("SELECT COUNT(*) FROM leader_kept_shares") }
        #expect(left == 0)
    }

    /// A node that is killed goes on where it was, with each collected batch, and leaves all others alone.
    @Test(arguments: EngineKind.tested)
    func clearingGoesOnAfterAKillAndTouchesNoOtherBatch(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        for time in [100, 101, 102, 115] as [UInt64] {
            try await store.accept((0..<5).map { Int(time) * 10 + $0 }, time: time)
        }
        for (number, start) in [(1, 100), (2, 102)] as [(UInt8, UInt64)] {
            let interval = Interval(start: start, duration: 2)
            let job = try await store.newCollection(request: [number], interval: interval)
            _ = try await store.sealBatch(collection: job.key, interval: interval, sizes: 1...99)
            try await store.recordHelperShare([8], statement: nil, collection: job.key)
            try await store.publish(response: [5], batchEntry: nil, collection: job.key)
        }
        func kept(_ store: NodeDatabase) async throws -> Int64? {
            try await store.engine.read { try $0.integer("SELECT COUNT(*) FROM leader_kept_shares") }
        }
        #expect(try await kept(store) == 20)
        #expect(try await store.clearSlice(atMost: 4))
        #expect(try await kept(store) == 16)
        let reopened = try await temporary.afterKill()
        while try await reopened.clearSlice(atMost: 4) {}
        #expect(try await kept(reopened) == 5)
        #expect(try await reopened.sum(.interval(Interval(start: 115, duration: 1))) == 5 * 1_152)
    }
}
