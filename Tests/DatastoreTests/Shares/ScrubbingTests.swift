import DAP
import Datastore
import Foundation
import Ledger
import Synchronization
import Testing

/// What is left of keys that were destroyed goes, whatever comes between their destruction and the cleaning up.
@Suite struct ScrubbingTests {
    /// What happens instead of the cleaning up.
    enum Mishap: CaseIterable {
        case killed, failing, inTheWay
    }

    private static let batch = BatchScope.interval(Interval(start: 100, duration: 1))

    private func due(_ store: NodeDatabase) async throws -> Int64? {
        try await store.engine.read { try $0.integer("SELECT COUNT(*) FROM scrubs_due") }
    }

    /// A result that is stored is no failure, and the cleaning up stays due until it has been done, over restarts too.
    @Test(arguments: EngineKind.tested, Mishap.allCases)
    func whatDestroysKeysSaysThatCleaningUpIsDue(kind: EngineKind, mishap: Mishap) async throws {
        let temporary = try await TemporaryStore(kind)
        let engine = EngineThatDoesNotScrub(temporary.store.engine, mishap)
        let (store, reports) = (NodeDatabase(engine), try HelperReports())
        try await reports.accept(1...3, in: store)
        #expect(try await due(store) == 0)
        #expect(try await reports.collect(Self.batch, in: store) == .stored)
        #expect(engine.tries == 1)
        #expect(try await due(store) == 1)
        try await store.accept([1], time: 200, logging: false)
        let job = try await store.newCollection(interval: Interval(start: 200, duration: 1))
        _ = try await store.sealBatch(collection: job.key, interval: Interval(start: 200, duration: 1), sizes: 1...9)
        try await store.recordHelperShare([1], statement: nil, collection: job.key)
        try await store.publish(response: [2], batchEntry: nil, collection: job.key)
        #expect(try await due(store) == 2)
        let next = try await temporary.afterKill()
        #expect(try await due(next) == 2)
        // Where somebody is in the way, as a server's other transactions may be, it is done again.
        for _ in 0..<1_200 where try await !next.scrubIfDue() { try await Task.sleep(for: .milliseconds(100)) }
        #expect(try await due(next) == 0)
    }

    /// Killed behind the transaction that destroys a key, a node leaves it in the write-ahead log.
    @Test func aKeyInTheWriteAheadLogGoesAtTheNextStart() async throws {
        let temporary = try TemporaryStore()
        let (store, reports) = (
            NodeDatabase(EngineThatDoesNotScrub(temporary.store.engine, .killed)), try HelperReports()
        )
        try await reports.accept(1...3, in: store)
        let keys = try await store.engine.read { session in
            try session.rows("SELECT secret FROM share_keys").map { try $0.bytes("secret") }
        }
        let secret = try #require(keys.first)
        #expect(try await reports.collect(Self.batch, in: store) == .stored)
        let held = {
            try FileManager.default.contentsOfDirectory(at: temporary.directory, includingPropertiesForKeys: nil)
                .contains { try Data(contentsOf: $0).range(of: Data(secret)) != nil }
        }
        #expect(try held())
        #expect(try await temporary.store.scrubIfDue())
        #expect(try !held())
    }

    // MARK: Units of time

    private func live(_ store: NodeDatabase) async throws -> [Int64] {
        try await store.engine.read { session in
            try session.rows(
                "SELECT ref FROM share_keys WHERE kind = 0 AND secret <> $1 ORDER BY ref",
                [[UInt8](repeating: 0, count: 32)]
            ).map { try $0.integer("ref") }
        }
    }

    private func reject(_ number: Int, time: UInt64, batch: BatchID? = nil, in store: NodeDatabase) async throws {
        let job = try await store.pendingJob([number], time: time, batch: batch)
        try await store.finish(job, [(number, .rejected(.vdafVerifyError, logEntry: nil))])
    }

    /// Leader-selected: reports lie under the key of their time until they are in a batch.
    @Test(arguments: EngineKind.tested)
    func aUnitOfTimeWithoutWaitingReportsLosesItsKey(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let batch = try await store.batchForNextJob(task: Make.task, maxBatchSize: 9).id
        try await store.accept([1, 2], time: 100, batch: batch, logging: false)
        try await reject(4, time: 102, batch: batch, in: store)
        let job = try await store.newCollection()
        _ = try await store.sealBatch(collection: job.key, interval: nil, sizes: 1...9)
        let waiting = [Make.report(3, time: 101), Make.report(5, time: 103)]
        _ = try await store.storeReports(waiting, task: Make.task, bucketCapacity: nil)
        let other = try await store.batchForNextJob(task: Make.task, maxBatchSize: 9).id
        let pending = try await store.formJob([5], batch: other)
        #expect(try await live(store) == [100, 101, 102, 103])
        try await store.recordHelperShare([1], statement: nil, collection: job.key)
        try await store.publish(response: [2], batchEntry: nil, collection: job.key)
        #expect(try await live(store) == [101, 103], "one waits, one is in a job")
        let rest = try await store.waitingReports(task: Make.task, now: 0, limit: 9, payloadLimit: 99)
        #expect(rest.map(\.payload) == [Make.report(3, time: 101).payload])
        // Without a collection, it is done in the background.
        try await store.finish(pending, [(5, .accepted(outputShare: Make.share(5), logEntry: nil))])
        try await store.destroyIdleKeys()
        #expect(try await live(store) == [101])
        #expect(try await store.sum(.batch(other)) == 5)
        // One that comes late gets a key of its own.
        _ = try await store.storeReports([Make.report(6, time: 103)], task: Make.task, bucketCapacity: nil)
        #expect(try await live(store) == [101, 103])
        let late = try await store.waitingReports(task: Make.task, now: 0, limit: 9, payloadLimit: 99)
        #expect(late.map(\.payload) == [3, 6].map { Make.report($0).payload })
    }

    /// Time-interval mode: accepted reports stay under the key of their time, and it with them.
    @Test(arguments: EngineKind.tested)
    func aUnitOfTimeOfWhichNothingIsLeftLosesItsKey(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        try await store.accept([1], time: 100, logging: false)
        try await store.accept([2], time: 101, logging: false)
        _ = try await store.storeReports([Make.report(3, time: 102)], task: Make.task, bucketCapacity: nil)
        try await reject(4, time: 103, in: store)
        try await store.accept([5, 6], time: 104, logging: false)
        // 2 was accepted, and is given up.
        let unit = Interval(start: 101, duration: 1)
        let failing = try await store.newCollection(request: [1], interval: unit)
        _ = try await store.sealBatch(collection: failing.key, interval: unit, sizes: 1...9)
        let dropped = EndedReport(reportID: Make.reportID(2), error: .reportDropped)
        try await store.leaveOut([dropped], collection: failing.key, vdaf: Make.vdaf)
        try await store.failCollection(
            failing.key, problem: CollectionProblem(type: .batchMismatch, detail: ""), batch: .reopened)
        try await store.destroyIdleKeys()
        #expect(try await live(store) == [100, 102, 104])
        #expect(try await store.sum(.interval(Interval(start: 100, duration: 5))) == 12)
        // A new sum begins where there was one of nothing.
        try await store.accept([7], time: 101, logging: false)
        #expect(try await store.sum(.interval(unit)) == 7)
        // A collection destroys its own keys, and those of which nothing is left.
        try await reject(8, time: 105, in: store)
        let last = Interval(start: 104, duration: 1)
        let job = try await store.newCollection(request: [2], interval: last)
        _ = try await store.sealBatch(collection: job.key, interval: last, sizes: 1...9)
        try await store.recordHelperShare([1], statement: nil, collection: job.key)
        try await store.publish(response: [2], batchEntry: nil, collection: job.key)
        #expect(try await live(store) == [100, 101, 102])
    }

    /// A helper's sum of nothing, after withdrawals.
    @Test(arguments: EngineKind.tested)
    func aHelpersUnitOfTimeOfWhichNothingIsLeftLosesItsKey(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let (store, reports) = (temporary.store, try HelperReports())
        try await reports.accept([1], time: 100, in: store)
        try await reports.accept([2, 3], time: 101, in: store)
        for number in [1, 2] { #expect(try await reports.withdraw(number, in: store) == .withdrawn) }
        try await store.destroyIdleKeys()
        #expect(try await live(store) == [101])
        #expect(try await reports.withdraw(3, in: store) == .withdrawn)
        try await reports.accept([4], time: 100, in: store)
        try await HelperAudit(store: store, reports: reports).check()
    }

    /// Where everything was rejected, there is nothing to give up, and still a key.
    @Test(arguments: EngineKind.tested)
    func aTaskThatEndsKeepsNoKey(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        try await store.addTask(Make.storedTask(), logEntry: nil)
        try await reject(1, time: 100, in: store)
        #expect(try await live(store) == [100])
        #expect(try await store.endTask(Make.task, mayDiscard: false, at: 0) == .ended(discarded: 0))
        #expect(try await live(store) == [])
    }
}

/// An engine with which something happens instead of the cleaning up.
private final class EngineThatDoesNotScrub: StorageEngine {
    private let base: any StorageEngine
    private let mishap: ScrubbingTests.Mishap
    private let count = Mutex(0)

    init(_ base: any StorageEngine, _ mishap: ScrubbingTests.Mishap) {
        (self.base, self.mishap) = (base, mishap)
    }

    var tries: Int { count.withLock { $0 } }
    var dialect: Dialect { base.dialect }

    func read<T: Sendable>(_ body: @escaping @Sendable (Session) throws -> T) async throws(DatastoreError) -> T {
        try await base.read(body)
    }

    func write<T: Sendable>(_ body: @escaping @Sendable (Session) throws -> T) async throws(DatastoreError) -> T {
        try await base.write(body)
    }

    func backUp(to path: String) async throws(DatastoreError) { try await base.backUp(to: path) }

    func scrub() async throws(DatastoreError) -> Bool {
        count.withLock { $0 += 1 }
        switch mishap {
        case .killed: throw .cancelled
        case .failing: throw .full
        case .inTheWay: return false
        }
    }

    func close() throws(DatastoreError) { try base.close() }
}
