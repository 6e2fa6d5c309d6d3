import DAP
import Datastore
import Ledger
import Testing

/// Several at once: what is limited stays limited, what happens once happens once, and nothing is lost.
@Suite(.inTurns) struct LeaderRaceTests {
    /// Whoever of 16 is last, there are exactly as many reports as there is room for.
    @Test(arguments: EngineKind.tested)
    func uploadsAtOnceFillABucketExactly(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let outcomes = try await withThrowingTaskGroup(of: [UploadOutcome].self) { group in
            for writer in 0..<16 {
                group.addTask {
                    var outcomes: [UploadOutcome] = []
                    for request in 0..<4 {
                        let reports = (0..<7).map { Make.report(writer * 100 + request * 10 + $0, time: 5) }
                        outcomes += try await store.storeReports(reports, task: Make.task, bucketCapacity: 100)
                    }
                    return outcomes
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(outcomes.count { $0 == .stored } == 100)
        #expect(outcomes.count { $0 == .full } == 16 * 4 * 7 - 100)
        #expect(try await store.reportCounts(task: Make.task).received == 100)
        try await LeaderAudit(store: store).check { _ in 0 }
    }

    /// The same reports come over many connections, in any order.
    @Test(arguments: EngineKind.tested)
    func theSameReportsAtOnceAreStoredOnce(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let outcomes = try await withThrowingTaskGroup(of: [UploadOutcome].self) { group in
            for writer in 0..<12 {
                group.addTask {
                    // Half of the writers have other contents under the same ids.
                    let reports = (0..<20).map { Make.report($0, time: 5, content: UInt8(writer % 2)) }
                    return try await store.storeReports(
                        writer % 3 == 0 ? reports.reversed() : reports, task: Make.task, bucketCapacity: 30)
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(outcomes.count { $0 == .stored } == 20)
        #expect(outcomes.count { $0 == .duplicate } == 5 * 20, "the five others with the same contents")
        #expect(outcomes.count { $0 == .replayed } == 6 * 20)
        try await LeaderAudit(store: store).check { _ in 0 }
    }

    /// Jobs that find no batch at once: one makes it, and the others join, so that their reports can be collected together.
    @Test(arguments: EngineKind.tested)
    func jobsThatAreFormedAtOnceShareABatch(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        _ = try await store.storeReports(
            (0..<80).map { Make.report($0, time: 5) }, task: Make.task, bucketCapacity: nil)
        let claim = JobClaim(task: Make.task, batchCapacity: 1_000, now: 10, jobSize: 10, jobBytes: 1 << 20) { $0 }
        let jobs = try await withThrowingTaskGroup(of: ClaimedJob?.self) { group in
            for _ in 0..<8 { group.addTask { try await store.claimJob(claim, for: .seconds(60)) } }
            return try await group.reduce(into: [ClaimedJob]()) { jobs, job in jobs += job.map { [$0] } ?? [] }
        }
        // Somebody may find that all reports that wait are being taken.
        #expect(!jobs.isEmpty && Set(jobs.map(\.batchID)).count == 1)
        for job in jobs {
            try await store.sendJob(job.lease, JobRequest(bytes: [1]), rejected: [], for: .seconds(60))
        }
        try await LeaderAudit(store: store).check { _ in 0 }
    }

    /// An upload is in the batch, or is told that it came too late; none is acknowledged and left out.
    @Test(arguments: EngineKind.tested)
    func anUploadIsBeforeTheSealOrRefused(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        var stored = 0
        for time in UInt64(100)..<106 {
            try await store.accept([Int(time)], time: time)
            stored += try await uploadWhileSealing(time, store)
            let late = try await store.storeReports(
                [Make.report(Int(time) * 1_000 + 999, time: time)], task: Make.task, bucketCapacity: 1_000)
            #expect(late == [.batchCollected])
        }
        #expect(try await store.reportCounts(task: Make.task).received == UInt64(stored))
    }

    /// - Returns: how many uploads were acknowledged.
    private func uploadWhileSealing(_ time: UInt64, _ store: NodeDatabase) async throws -> Int {
        let interval = Interval(start: time, duration: 1)
        let collection = try await store.newCollection(request: [UInt8(time)], interval: interval)
        return try await withThrowingTaskGroup(of: Int.self) { group in
            for writer in 0..<8 {
                group.addTask {
                    var stored = 0
                    for number in 0..<15 {
                        let report = Make.report(Int(time) * 1_000 + writer * 20 + number, time: time)
                        let outcome = try await store.storeReports([report], task: Make.task, bucketCapacity: 1_000)
                        switch outcome[0] {
                        case .stored: stored += 1
                        case .batchCollected: break
                        default: Issue.record("\(outcome)")
                        }
                    }
                    return stored
                }
            }
            group.addTask {
                try await Task.sleep(for: .milliseconds(3))
                let outcome = try await store.sealBatch(collection: collection.key, interval: interval, sizes: 1...999)
                #expect(outcome == .sealed(.interval(interval)))
                let scope = BatchScope.interval(interval)
                let unfinished = try await store.unfinishedReports(task: Make.task, scope: scope)
                try await Task.sleep(for: .milliseconds(20))
                let later = try await store.unfinishedReports(task: Make.task, scope: scope)
                #expect(unfinished == later, "what was counted when it was sealed stays what it was")
                return 0
            }
            return try await group.reduce(0, +)
        }
    }

    @Test(arguments: EngineKind.tested)
    func aJobThatIsFinishedByManyEndsOnce(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let key = try await store.pendingJob([1, 2, 3])
        let ended = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    try await store.finish(
                        key,
                        (1...3).map { ($0, .accepted(outputShare: Make.share($0), logEntry: Make.entry($0))) })
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(ended.count { $0 } == 1)
        #expect(try await store.numberedSize() == 3)
        #expect(try await store.answeredJobs(task: Make.task) == 1)
        try await LeaderAudit(store: store).check { Int($0.bytes[7]) }
    }

    /// Of jobs with a report in common one is formed.
    @Test(arguments: EngineKind.tested)
    func aReportIsTakenByOneOfManyJobs(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        _ = try await store.storeReports((0..<30).map { Make.report($0) }, task: Make.task, bucketCapacity: nil)
        let created = try await withThrowingTaskGroup(of: Bool.self) { group in
            for writer in 0..<10 {
                group.addTask {
                    let members = try await store.rows(of: (0..<10).map { ($0 + writer * 3) % 30 })
                    let job = NewJob(
                        batchID: nil, request: [1], reports: writer % 2 == 0 ? members : members.reversed())
                    let creation = try await store.createJob(job, rejected: [], task: Make.task, maxBatchSize: 9)
                    if case .created = creation { return true }
                    #expect(creation == .stale)
                    return false
                }
            }
            return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect((1...3).contains(created))
        #expect(try await store.reportCounts(task: Make.task).aggregating == UInt64(created * 10))
        try await LeaderAudit(store: store).check { _ in 0 }
    }

    @Test(arguments: EngineKind.tested)
    func jobsAtOnceDoNotOverfillABatch(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        _ = try await store.storeReports((0..<100).map { Make.report($0) }, task: Make.task, bucketCapacity: nil)
        let batch = try await store.batchForNextJob(task: Make.task, maxBatchSize: 25).id
        let created = try await withThrowingTaskGroup(of: Bool.self) { group in
            for writer in 0..<10 {
                group.addTask {
                    let reports = try await store.rows(of: (0..<10).map { writer * 10 + $0 })
                    let job = NewJob(batchID: batch, request: [1], reports: reports)
                    let creation = try await store.createJob(job, rejected: [], task: Make.task, maxBatchSize: 25)
                    return creation != .stale
                }
            }
            return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        // One that gets fewer places than it wants holds them for a moment.
        #expect((1...2).contains(created))
        try await LeaderAudit(store: store).check { _ in 0 }
    }

    /// Contributors take reports back while jobs with them end: each report is accepted or withdrawn, in rows, sums,
    /// counters and log alike.
    @Test(arguments: EngineKind.tested)
    func withdrawalsRaceWithTheEndsOfJobs(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let reports = try (0..<60).map { try Make.committedReport($0, time: UInt64(100 + $0 % 3)) }
        _ = try await store.storeReports(reports, task: Make.task, bucketCapacity: nil)
        var jobs: [Int64] = []
        for first in stride(from: 0, to: 60, by: 10) { jobs.append(try await store.formJob(Array(first..<first + 10))) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (position, job) in jobs.enumerated() {
                let members = position * 10..<position * 10 + 10
                group.addTask {
                    try await store.finish(
                        job,
                        try members.map {
                            let leaf = try Make.leaf($0, time: UInt64(100 + $0 % 3))
                            return ($0, .accepted(outputShare: Make.share($0), logEntry: leaf))
                        })
                }
                // One after the other, so that some comes at every moment of the job's end.
                group.addTask {
                    for number in members.prefix(7) {
                        let outcome = try await store.withdraw(number)
                        #expect([.pending, .withdrawn].contains(outcome))
                    }
                }
            }
            try await group.waitForAll()
        }
        let counts = try await store.reportCounts(task: Make.task)
        #expect(counts.accepted == 18 && counts.withdrawn == 42)
        #expect(try await store.numberedSize() == 60 + 42, "every report has its leaf, and each withdrawal its entry")
        try await LeaderAudit(store: store).check { Int($0.bytes[7]) }
    }
}
