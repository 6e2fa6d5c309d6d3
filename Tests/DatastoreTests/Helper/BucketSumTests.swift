import DAP
import Datastore
import Ledger
import Testing

/// Sums that are longer than a row may be, and more of them than are in memory at a time.
@Suite struct BucketSumTests {
    /// Reports of 140,000 coordinates: all with one and the same share, because what makes it takes longer than all the rest.
    private struct LongReports {
        let reports: HelperReports
        private let report: VerifiedReport

        init() throws {
            reports = try HelperReports(.sumVec(length: 140_000, maxMeasurement: 1, chunkLength: 400))
            guard case .verified(let report) = try reports.verified(1).finding else {
                throw DatastoreError.conflict("a verified report is not verified")
            }
            self.report = report
        }

        func accept(_ numbers: some Sequence<Int>, time: UInt64, in store: NodeDatabase) async throws {
            var report = report
            report.time = time
            let outcomes = numbers.map {
                HelperOutcome(reportID: Make.reportID($0), finding: .verified(report))
            }
            #expect(try await reports.job(outcomes, in: store).allSatisfy { $0 == nil })
        }

        func shares(_ numbers: some Sequence<Int>) -> [Int: [UInt8]] {
            Dictionary(uniqueKeysWithValues: numbers.map { ($0, report.outputShare) })
        }
    }

    private let scope = BatchScope.interval(Interval(start: 100, duration: 1))

    @Test(arguments: EngineKind.tested)
    func aLongSumIsKeptInRowsOfAMegabyte(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let (store, long) = (temporary.store, try LongReports())
        try await long.accept(1...3, time: 100, in: store)
        let parts = try await parts(store)
        #expect(parts.count == 3 && parts.allSatisfy { $0.count <= 1 << 20 })
        let sealing = 28
        #expect(parts.map(\.count).reduce(0, +) == long.reports.vdaf.sizes.aggregateShare + 3 * sealing)
        try await long.accept([4], time: 100, in: store)
        try await long.reports.expectSum(scope, of: long.shares(1...4), in: store)
    }

    private func parts(_ store: NodeDatabase) async throws -> [[UInt8]] {
        try await store.engine.read { session in
            try session.rows("SELECT share FROM share_sums ORDER BY part").map { try $0.bytes("share") }
        }
    }

    /// Parts cannot change places, and none can be left out: nothing is read from such a sum, and nothing added to it.
    @Test(arguments: ["exchanged", "missing", "cut"])
    func aSumOfOtherPartsIsNone(_ damage: String) async throws {
        let temporary = try TemporaryStore()
        let (store, long) = (temporary.store, try LongReports())
        try await long.accept([1, 2], time: 100, in: store)
        let parts = try await parts(store)
        try await store.engine.write { session in
            switch damage {
            case "exchanged":
                for part in 0..<2 {
                    try session.execute(
                        "UPDATE share_sums SET share = $1 WHERE part = $2", [parts[1 - part], part])
                }
            case "missing": try session.execute("DELETE FROM share_sums WHERE part = 1")
            default: try session.execute("DELETE FROM share_sums WHERE part = 2")
            }
        }
        await #expect(throws: DatastoreError.self) {
            try await store.sumHelperShares(Make.task, scope, vdaf: long.reports.vdaf)
        }
        await #expect(throws: DatastoreError.self) { try await long.accept([3], time: 100, in: store) }
    }

    /// As many buckets as do not fit in memory together.
    @Test(arguments: EngineKind.tested)
    func manyLongSumsAreAddedUpByPages(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let (store, long) = (temporary.store, try LongReports())
        for time in 0..<10 { try await long.accept([2 * time, 2 * time + 1], time: UInt64(100 + 3 * time), in: store) }
        try await long.reports.expectSum(
            .interval(Interval(start: 100, duration: 28)), of: long.shares(0..<20), in: store)
        try await long.reports.expectSum(
            .interval(Interval(start: 101, duration: 24)), of: long.shares(2..<18), in: store)
    }
}
