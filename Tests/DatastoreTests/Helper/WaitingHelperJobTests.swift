import DAP
import Datastore
import Foundation
import Ledger
import Testing

/// Jobs that wait at the helper to be verified, with their requests.
@Suite struct WaitingHelperJobTests: WaitingHelperJobs {
    @Test(arguments: EngineKind.tested)
    func whatWaitsIsThereAfterAKill(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let large = job(1, bytes: (2 << 20) + 17)
        #expect(try await keep(large, in: store) == .waiting)
        #expect(try await keep(large, in: store) == .present, "the same bytes are the same job")
        let found = try await temporary.afterKill()
        #expect(try await found.waitingHelperJobs() == [large])
        #expect(try await found.helperJob(Make.task, large.id) == .waiting(large))
        let mine = lease(large)
        #expect(try await found.leaseHelperJob(mine, for: Self.long) == request(large))
        #expect(try await pieces(found) == 3)
        // Whoever is killed by what it took has said so before.
        #expect(try await found.waitingHelperJobs().first?.attempts == 1)
    }

    /// What is left of a request in pages, logs and backups is sealed under a key that goes with the job.
    @Test(arguments: EngineKind.tested)
    func aRequestLiesUnderAKeyThatIsDestroyedWithIt(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let (store, reports) = (temporary.store, try HelperReports())
        let (large, other) = (job(1, bytes: (1 << 20) + 50), job(2, bytes: 60))
        let (first, second) = (lease(large), lease(other))
        try await keep(large, first, in: store)
        try await keep(other, second, in: store)
        let keys = try await secrets(store)
        #expect(Set(keys).count == 2 && !keys.contains(Self.destroyed))
        let stored = try await store.engine.read { session in
            try session.rows("SELECT bytes FROM helper_job_requests").map { Data(try $0.bytes("bytes")) }
        }
        for piece in stored { #expect(piece.range(of: Data(request(large)[64..<96])) == nil) }
        _ = try await commit(large, [reports.verified(1)], lease: first, reports, in: store)
        #expect(try await secrets(store).filter { $0 == Self.destroyed }.count == 1)
        #expect(try await store.deleteHelperJob(Make.task, other.id))
        #expect(try await secrets(store) == [Self.destroyed, Self.destroyed])
        let due = try await store.engine.read { try $0.integer("SELECT COUNT(*) FROM scrubs_due") }
        #expect(due == 2)
        // Places of keys are taken again, by keys that are new.
        for number in 3...4 { try await keep(job(number), in: store) }
        let next = try await secrets(store)
        #expect(next.count == 2 && Set(next + keys).count == 4 && !next.contains(Self.destroyed))
    }

    private static let destroyed = [UInt8](repeating: 0, count: 32)

    /// The keys of stored requests.
    private func secrets(_ store: NodeDatabase) async throws -> [[UInt8]] {
        try await store.engine.read { session in
            try session.rows("SELECT secret FROM share_keys WHERE task = 0 ORDER BY share_key").map {
                try $0.bytes("secret")
            }
        }
    }

    @Test(arguments: EngineKind.tested)
    func aRequestOfWhichAPieceIsGoneIsAFault(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let large = job(1, bytes: (1 << 20) + 50)
        try await keep(large, in: store)
        _ = try await store.engine.write { try $0.execute("DELETE FROM helper_job_requests WHERE part = 1") }
        await #expect(throws: DatastoreError.corrupt("the request of a stored aggregation job is not whole")) {
            try await store.leaseHelperJob(lease(large), for: Self.long)
        }
    }

    @Test(arguments: EngineKind.tested)
    func aLeasedJobIsItsVerifiersUntilTheLeaseEnds(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let job = job(1)
        try await keep(job, in: store)
        let (first, second) = (lease(job), lease(job))
        #expect(try await store.leaseHelperJob(first, for: Self.over) != nil)
        try await store.renewHelperJob(first, for: Self.long)
        #expect(try await store.leaseHelperJob(second, for: Self.long) == nil)
        let held = try #require(try await store.waitingHelperJobs().first)
        #expect(held.isHeld && held.left > .seconds(10) && held.left <= Self.long)
        try await store.renewHelperJob(first, for: Self.over)
        #expect(try await store.waitingHelperJobs().first?.left == .zero)
        #expect(try await store.leaseHelperJob(second, for: Self.long) != nil, "it is free, and somebody was faster")
        for loser in [first, lease(job), HelperJobLease(task: .random(), job: job.id, token: second.token)] {
            await #expect(throws: DatastoreError.leaseLost) { try await store.renewHelperJob(loser, for: Self.long) }
            await #expect(throws: DatastoreError.leaseLost) { try await store.releaseHelperJob(loser, after: .zero) }
            await #expect(throws: DatastoreError.leaseLost) { try await store.forgetHelperJob(loser) }
        }
        try await store.releaseHelperJob(second, after: Self.long)
        let waiting = try #require(try await store.waitingHelperJobs().first)
        #expect(!waiting.isHeld && waiting.left > .seconds(10) && waiting.attempts == 2)
        let third = lease(job)
        #expect(try await store.leaseHelperJob(third, for: Self.long) != nil, "nobody has it: a pause is advice")
        try await store.forgetHelperJob(third)
        #expect(try await store.helperJob(Make.task, job.id) == nil)
        #expect(try await places(store) == [[0, 0], [0, 0]])
        #expect(try await pieces(store) == 0)
    }

    /// Leases and pauses are by the database's clock, which somebody may set back by a day.
    @Test(arguments: EngineKind.tested)
    func aClockThatIsSetBackParksNoJob(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let (waiting, held) = (job(1), job(2))
        try await keep(waiting, in: store)
        let first = lease(held)
        try await keep(held, first, in: store)
        let due = try await store.engine.read { session in
            try session.integer("SELECT due FROM helper_jobs WHERE lease_token = 0")
        }
        #expect(due == 0, "what nobody has is due by every clock")
        _ = try await store.engine.write { try $0.execute("UPDATE helper_jobs SET due = due + 86400000") }
        #expect(try await store.waitingHelperJobs().allSatisfy { $0.left == .zero })
        let second = lease(held)
        #expect(try await store.leaseHelperJob(second, for: Self.long) == request(held))
        #expect(try await store.leaseHelperJob(first, for: Self.long) == nil)
    }

    @Test(arguments: EngineKind.tested)
    func aDeletedJobAcceptsNothing(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let (store, reports) = (temporary.store, try HelperReports())
        let job = job(1)
        try await keep(job, in: store)
        let mine = lease(job)
        _ = try await store.leaseHelperJob(mine, for: Self.long)
        #expect(try await store.deleteHelperJob(Make.task, job.id))
        #expect(try await !store.deleteHelperJob(Make.task, job.id))
        #expect(try await store.helperJob(Make.task, job.id) == nil)
        await #expect(throws: DatastoreError.leaseLost) {
            try await commit(job, [reports.verified(1)], lease: mine, reports, in: store)
        }
        #expect(try await store.helperJob(Make.task, job.id) == nil)
        // Its reports may be in others.
        #expect(try await reports.job([reports.verified(1)], in: store) == [nil])
        #expect(try await places(store) == [[0, 0], [0, 0]])
        #expect(try await pieces(store) == 0)
    }

    @Test(arguments: EngineKind.tested)
    func thereIsNoMoreThanThereIsRoomFor(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let other = TaskID.random()
        for number in 1...3 { #expect(try await keep(job(number), in: store) == .waiting) }
        #expect(try await keep(job(4), in: store) == .noRoom, "the task has its three")
        #expect(try await store.helperJob(Make.task, job(4).id) == nil)
        #expect(try await keep(job(5, task: other, bytes: 7 << 20), in: store) == .noRoom, "too long for a task")
        #expect(try await keep(job(5, task: other, bytes: 5 << 20), in: store) == .waiting)
        #expect(try await keep(job(6, task: other), in: store) == .waiting)
        #expect(try await keep(job(7, task: .random()), in: store) == .noRoom, "there are five of all tasks")
        #expect(try await keep(job(3), in: store) == .present, "what waits already is kept")
        #expect(try await store.deleteHelperJob(Make.task, job(2).id))
        #expect(try await keep(job(4), in: store) == .waiting)
        #expect(try await store.waitingHelperJobs().count == 5)
        #expect(try await places(store) == [[5, 400 + (5 << 20)], [3, 300], [2, 100 + (5 << 20)]])
    }

    /// Many ask for the last places at once.
    @Test(arguments: EngineKind.tested)
    func noPlaceIsGivenTwice(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let kept = try await withThrowingTaskGroup(of: HelperJobKeeping.self) { group in
            for number in 1...12 { group.addTask { try await keep(job(number), in: store) } }
            return try await group.reduce(into: 0) { $0 += $1 == .waiting ? 1 : 0 }
        }
        #expect(kept == 3)
        #expect(try await store.waitingHelperJobs().count == 3)
        #expect(try await places(store) == [[3, 300], [3, 300]])
        #expect(try await pieces(store) == 3)
    }

    @Test(arguments: EngineKind.tested)
    func anEndedTaskStoresNothing(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let (store, reports) = (temporary.store, try HelperReports())
        try await store.addTask(Make.storedTask(), logEntry: nil)
        try await keep(job(1), in: store)
        let mine = lease(job(1))
        _ = try await store.leaseHelperJob(mine, for: Self.long)
        #expect(try await store.endTask(Make.task, mayDiscard: false, at: 0) == .ended(discarded: 0))
        await #expect(throws: DatastoreError.notServed(Make.task)) { try await keep(job(2), in: store) }
        await #expect(throws: DatastoreError.notServed(Make.task)) {
            try await commit(job(1), [reports.verified(1)], lease: mine, reports, in: store)
        }
        try await store.forgetHelperJob(mine)
        #expect(try await store.waitingHelperJobs().isEmpty)
        #expect(try await places(store) == [[0, 0], [0, 0]])
    }
}
