import DAP
import Datastore
import Ledger
import Testing

@Suite struct JobTests {
    @Test func aPendingJobIsFoundAgainWithItsExactBytesAndOrder() async throws {
        let temporary = try TemporaryStore()
        let key = try await temporary.store.pendingJob([3, 1, 2])
        try await temporary.store.recordHelperID("abc", ofJob: key)
        let reopened = try temporary.afterKill()
        let job = try await reopened.pendingJob(key)
        #expect(
            job == PendingJob(key: key, task: Make.task, batchID: nil, request: [0xAA, 0xBB], helperID: "abc"))
        #expect(try await reopened.reports(ofJob: key).map(\.reportID) == [3, 1, 2].map(Make.reportID))
    }

    @Test func aReportIsInOneJobAtATime() async throws {
        let temporary = try TemporaryStore()
        _ = try await temporary.store.pendingJob([1])
        _ = try await temporary.store.storeReports([Make.report(2)], task: Make.task, bucketCapacity: nil)
        let second = NewJob(batchID: nil, request: [1], reportIDs: [Make.reportID(2), Make.reportID(1)])
        let creation = try await temporary.store.createJob(second, refused: [], task: Make.task, maxBatchSize: 10)
        #expect(creation == .stale)
        let waiting = try await temporary.store.waitingReports(
            task: Make.task, excluding: [], now: 0, limit: 10, payloadLimit: 100)
        #expect(waiting.map(\.reportID) == [Make.reportID(2)], "nothing of a stale job is stored")
    }

    @Test func acceptanceAndLogEntryAreOneTransaction() async throws {
        let temporary = try TemporaryStore()
        let store = temporary.store
        let key = try await store.pendingJob([1, 2])
        // The second outcome is impossible, so the first must not happen either.
        await #expect(throws: DatastoreError.self) {
            try await store.finishJob(
                key,
                outcomes: [
                    (Make.reportID(1), .accepted(outputShare: [1], logEntry: Make.entry(1))),
                    (Make.reportID(99), .accepted(outputShare: [1], logEntry: Make.entry(99))),
                ])
        }
        #expect(try await store.logSize() == 0)
        #expect(try await store.standing(of: Make.reportID(1), task: Make.task) == .pending)
        #expect(try await store.pendingJobs() == [key])
    }

    @Test func aJobDoesNotEndWithoutAnOutcomeForEachReport() async throws {
        let temporary = try TemporaryStore()
        let key = try await temporary.store.pendingJob([1, 2])
        await #expect(throws: DatastoreError.self) {
            try await temporary.store.finishJob(
                key, outcomes: [(Make.reportID(1), .accepted(outputShare: [1], logEntry: nil))])
        }
        #expect(try await temporary.store.pendingJobs() == [key])
    }

    @Test func aJobEndsOnce() async throws {
        let temporary = try TemporaryStore()
        let store = temporary.store
        let key = try await store.pendingJob([1])
        let outcomes: [(report: ReportID, outcome: ReportOutcome)] = [
            (Make.reportID(1), .accepted(outputShare: [5], logEntry: Make.entry(1)))
        ]
        #expect(try await store.finishJob(key, outcomes: outcomes))
        #expect(try await !store.finishJob(key, outcomes: outcomes))
        #expect(try await store.logSize() == 1)
        #expect(try await store.sum(.interval(Interval(start: 0, duration: 1_000))) == 5)
    }

    @Test func logEntriesGetTheirPlacesInTheOrderOfTheOutcomes() async throws {
        let temporary = try TemporaryStore()
        let store = temporary.store
        let key = try await store.pendingJob([1, 2, 3])
        try await store.finishJob(
            key,
            outcomes: [
                (Make.reportID(3), .accepted(outputShare: [3], logEntry: Make.entry(3))),
                (Make.reportID(1), .rejected(.vdafVerifyError, logEntry: Make.entry(1))),
                (Make.reportID(2), .accepted(outputShare: [2], logEntry: Make.entry(2))),
            ])
        #expect(try await store.logEntries(from: 0, limit: 9) == [3, 1, 2].map(Make.entry))
        #expect(try await store.standing(of: Make.reportID(3), task: Make.task) == .accepted(logIndex: 0))
        #expect(try await store.standing(of: Make.reportID(2), task: Make.task) == .accepted(logIndex: 2))
        #expect(try await store.standing(of: Make.reportID(1), task: Make.task) == .rejected(.vdafVerifyError))
        let counts = try await store.reportCounts(task: Make.task)
        #expect(counts.accepted == 2)
        #expect(counts.rejected == [.vdafVerifyError: 1])
    }

    @Test func aReturnedReportWaitsItsTurnAndRemembersItsAttempts() async throws {
        let temporary = try TemporaryStore()
        let store = temporary.store
        let key = try await store.pendingJob([1])
        try await store.finishJob(key, outcomes: [(Make.reportID(1), .returned(notBefore: 50))])
        let early = try await store.waitingReports(
            task: Make.task, excluding: [], now: 49, limit: 9, payloadLimit: 100)
        #expect(early.isEmpty)
        let due = try await store.waitingReports(task: Make.task, excluding: [], now: 50, limit: 9, payloadLimit: 100)
        #expect(due.map(\.attempts) == [1])
        #expect(due[0].payload == Make.report(1).payload)
    }

    @Test func batchesFillUpOneAfterTheOther() async throws {
        let temporary = try TemporaryStore()
        let store = temporary.store
        let first = try await store.batchForNextJob(task: Make.task, maxBatchSize: 3)
        #expect(first.room == 3)
        _ = try await store.pendingJob([1, 2], batch: first.id)
        let again = try await store.batchForNextJob(task: Make.task, maxBatchSize: 3)
        #expect(again.id == first.id && again.room == 1)

        _ = try await store.storeReports((3...4).map { Make.report($0) }, task: Make.task, bucketCapacity: nil)
        let tooLarge = NewJob(batchID: first.id, request: [1], reportIDs: [3, 4].map(Make.reportID))
        #expect(try await store.createJob(tooLarge, refused: [], task: Make.task, maxBatchSize: 3) == .stale)
        let fitting = NewJob(batchID: first.id, request: [1], reportIDs: [Make.reportID(3)])
        _ = try await store.createJob(fitting, refused: [], task: Make.task, maxBatchSize: 3)
        let next = try await store.batchForNextJob(task: Make.task, maxBatchSize: 3)
        #expect(next.id != first.id && next.room == 3)
    }
}
