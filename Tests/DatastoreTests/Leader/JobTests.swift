import DAP
import Datastore
import Ledger
import Testing

@Suite(.inTurns) struct JobTests {
    @Test(arguments: EngineKind.tested)
    func aPendingJobIsFoundAgainWithItsExactBytesAndOrder(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let key = try await temporary.store.pendingJob([3, 1, 2])
        let progress = JobProgress(answer: .deferred, attempts: 1)
        try await temporary.store.recordProgress(progress, helperID: "abc", ofJob: key)
        let reopened = try await temporary.afterKill()
        let job = try await reopened.pendingJob(key)
        #expect(
            job
                == PendingJob(
                    key: key, task: Make.task, batchID: nil, helperID: "abc", reportCount: 3, progress: progress))
        #expect(try await reopened.request(ofJob: key) == [0xAA, 0xBB])
        #expect(try await reopened.reports(ofJob: key).map(\.reportID) == [3, 1, 2].map(Make.reportID))
    }

    @Test(arguments: EngineKind.tested)
    func aReportIsInOneJobAtATime(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        _ = try await temporary.store.pendingJob([1])
        _ = try await temporary.store.storeReports([Make.report(2)], task: Make.task, bucketCapacity: nil)
        let second = NewJob(batchID: nil, request: [1], reports: try await temporary.store.rows(of: [2, 1]))
        let creation = try await temporary.store.createJob(second, rejected: [], task: Make.task, maxBatchSize: 10)
        #expect(creation == .stale)
        let waiting = try await temporary.store.waitingReports(
            task: Make.task, now: 0, limit: 10, payloadLimit: 100)
        #expect(waiting.map(\.reportID) == [Make.reportID(2)], "nothing of a stale job is stored")
    }

    @Test(arguments: EngineKind.tested)
    func acceptanceAndLogEntryAreOneTransaction(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let key = try await store.pendingJob([1, 2])
        // The second outcome is impossible, so the first must not happen either.
        await #expect(throws: DatastoreError.self) {
            try await store.finish(
                key,
                [
                    (1, .accepted(outputShare: Make.share(1), logEntry: Make.entry(1))),
                    (99, .accepted(outputShare: Make.share(1), logEntry: Make.entry(99))),
                ])
        }
        #expect(try await store.numberedSize() == 0)
        #expect(try await store.standing(of: Make.reportID(1), task: Make.task) == .pending)
        #expect(try await store.jobOverviews().map(\.key) == [key])
    }

    @Test(arguments: EngineKind.tested)
    func aJobDoesNotEndWithoutAnOutcomeForEachReport(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let key = try await temporary.store.pendingJob([1, 2])
        await #expect(throws: DatastoreError.self) {
            try await temporary.store.finish(key, [(1, .accepted(outputShare: Make.share(1), logEntry: nil))])
        }
        #expect(try await temporary.store.jobOverviews().map(\.key) == [key])
    }

    @Test(arguments: EngineKind.tested)
    func aJobEndsOnce(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let key = try await store.pendingJob([1])
        let outcomes: [(Int, ReportOutcome)] = [
            (1, .accepted(outputShare: Make.share(5), logEntry: Make.entry(1)))
        ]
        #expect(try await store.finish(key, outcomes))
        #expect(try await !store.finish(key, outcomes))
        #expect(try await store.numberedSize() == 1)
        #expect(try await store.sum(.interval(Interval(start: 0, duration: 1_000))) == 5)
    }

    @Test(arguments: EngineKind.tested)
    func logEntriesGetTheirPlacesInTheOrderOfTheOutcomes(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let key = try await store.pendingJob([1, 2, 3])
        try await store.finish(
            key,
            [
                (3, .accepted(outputShare: Make.share(3), logEntry: Make.entry(3))),
                (1, .rejected(.vdafVerifyError, logEntry: Make.entry(1))),
                (2, .accepted(outputShare: Make.share(2), logEntry: Make.entry(2))),
            ])
        #expect(try await store.numberedSize() == 3)
        #expect(try await store.logEntries(from: 0, limit: 9) == [3, 1, 2].map(Make.entry))
        #expect(try await store.standing(of: Make.reportID(3), task: Make.task) == .accepted(logIndex: 0))
        #expect(try await store.standing(of: Make.reportID(2), task: Make.task) == .accepted(logIndex: 2))
        #expect(try await store.standing(of: Make.reportID(1), task: Make.task) == .rejected(.vdafVerifyError))
        let counts = try await store.reportCounts(task: Make.task)
        #expect(counts.accepted == 2)
        #expect(counts.rejected == [.vdafVerifyError: 1])
    }

    @Test(arguments: EngineKind.tested)
    func aReturnedReportWaitsItsTurn(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let key = try await store.pendingJob([1])
        try await store.finish(key, [(1, .returned(notBefore: 50))])
        let early = try await store.waitingReports(
            task: Make.task, now: 49, limit: 9, payloadLimit: 100)
        #expect(early.isEmpty)
        let due = try await store.waitingReports(task: Make.task, now: 50, limit: 9, payloadLimit: 100)
        #expect(due.map(\.attempts) == [0], "what the peer does never counts against a report")
        #expect(due[0].refusedAfter == nil)
        #expect(due[0].payload == Make.report(1).payload)
    }

    /// A machine that was in another year for a moment must not put reports off until then.
    @Test(arguments: EngineKind.tested)
    func aPauseFromAClockThatWasWrongIsOver(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let key = try await store.pendingJob([1])
        try await store.finish(key, [(1, .returned(notBefore: 1_000_000))])
        for (now, isDue) in [(UInt64(1_000), true), (992_800, false), (999_999, false), (1_000_000, true)] {
            let waiting = try await store.waitingReports(
                task: Make.task, now: now, limit: 9, payloadLimit: 100)
            #expect(!waiting.isEmpty == isDue, "\(now)")
        }
    }

    /// Whether a report that is refused again and again is at fault shows in what becomes of others after it.
    @Test(arguments: EngineKind.tested)
    func aRefusedReportRemembersWhatWasAnsweredBefore(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        func accept(_ number: Int) async throws {
            let key = try await store.pendingJob([number])
            try await store.finish(key, [(number, .accepted(outputShare: Make.share(1), logEntry: nil))])
        }
        try await accept(7)
        var key = try await store.pendingJob([1])
        for attempts in 1...3 {
            try await store.finish(key, [(1, .returned(notBefore: 0, isSuspect: true))])
            let waiting = try await store.waitingReports(
                task: Make.task, now: 0, limit: 9, payloadLimit: 100)
            #expect(waiting.map(\.attempts) == [attempts])
            #expect(waiting.map(\.refusedAfter) == [1], "the first time counts")
            try await accept(7 + attempts)
            let job = NewJob(batchID: nil, request: [1], reports: try await store.rows(of: [1]))
            guard
                case .created(let next) = try await store.createJob(
                    job, rejected: [], task: Make.task, maxBatchSize: 9)
            else {
                Issue.record("not formed")
                return
            }
            key = next
            #expect(try await store.reports(ofJob: key).map(\.refusedAfter) == [1])
        }
        #expect(try await store.answeredJobs(task: Make.task) == 4)
        try await store.finish(key, [(1, .rejected(.reportDropped, logEntry: nil))])
        #expect(try await store.answeredJobs(task: Make.task) == 4, "a job without accepted reports shows nothing")
    }

    @Test(arguments: EngineKind.tested)
    func howAnExchangeHasGoneSurvivesARestartAndEndsWithTheJob(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let key = try await temporary.store.pendingJob([1])
        let progress = JobProgress(
            answer: .unusable, attempts: 4, mayBeCommitted: true, sentAt: 1_000, notBefore: 1_060, isAsked: true,
            reason: "status 502")
        try await temporary.store.recordProgress(JobProgress(answer: .deferred, attempts: 1), ofJob: key)
        try await temporary.store.recordProgress(progress, ofJob: key)
        let store = try await temporary.afterKill()
        #expect(try await store.jobOverviews().map(\.progress) == [progress])
        #expect(try await store.pendingJob(key)?.progress == progress)
        try await store.finish(key, [(1, .returned(notBefore: 0))])
        try await store.recordProgress(progress, ofJob: key)
        #expect(try await store.jobOverviews().isEmpty)
    }

    @Test(arguments: EngineKind.tested)
    func batchesFillUpOneAfterTheOther(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let first = try await store.batchForNextJob(task: Make.task, maxBatchSize: 3)
        #expect(first.room == 3)
        _ = try await store.pendingJob([1, 2], batch: first.id)
        let again = try await store.batchForNextJob(task: Make.task, maxBatchSize: 3)
        #expect(again.id == first.id && again.room == 1)

        _ = try await store.storeReports((3...4).map { Make.report($0) }, task: Make.task, bucketCapacity: nil)
        let tooLarge = NewJob(batchID: first.id, request: [1], reports: try await store.rows(of: [3, 4]))
        #expect(try await store.createJob(tooLarge, rejected: [], task: Make.task, maxBatchSize: 3) == .stale)
        let fitting = NewJob(batchID: first.id, request: [1], reports: try await store.rows(of: [3]))
        _ = try await store.createJob(fitting, rejected: [], task: Make.task, maxBatchSize: 3)
        let next = try await store.batchForNextJob(task: Make.task, maxBatchSize: 3)
        #expect(next.id != first.id && next.room == 3)
    }
}
