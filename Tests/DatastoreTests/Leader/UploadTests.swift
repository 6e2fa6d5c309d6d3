import DAP
import Datastore
import Ledger
import Testing

/// What becomes of uploads, one after the other; several at once are in LeaderRaceTests.
@Suite(.inTurns) struct UploadTests {
    @Test(arguments: EngineKind.tested)
    func theSameReportMayBeUploadedAgainAnotherUnderItsIdMayNot(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let outcomes = try await store.storeReports(
            [Make.report(1), Make.report(1, content: 1), Make.report(2), Make.report(2)], task: Make.task,
            bucketCapacity: nil)
        #expect(outcomes == [.stored, .replayed, .stored, .duplicate])
        let again = try await store.storeReports(
            [Make.report(1), Make.report(3)], task: Make.task, bucketCapacity: nil)
        #expect(again == [.duplicate, .stored])
        #expect(try await store.reportCounts(task: Make.task).received == 3)
    }

    @Test(arguments: EngineKind.tested)
    func aReportIdIsUsedOnceInATaskAndFreeInAnother(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let other = TaskID(unchecked: [UInt8](repeating: 8, count: 32))
        try await temporary.store.accept([1])
        let replayed = try await temporary.store.storeReports(
            [Make.report(1, content: 1)], task: Make.task, bucketCapacity: nil)
        #expect(replayed == [.replayed])
        let fresh = try await temporary.store.storeReports(
            [Make.report(1, content: 1)], task: other, bucketCapacity: nil)
        #expect(fresh == [.stored])
    }

    @Test(arguments: EngineKind.tested)
    func aFullBucketTakesNoMoreButOthersDo(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let reports = [
            Make.report(1, time: 5), Make.report(2, time: 5), Make.report(3, time: 5), Make.report(4, time: 6),
        ]
        let outcomes = try await temporary.store.storeReports(reports, task: Make.task, bucketCapacity: 2)
        #expect(outcomes == [.stored, .stored, .full, .stored])
        let later = try await temporary.store.storeReports(
            [Make.report(5, time: 5)], task: Make.task, bucketCapacity: 2)
        #expect(later == [.full])
    }

    @Test(arguments: EngineKind.tested)
    func aRejectedReportGivesItsPlaceBack(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        _ = try await store.storeReports([Make.report(1, time: 5)], task: Make.task, bucketCapacity: 1)
        _ = try await store.createJob(
            nil, rejected: [EndedReport(reportID: Make.reportID(1), error: .vdafVerifyError)], task: Make.task,
            maxBatchSize: 1)
        let next = try await store.storeReports([Make.report(2, time: 5)], task: Make.task, bucketCapacity: 1)
        #expect(next == [.stored])
        #expect(try await store.standing(of: Make.reportID(1), task: Make.task) == .rejected(.vdafVerifyError))
    }

    @Test(arguments: EngineKind.tested)
    func aTimeBeyondTheDatabaseIsRefusedNotWrapped(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        await #expect(throws: DatastoreError.outOfRange(field: "report time")) {
            try await temporary.store.storeReports(
                [Make.report(1, time: .max)], task: Make.task, bucketCapacity: nil)
        }
    }

    @Test(arguments: EngineKind.tested)
    func waitingReportsComeOldestFirstWithinTheLimits(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        _ = try await store.storeReports((1...5).map { Make.report($0) }, task: Make.task, bucketCapacity: nil)
        func waiting(limit: Int = 10, bytes: Int = 1_000) async throws -> [WaitingReport] {
            try await store.waitingReports(task: Make.task, now: 0, limit: limit, payloadLimit: bytes)
        }
        let all = try await waiting()
        #expect(all.map(\.reportID) == (1...5).map(Make.reportID))
        #expect(all[0].payload == Make.report(1).payload)
        #expect(try await waiting(limit: 2).count == 2)
        #expect(try await waiting(bytes: 7).count == 2, "a report of 6 bytes is less than 7, two are enough")
    }
}
