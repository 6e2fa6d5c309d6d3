import DAP
import Datastore
import Ledger
import Testing

/// Jobs of which nothing was sent hold nobody back for long.
@Suite(.inTurns) struct FormingJobTests {
    /// Reports of a job that is never sent are free again, and what waited for its end takes place.
    @Test(arguments: EngineKind.tested)
    func aFormingJobThatIsDissolvedHoldsNobodyBack(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        try await store.addTask(Make.storedTask(), logEntry: nil)
        let reports = try (1...3).map { try Make.committedReport($0) }
        _ = try await store.storeReports(reports, task: Make.task, bucketCapacity: nil)
        let lease = try #require(try await store.claim(for: .seconds(60))).lease
        #expect(try await store.withdraw(2) == .pending)
        try await store.dissolveJob(lease, at: 0)
        let counts = try await store.reportCounts(task: Make.task)
        #expect(counts.received == 2 && counts.aggregating == 0 && counts.withdrawn == 1)
        for again in [
            { try await store.dissolveJob(lease, at: 0) },
            { try await store.sendJob(lease, JobRequest(bytes: [1]), rejected: [], for: .seconds(60)) },
        ] as [() async throws -> Void] {
            await #expect(throws: DatastoreError.leaseLost) { try await again() }
        }
        let next = try #require(try await store.claim(for: .seconds(60)))
        #expect(next.reports == 2)
        // One that was sent may be at the helper: nobody dissolves it.
        try await store.sendJob(next.lease, JobRequest(bytes: [1]), rejected: [], for: .seconds(60))
        await #expect(throws: DatastoreError.leaseLost) { try await store.dissolveJob(next.lease, at: 0) }
        try await LeaderAudit(store: store).check { Int($0.bytes[7]) }
    }

    @Test(arguments: EngineKind.tested)
    func onlyFormingJobsThatAreDueAndNobodysAreDissolved(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        try await store.addTask(Make.storedTask(), logEntry: nil)
        var leases: [JobLease] = []
        for (number, duration) in [(1, Duration.zero), (2, .seconds(60)), (3, .zero), (4, .zero)] {
            try await store.upload(number...number)
            leases.append(try #require(try await store.claim(for: duration)).lease)
        }
        try await store.sendJob(leases[2], JobRequest(bytes: [1]), rejected: [], for: .zero)
        let own: Set<Int64> = [leases[3].job.key]
        #expect(try await store.dissolveDueJobs(of: Make.task, except: own, at: 0) == 1)
        #expect(try await store.dissolveDueJobs(of: Make.task, except: own, at: 0) == 0)
        #expect(try await store.dissolveDueJobs(of: .random(), except: [], at: 0) == 0)
        #expect(try await store.jobOverviews().map(\.key) == leases.dropFirst().map(\.job.key))
        #expect(try await store.reportCounts(task: Make.task).received == 1)
    }

    /// Why a job cannot be formed is seen, and how often.
    @Test(arguments: EngineKind.tested)
    func aFormingJobThatIsGivenBackSaysWhy(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        try await store.addTask(Make.storedTask(), logEntry: nil)
        try await store.upload(1...1)
        let lease = try #require(try await store.claim(for: .seconds(60))).lease
        #expect(lease.job.failures == 0)
        try await store.releaseJob(
            lease, after: .zero, exchange: (JobProgress(attempts: 2, reason: "the disk is full"), nil))
        let shown = try #require(try await store.jobOverviews().first)
        #expect(shown.isForming && shown.progress?.reason == "the disk is full")
        let again = try #require(try await store.acquireJob(of: Make.task, for: .seconds(60)))
        #expect(again.job.failures == 2 && again.job.isForming)
    }
}
