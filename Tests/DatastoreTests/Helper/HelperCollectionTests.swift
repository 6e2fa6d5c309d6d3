import DAP
import Datastore
import Foundation
import Ledger
import TaskTypes
import Testing

/// What collecting a batch leaves of it at the helper: the answer, and that no report can be counted again.
@Suite struct HelperCollectionTests {
    private func times(_ start: UInt64, _ duration: UInt64) -> BatchScope {
        .interval(Interval(start: start, duration: duration))
    }

    @Test(arguments: EngineKind.tested, HelperReports.types)
    func aBatchIsCollectedOnce(kind: EngineKind, type: VDAFConfiguration) async throws {
        let temporary = try await TemporaryStore(kind)
        let (store, reports) = (temporary.store, try HelperReports(type))
        let shares = try await reports.accept(1...5, time: 100, in: store)
        let later = try await reports.accept(6...8, time: 110, in: store)
        let id = AggregateShareID.random()
        try await reports.expectSum(times(95, 10), of: shares, in: store)
        #expect(try await reports.collect(times(95, 10), id: id, in: store) == .stored)
        let answer = HelperCollection(response: [1, 2, 3], statement: [4])
        #expect(try await reports.collect(times(95, 10), id: id, in: store) == .present(answer))
        #expect(try await reports.collect(times(100, 20), in: store) == .overlap)
        #expect(try await store.isHelperCollected(Make.task, times(104, 1)))
        #expect(try await !store.isHelperCollected(Make.task, times(105, 1)))
        // No report of it joins or leaves, and none is a report of another batch.
        #expect(try await reports.job([reports.verified(9)], in: store) == [.batchCollected])
        #expect(try await reports.job([reports.verified(1, time: 300)], in: store) == [.reportReplayed])
        #expect(try await reports.withdraw(2, in: store) == .tooLate)
        try await reports.expectSum(times(110, 1), of: later, in: store)
        #expect(try await store.deleteHelperCollection(Make.task, id))
        #expect(try await !store.deleteHelperCollection(Make.task, id))
        let reopened = try await temporary.afterKill()
        #expect(
            try await reopened.helperCollection(Make.task, id) == HelperCollection(response: nil, statement: nil))
        #expect(try await reopened.isHelperCollected(Make.task, times(100, 1)))
        try await HelperAudit(store: reopened, reports: reports).check()
    }

    /// A share of 100,000 committed coordinates has 2.4 megabytes: its answer lies in pieces, and comes back as it was.
    @Test(arguments: EngineKind.tested)
    func aLargeAnswerComesBackWhole(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let (store, reports) = (temporary.store, try HelperReports())
        var ids: [AggregateShareID] = []
        for (number, size) in [(1, 2_400_001), (2, 1 << 20)] {
            let scope = times(UInt64(100 * number), 1)
            try await reports.accept([number], time: UInt64(100 * number), in: store)
            let standing = try await store.helperStanding(Make.task, scope)
            let answer = HelperCollection(
                response: (0..<size).map { UInt8(truncatingIfNeeded: $0 % 251) }, statement: [UInt8(number)])
            let commit = HelperCollectionCommit(
                share: .random(), selected: scope, queried: scope, standing: standing, answer: answer)
            #expect(try await store.commitHelperCollection(Make.task, commit) == .stored)
            #expect(try await temporary.afterKill().helperCollection(Make.task, commit.share) == answer)
            #expect(try await store.commitHelperCollection(Make.task, commit) == .present(answer))
            ids.append(commit.share)
        }
        func sizes() async throws -> [Int64] {
            try await store.engine.read { session in
                try session.rows(
                    "SELECT LENGTH(bytes) AS n FROM collection_parts WHERE kind = 2 ORDER BY collection, part"
                )
                .map { try $0.integer("n") }
            }
        }
        #expect(try await sizes() == [1 << 20, 1 << 20, 2_400_001 - (2 << 20), 1 << 20])
        #expect(try await store.deleteHelperCollection(Make.task, ids[0]))
        #expect(try await sizes() == [1 << 20], "and nothing of another collection goes")
        #expect(try await store.helperCollection(Make.task, ids[0]) == HelperCollection(response: nil, statement: nil))
        // A lost piece is no answer.
        try await store.engine.write { session in
            _ = try session.execute("UPDATE collection_parts SET part = 1 WHERE kind = 2")
        }
        await #expect(throws: DatastoreError.self) { try await store.helperCollection(Make.task, ids[1]) }
    }

    /// As many join as leave, so neither their number nor, for one who chooses ids, the checksum need show it.
    @Test(arguments: EngineKind.tested)
    func aSumThatIsNotTheBatchsAnyMoreIsNotReleased(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let (store, reports) = (temporary.store, try HelperReports())
        try await reports.accept(1...3, in: store)
        let sum = try await store.sumHelperShares(Make.task, times(100, 1), vdaf: reports.vdaf)
        let commit = HelperCollectionCommit(
            share: .random(), selected: times(100, 1), queried: times(100, 1), standing: sum.standing,
            answer: HelperCollection(response: [1], statement: nil))
        try await reports.withdraw(1, in: store)
        #expect(try await store.commitHelperCollection(Make.task, commit) == .changed)
        try await reports.accept([4], in: store)
        #expect(try await store.commitHelperCollection(Make.task, commit) == .changed)
        #expect(try await store.helperCollection(Make.task, commit.share) == nil)
        #expect(try await reports.collect(times(100, 1), in: store) == .stored)
    }

    @Test(arguments: EngineKind.tested)
    func whatAQueryCoversAndNobodySelectsIsDropped(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let (store, reports) = (temporary.store, try HelperReports())
        for (number, time) in [(1, 100), (2, 103), (3, 104), (4, 106), (5, 110)] {
            try await reports.accept([number], time: UInt64(time), in: store)
        }
        try await reports.log([4], time: 106, in: store)
        #expect(try await reports.collect(times(100, 1), in: store) == .stored)
        #expect(
            try await reports.close([4], .timeInterval(Interval(start: 106, duration: 1)), in: store))
        // 1 is collected, 2 is selected: 3 is what is left out. 4 is closed over, and 5 of another time.
        #expect(try await reports.collect(times(103, 1), queried: times(100, 6), in: store) == .stored)
        let words = try await store.helperLastWords(Make.task, (1...5).map(Make.reportID))
        #expect(words == [nil, nil, .rejected(.reportDropped), nil, nil])
        #expect(try await reports.collect(times(104, 1), in: store) == .overlap)
        #expect(try await reports.job([reports.verified(6, time: 105)], in: store) == [.batchCollected])
        let rest = try await store.sumHelperShares(Make.task, times(110, 1), vdaf: reports.vdaf)
        #expect(rest.count == 1)
        try await HelperAudit(store: store, reports: reports).check()
        // What was kept of them goes, and of nothing else.
        while try await store.clearSlice(atMost: 2) {}
        let kept = try await store.engine.read { session in
            try session.rows(
                "SELECT r.report_id FROM helper_kept_shares AS k JOIN helper_reports AS r ON r.report = k.report"
            ).map { try $0.id("report_id", as: ReportID.self) }
        }
        #expect(Set(kept) == [Make.reportID(4), Make.reportID(5)])
    }

    // MARK: What is gone

    /// The secrets of the bucket are nowhere in the files, and without them nothing that was sealed can be read.
    @Test(arguments: HelperReports.types)
    func aCollectedBatchCannotBeReadFromTheFiles(type: VDAFConfiguration) async throws {
        let temporary = try TemporaryStore()
        let (store, reports) = (temporary.store, try HelperReports(type))
        // Enough that keys and shares lie on several pages, and one that stays.
        for number in 0..<40 { try await reports.accept([number], time: UInt64(100 + number), in: store) }
        let secrets = try await secrets(store)
        #expect(secrets.count == 40)
        for secret in secrets.values { #expect(try occurs(secret, temporary), "it is there before") }
        #expect(try await reports.collect(times(100, 39), in: store) == .stored)
        for (time, secret) in secrets {
            #expect(try occurs(secret, temporary) == (time == 139), "the key of time \(time)")
        }
        // Somebody who forgets that the batch is collected has the shares, and no key.
        try await store.engine.write { session in
            try session.execute("DELETE FROM helper_collections")
            try session.execute(
                """
                INSERT INTO share_sums (task, kind, ref, part, reports, checksum, first_time, last_time, share_key, share)
                SELECT task, kind, 100, part, reports, checksum, first_time, last_time,
                    (SELECT MIN(share_key) FROM share_keys), share FROM share_sums WHERE ref = 139
                """)
        }
        await #expect(throws: DatastoreError.self) { try await reports.withdraw(0, in: store) }
        await #expect(throws: DatastoreError.self) {
            try await store.sumHelperShares(Make.task, times(100, 1), vdaf: reports.vdaf)
        }
        #expect(try await reports.withdraw(39, in: store) == .withdrawn)
    }

    /// A server ends a statement that takes too long.
    @Test(arguments: EngineKind.tested)
    func noStatementDropsAllReportsOfAnIntervalThatTheLeaderDidNotSelect(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let counter = CountingEngine(temporary.store.engine)
        let (store, reports) = (NodeDatabase(counter), try HelperReports())
        try await reports.accept(1...600, time: 101, in: store)
        try await reports.accept(601...602, time: 103, in: store)
        _ = counter.take()
        #expect(try await reports.collect(times(103, 1), queried: times(100, 10), in: store) == .stored)
        #expect(counter.take().mostChanges <= 256)
        #expect(try await store.overview(of: Make.task, jobLimit: 1).states["dropped"] == 600)
    }

    private func secrets(_ store: NodeDatabase) async throws -> [Int64: [UInt8]] {
        try await store.engine.read { session in
            var found: [Int64: [UInt8]] = [:]
            for row in try session.rows("SELECT ref, secret FROM share_keys") {
                found[try row.integer("ref")] = try row.bytes("secret")
            }
            return found
        }
    }

    /// Whether bytes lie anywhere in the folder of a database.
    private func occurs(_ bytes: [UInt8], _ temporary: TemporaryStore) throws -> Bool {
        let files = try FileManager.default.contentsOfDirectory(
            at: temporary.directory, includingPropertiesForKeys: nil)
        return try files.contains { try Data(contentsOf: $0).range(of: Data(bytes)) != nil }
    }

    /// An operator gives up what a task still has.
    @Test(arguments: EngineKind.tested)
    func aDiscardedTasksReportsAreDropped(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let (store, reports) = (temporary.store, try HelperReports())
        try await store.addTask(Make.storedTask(), logEntry: nil)
        var other = try HelperReports()
        other.task = .random()
        let shares = try await other.accept([1, 2], in: store)
        try await reports.accept([1], time: 100, in: store)
        try await reports.accept([2, 3], time: 101, in: store)
        #expect(try await reports.collect(times(100, 1), in: store) == .stored)
        try await reports.withdraw(3, in: store)
        #expect(try await store.burden(of: Make.task).uncollected == 1)
        #expect(try await store.endTask(Make.task, mayDiscard: true, at: 0) == .ended(discarded: 1))
        #expect(try await store.burden(of: Make.task).isNothing)
        let words = try await store.helperLastWords(Make.task, [1, 2, 3, 4].map(Make.reportID))
        #expect(try words == [nil, .rejected(.reportDropped), reports.withdrawn(3), nil])
        #expect(try await store.overview(of: Make.task, jobLimit: 1).states == ["collected": 1, "dropped": 2])
        #expect(try await reports.withdraw(2, in: store) == .rejected(.reportDropped))
        await #expect(throws: DatastoreError.notServed(Make.task)) {
            try await reports.collect(times(101, 1), in: store)
        }
        await #expect(throws: DatastoreError.notServed(Make.task)) {
            try await store.reconcile(Make.task, times(101, 1), leaders: [], vdaf: reports.vdaf)
        }
        while try await store.clearSlice(atMost: 1) {}
        let kept = try await store.engine.read { try $0.integer("SELECT COUNT(*) FROM helper_kept_shares") }
        #expect(kept == 2, "the other task's")
        try await other.expectSum(times(100, 1), of: shares, in: store)
    }
}
