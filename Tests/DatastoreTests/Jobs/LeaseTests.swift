import DAP
import Datastore
import Ledger
import Synchronization
import Testing

/// Whoever works on a job has it alone, and for a while.
@Suite(.inTurns) struct LeaseTests {
    private func outcomes(_ numbers: ClosedRange<Int>) -> [(report: ReportID, outcome: ReportOutcome)] {
        numbers.map { (Make.reportID($0), .accepted(outputShare: Make.share($0), logEntry: Make.entry($0))) }
    }

    // MARK: Losing

    /// Whatever the first one still wants to store, it changes nothing.
    @Test(arguments: EngineKind.tested)
    func aLeaseThatRanOutIsAnothersAndWhoeverHadItStoresNothing(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        try await store.addTask(Make.storedTask(), logEntry: nil)
        try await store.upload(1...3)
        let first = try #require(try await store.claim(for: .zero)).lease
        let second = try #require(try await store.acquireJob(of: Make.task, for: .seconds(60)))
        #expect(second.job == first.job && second.job.isForming)

        let request = JobRequest(bytes: [1])
        for isSent in [false, true] {
            if isSent { try await store.sendJob(second, request, rejected: [], for: .seconds(60)) }
            await #expect(throws: DatastoreError.leaseLost) {
                try await store.sendJob(first, request, rejected: [], for: .seconds(60))
            }
            let rejected = (1...3).map { EndedReport(reportID: Make.reportID($0), error: .invalidMessage) }
            await #expect(throws: DatastoreError.leaseLost) {
                try await store.sendJob(first, nil, rejected: rejected, for: .seconds(60))
            }
            await #expect(throws: DatastoreError.leaseLost) {
                try await store.finishJob(first, outcomes: outcomes(1...3), vdaf: Make.vdaf)
            }
            await #expect(throws: DatastoreError.leaseLost) {
                let progress = JobProgress(answer: .wrong, attempts: 9)
                try await store.releaseJob(first, after: .zero, exchange: (progress, "x"))
            }
            #expect(try await store.renewJobs([first, second], for: .seconds(60)) == [first.job.key])
            #expect(try await store.numberedSize() == 0)
            #expect(try await store.reportCounts(task: Make.task).aggregating == 3)
            #expect(try await store.jobOverviews().map(\.progress) == [nil])
            #expect(try await store.dueJobs().isEmpty)
        }
        try await store.finishJob(second, outcomes: outcomes(1...3), vdaf: Make.vdaf)
        #expect(try await store.numberedSize() == 3)
        await #expect(throws: DatastoreError.leaseLost) {
            try await store.finishJob(second, outcomes: outcomes(1...3), vdaf: Make.vdaf)
        }
        #expect(try await store.numberedSize() == 3)
        try await LeaderAudit(store: store).check { Int($0.bytes[7]) }
    }

    /// An operator, the end of a promise and the end of a task wait for nobody.
    @Test(arguments: EngineKind.tested)
    func whatEndsAJobFromOutsideEndsItsLease(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        try await store.addTask(Make.storedTask(), logEntry: nil)
        for (round, end) in ["give up", "new key", "seize"].enumerated() {
            let numbers = (round * 10 + 1)...(round * 10 + 2)
            try await store.upload(numbers)
            let lease = try #require(try await store.claim(for: .seconds(60))).lease
            switch end {
            case "give up":
                try await store.giveUp(
                    numbers.map { EndedReport(reportID: Make.reportID($0), error: .reportDropped) }, task: Make.task)
            case "new key":
                let rekeyed = try await store.replaceVerifyKey(
                    [UInt8](repeating: 8, count: 32), of: Make.task, peerHasKey: true, at: 0)
                #expect(rekeyed == .replaced)
                #expect(try await store.waitingReports(task: Make.task, now: 0, limit: 9, payloadLimit: 99).count == 2)
            default: _ = try await store.seizeJob(lease.job.key, for: .seconds(60))
            }
            await #expect(throws: DatastoreError.leaseLost) {
                try await store.sendJob(lease, JobRequest(bytes: [1]), rejected: [], for: .seconds(60))
            }
            if end == "new key" {
                let again = try #require(try await store.claim(for: .seconds(60)))
                #expect(again.reports == 2)
            }
        }
    }

    // MARK: Several

    /// Several drivers on one database, each of which forgets all that it knows all the time.
    @Test(arguments: EngineKind.tested)
    func noJobIsRunByTwoAtOnce(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        try await store.addTask(Make.storedTask(), logEntry: nil)
        try await store.upload(1...40)
        let running = Running()
        let ended = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<6 {
                group.addTask {
                    var ended = 0
                    for turn in 0..<200 {
                        let claim = JobClaim(
                            task: Make.task, batchCapacity: nil, now: 1_000, jobSize: 4, jobBytes: 1 << 20
                        ) { Array($0.prefix(2)) }
                        let claimed = turn % 2 == 0 ? try await store.claimJob(claim, for: .seconds(60)) : nil
                        var lease = claimed?.lease
                        if lease == nil { lease = try await store.acquireJob(of: Make.task, for: .seconds(60)) }
                        guard let lease else {
                            if try await store.reportCounts(task: Make.task).accepted == 40 { break }
                            continue
                        }
                        #expect(running.begin(lease.job.key))
                        if lease.job.isForming {
                            try await store.sendJob(lease, JobRequest(bytes: [1]), rejected: [], for: .seconds(60))
                        }
                        running.end(lease.job.key)
                        guard !lease.job.isForming else {
                            try await store.releaseJob(lease, after: .zero, exchange: nil)
                            continue
                        }
                        let reports = try await store.reportIDs(ofJob: lease.job.key)
                        try await store.finishJob(
                            lease,
                            outcomes: reports.map { ($0, .accepted(outputShare: Make.share(1), logEntry: nil)) },
                            vdaf: Make.vdaf)
                        ended += 1
                    }
                    return ended
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(try await store.reportCounts(task: Make.task).accepted == 40)
        #expect(ended >= 20)
        try await LeaderAudit(store: store).check { _ in 1 }
    }

    // MARK: Starts

    /// A start knows that nobody else is there: it waits for no lease, and for no pause but those that were asked for.
    @Test(arguments: EngineKind.tested)
    func aStartEndsWhatFormerProcessesHad(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        try await temporary.store.addTask(Make.storedTask(), logEntry: nil)
        var leases: [JobLease] = []
        for number in 1...4 {
            try await temporary.store.upload(number...number)
            leases.append(try #require(try await temporary.store.claim(for: .seconds(600))).lease)
        }
        for (lease, isAsked) in zip(leases.dropFirst(2), [false, true]) {
            try await temporary.store.sendJob(lease, JobRequest(bytes: [1]), rejected: [], for: .seconds(600))
            let progress = JobProgress(answer: .unusable, attempts: 3, isAsked: isAsked, reason: "away")
            try await temporary.store.releaseJob(lease, after: .seconds(600), exchange: (progress, nil))
        }
        _ = try await temporary.store.takeDuty(.log, holder: "before", for: .seconds(600))
        let store = try await temporary.afterKill()
        #expect(try await store.dueJobs().isEmpty)
        try await store.beginGeneration(.random())
        var taken: [Int64] = []
        while let lease = try await store.acquireJob(of: Make.task, for: .seconds(60)) { taken.append(lease.job.key) }
        #expect(taken.sorted() == leases.prefix(3).map(\.job.key))
        #expect(try await store.takeDuty(.log, holder: "after", for: .seconds(600)) != nil)
        await #expect(throws: DatastoreError.leaseLost) {
            try await store.sendJob(leases[0], JobRequest(bytes: [1]), rejected: [], for: .seconds(60))
        }
    }

    /// What the helper's queue had leased, too; but what was taken again and again may be what ends processes.
    @Test(arguments: EngineKind.tested)
    func aStartEndsWhatFormerVerifiersHad(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        var store = temporary.store
        try await store.addTask(Make.storedTask(), logEntry: nil)
        let room = HelperJobRoom(jobs: 9, bytes: 1 << 20, jobsOfTask: 9, bytesOfTask: 1 << 20)
        let jobs = (1...2).map { number in
            WaitingHelperJob(
                task: Make.task, id: AggregationJobID(unchecked: [UInt8](repeating: UInt8(number), count: 16)),
                arrived: 1_000, reports: 1, bytes: 1)
        }
        for (job, times) in zip(jobs, [1, 3]) {
            _ = try await store.keepHelperJob(job, request: [1], lease: nil, for: .zero, room: room)
            for _ in 1..<times {
                _ = try await store.leaseHelperJob(HelperJobLease(task: job.task, job: job.id), for: .zero)
            }
            let last = HelperJobLease(task: job.task, job: job.id)
            #expect(try await store.leaseHelperJob(last, for: .seconds(100)) != nil)
        }
        store = try await temporary.afterKill()
        #expect(try await store.waitingHelperJobs().allSatisfy { $0.left > .zero })
        try await store.beginGeneration(.random())
        let left = try await store.waitingHelperJobs().sorted { $0.id < $1.id }
        #expect(left[0].left == .zero && !left[0].isHeld)
        #expect(left[1].left > .seconds(50), "others come to their turn first")
    }

    // MARK: Reports of a job that is forming

    /// They stay its own until it ends, as in a job that was sent.
    @Test(arguments: EngineKind.tested)
    func aReportIsTakenBackWhenItsJobEnds(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        _ = try await store.storeReports(
            try (1...2).map { try Make.committedReport($0, time: 100) }, task: Make.task, bucketCapacity: nil)
        let lease = try #require(try await store.claim(for: .seconds(60))).lease
        #expect(try await store.withdraw(1, earlyLimit: 9) == .pending)
        let rejected = EndedReport(reportID: Make.reportID(2), error: .invalidMessage, logEntry: Make.entry(2))
        try await store.sendJob(lease, JobRequest(bytes: [1]), rejected: [rejected], for: .seconds(60))
        #expect(try await store.standing(of: Make.reportID(2), task: Make.task) == .rejected(.invalidMessage))
        try await store.finishJob(
            lease, outcomes: [(Make.reportID(1), .returned(notBefore: 0))], vdaf: Make.vdaf)
        #expect(try await store.standing(of: Make.reportID(1), task: Make.task) == .withdrawn)
        try await LeaderAudit(store: store).check { _ in 0 }
    }
}

/// The jobs that somebody works on.
private final class Running: Sendable {
    private let jobs = Mutex<Set<Int64>>([])

    /// - Returns: whether nobody else does.
    func begin(_ job: Int64) -> Bool { jobs.withLock { $0.insert(job).inserted } }
    func end(_ job: Int64) { jobs.withLock { _ = $0.remove(job) } }
}
