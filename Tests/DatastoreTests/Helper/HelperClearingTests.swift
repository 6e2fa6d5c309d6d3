import DAP
import Datastore
import Foundation
import Ledger
import Synchronization
import Testing

/// Kept shares of collected buckets go, all of them, whoever is killed or does the same meanwhile; and no others.
@Suite(.inTurns) struct HelperClearingTests {
    private func times(_ start: UInt64, _ duration: UInt64) -> BatchScope {
        .interval(Interval(start: start, duration: duration))
    }

    private func kept(_ store: NodeDatabase) async throws -> [ReportID] {
        try await store.engine.read { session in
            try session.rows(
                """
                SELECT r.report_id FROM helper_kept_shares AS k JOIN helper_reports AS r ON r.report = k.report
                ORDER BY r.report
                """
            ).map { try $0.id("report_id", as: ReportID.self) }
        }
    }

    /// A node that is killed behind any slice goes on where that one ended.
    @Test(arguments: EngineKind.tested)
    func aKillBetweenAnyTwoSlicesLeavesNothing(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let reports = try HelperReports()
        var store = temporary.store
        for time in 100..<105 {
            try await reports.accept((0..<4).map { time * 10 + $0 }, time: UInt64(time), in: store)
        }
        let left = (0..<4).map { Make.reportID(1_040 + $0) }
        #expect(try await reports.collect(times(100, 1), in: store) == .stored)
        #expect(try await reports.collect(times(102, 1), queried: times(101, 3), in: store) == .stored)
        var slices = 0
        repeat {
            slices += 1
            if kind == .sqlite {
                // What each of them would leave, if it were the last: another node clears all of it.
                let other = try await temporary.afterKill()
                while try await other.clearSlice(atMost: 3) {}
                #expect(try await kept(other) == left, "behind slice \(slices)")
                try other.close()
            } else {
                try store.close()
                store = try await temporary.afterKill()
            }
        } while try await store.clearSlice(atMost: 3)
        #expect(slices > 6)
        #expect(try await kept(store) == left)
        try await reports.withdraw(1_040, in: store)
    }

    /// A longer interval that begins at the same time is collected while the last slice of a shorter one is being deleted:
    /// the row that says so is both, and must not go with the shorter one. (SQLite has one writer at a time.)
    @Test(arguments: EngineKind.tested.filter { $0 == .postgreSQL })
    func aRowThatHasBecomeALongerIntervalsStays(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let (store, reports) = (temporary.store, try HelperReports())
        try await reports.accept([1, 2], time: 100, in: store)
        try await reports.accept([3, 4, 5], time: 103, in: store)
        try await reports.accept([6], time: 110, in: store)
        #expect(try await reports.collect(times(100, 1), in: store) == .stored)
        let meanwhile = Once { () async throws in
            #expect(try await reports.collect(times(103, 1), queried: times(100, 5), in: store) == .stored)
        }
        let slow = NodeDatabase(
            WatchedEngine(store.engine) { if $0.hasPrefix("DELETE FROM helper_clearings") { try meanwhile.run() } })
        _ = try await slow.clearSlice(atMost: 10)
        while try await store.clearSlice(atMost: 2) {}
        #expect(try await kept(store) == [Make.reportID(6)])
        let rows = try await store.engine.read { try $0.integer("SELECT COUNT(*) FROM helper_clearings") }
        #expect(rows == 0)
    }

    // MARK: Closes

    /// Whoever asks for more than was selected must not take away what another close has promised.
    @Test(arguments: EngineKind.tested)
    func aQueryOverAnotherCloseIsRefused(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let (store, reports) = (temporary.store, try HelperReports())
        let first = try await reports.accept([1, 2], time: 100, in: store)
        let second = try await reports.accept([3, 4], time: 104, in: store)
        try await reports.log([1, 2], time: 100, in: store)
        try await reports.log([3, 4], time: 104, in: store)
        #expect(try await reports.close([1, 2], times(100, 1).selector, in: store))
        #expect(try await reports.close([3, 4], times(104, 1).selector, in: store))
        for queried in [times(100, 5), times(90, 15), times(90, 1_000)] {
            #expect(try await reports.collect(times(100, 1), queried: queried, in: store) == .overlap)
        }
        try await reports.expectSum(times(100, 1), of: first, in: store)
        try await reports.expectSum(times(104, 1), of: second, in: store)
        // Each by itself, and what lies beside it.
        #expect(try await reports.collect(times(100, 1), queried: times(98, 6), in: store) == .stored)
        try await reports.expectSum(times(104, 1), of: second, in: store)
        while try await store.clearSlice(atMost: 1) {}
        try await reports.expectSum(times(104, 1), of: second, in: store)
        #expect(try await reports.collect(times(104, 1), in: store) == .stored)
        try await HelperAudit(store: store, reports: reports).check()
    }

    /// A close and a wider query at once: one of the two is refused, or the close is collected by its own request.
    @Test(arguments: EngineKind.tested)
    func aCloseAndAWiderQueryAtOnceDoNotBothGetTheBucket(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let (store, reports) = (temporary.store, try HelperReports())
        for round in 0..<12 {
            let start = 100 + UInt64(round) * 10
            try await reports.accept([round * 2], time: start, in: store)
            let closed = try await reports.accept([round * 2 + 1], time: start + 4, in: store)
            try await reports.log([round * 2 + 1], time: start + 4, in: store)
            async let signed = reports.close([round * 2 + 1], times(start + 4, 1).selector, in: store)
            async let collected = reports.collect(times(start, 1), queried: times(start, 10), in: store)
            let isSigned: Bool
            // The report was dropped with the query before it could be examined.
            do { isSigned = try await signed } catch DatastoreError.conflict { isSigned = false } catch DatastoreError
                .stale
            {
                isSigned = false
            }
            #expect(try await collected == (isSigned ? .overlap : .stored))
            if isSigned { try await reports.expectSum(times(start + 4, 1), of: closed, in: store) }
        }
    }
}

/// Something asynchronous that is done once, by whoever comes first, on a thread that may wait.
private final class Once: Sendable {
    private let work: @Sendable () async throws -> Void
    private let state = Mutex<(isDone: Bool, error: (any Error)?)>((false, nil))

    init(_ work: @escaping @Sendable () async throws -> Void) {
        self.work = work
    }

    func run() throws {
        let isFirst = state.withLock { state in
            defer { state.isDone = true }
            return !state.isDone
        }
        guard isFirst else { return }
        let done = DispatchSemaphore(value: 0)
        Task {
            do { try await work() } catch { state.withLock { $0.error = error } }
            done.signal()
        }
        done.wait()
        if let error = state.withLock({ $0.error }) { throw error }
    }
}
