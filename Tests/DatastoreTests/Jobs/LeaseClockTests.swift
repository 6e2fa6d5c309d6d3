import DAP
import Datastore
import Testing

/// Leases and pauses under clocks that somebody sets.
@Suite(.inTurns) struct LeaseClockTests {
    /// Moves the database's clock: all that is written as a time of it moves the other way.
    private func setClock(back seconds: Int64, _ store: NodeDatabase) async throws {
        _ = try await store.engine.write {
            try $0.execute("UPDATE leader_jobs SET due = due + $1", [SQLValue.integer(seconds * 1_000)])
        }
    }

    private static let times = JobTimes(lease: .seconds(30), pause: .seconds(300), askedPause: .seconds(86_400))

    @Test(arguments: EngineKind.tested)
    func aClockThatIsSetBackParksNoJob(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        try await store.addTask(Make.storedTask(), logEntry: nil)
        var leases: [JobLease] = []
        for number in 1...3 {
            try await store.upload(number...number)
            let lease = try #require(try await store.claim(for: .seconds(30))).lease
            leases.append(lease)
            guard number > 1 else { continue }
            try await store.sendJob(lease, JobRequest(bytes: [1]), rejected: [], for: .seconds(30))
            let isAsked = number == 3
            let progress = JobProgress(answer: .unusable, attempts: 9, isAsked: isAsked, reason: "away")
            try await store.releaseJob(
                lease, after: isAsked ? .seconds(3_600) : .seconds(300), exchange: (progress, nil))
        }
        #expect(try await store.unparkJobs(Self.times) == 0)
        // As clocks are corrected all the time.
        try await setClock(back: 20, store)
        #expect(try await store.unparkJobs(Self.times) == 0)
        #expect(try await store.dueJobs().isEmpty)
        // By an hour: what was leased and what waits by itself is due; what the peer asked for may be that long.
        try await setClock(back: 3_600, store)
        #expect(try await store.unparkJobs(Self.times) == 2)
        #expect(try await store.unparkJobs(Self.times) == 0)
        let taken = try #require(try await store.acquireJob(of: Make.task, for: .seconds(30)))
        let other = try #require(try await store.acquireJob(of: Make.task, for: .seconds(30)))
        #expect(Set([taken.job.key, other.job.key]) == Set(leases.prefix(2).map(\.job.key)))
        #expect(try await store.acquireJob(of: Make.task, for: .seconds(30)) == nil)
        // By a year.
        try await setClock(back: 31_536_000, store)
        #expect(try await store.unparkJobs(Self.times) == 3)
        #expect(try await store.acquireJob(of: Make.task, for: .seconds(30)) != nil)
    }

    /// Whoever holds a job whose time is wrong, and lives, says so first.
    @Test(arguments: EngineKind.tested)
    func aHolderWhoseClockWasSetBackKeepsItsJob(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        try await store.addTask(Make.storedTask(), logEntry: nil)
        try await store.upload(1...2)
        let lease = try #require(try await store.claim(for: .seconds(30))).lease
        try await setClock(back: 86_400, store)
        #expect(try await store.unparkJobs(Self.times) == 1)
        #expect(try await store.renewJobs([lease], for: .seconds(30)).isEmpty)
        #expect(try await store.dueJobs().isEmpty)
        #expect(try await store.unparkJobs(Self.times) == 0)
        try await store.sendJob(lease, JobRequest(bytes: [1]), rejected: [], for: .seconds(30))
    }

    /// Set forward, it ends leases before their time: then two work on a job, and one stores.
    @Test(arguments: EngineKind.tested)
    func aClockThatIsSetForwardMakesNoTwoHolders(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        try await store.addTask(Make.storedTask(), logEntry: nil)
        try await store.upload(1...2)
        let first = try #require(try await store.claim(for: .seconds(30))).lease
        try await setClock(back: -86_400, store)
        let second = try #require(try await store.acquireJob(of: Make.task, for: .seconds(30)))
        #expect(try await store.renewJobs([first, second], for: .seconds(30)) == [first.job.key])
        await #expect(throws: DatastoreError.leaseLost) {
            try await store.sendJob(first, JobRequest(bytes: [1]), rejected: [], for: .seconds(30))
        }
        try await store.sendJob(second, JobRequest(bytes: [2]), rejected: [], for: .seconds(30))
        #expect(try await store.request(ofJob: second.job.key) == [2])
    }
}
