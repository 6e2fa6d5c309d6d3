import DAP
import Datastore
import Ledger
import Testing

/// A contributor takes a report back: it counts for nothing, and the log says so once.
@Suite(.inTurns) struct LeaderWithdrawalTests {
    private let interval = Interval(start: 100, duration: 10)

    @Test(arguments: EngineKind.tested)
    func awaitingReportGoesAtOnceAndForGood(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        _ = try await store.storeReports([try Make.committedReport(1)], task: Make.task, bucketCapacity: 1)
        let before = try await store.generation()
        #expect(try await store.withdraw(1) == .withdrawn)
        #expect(try await store.generation() > before)
        #expect(try await store.withdraw(1) == .withdrawn)
        let entries = [LedgerEntry.withdrawal(try Make.withdrawal(1)).encoded()]
        try await store.numberedSize()
        #expect(try await store.logEntries(from: 0, limit: 9).map(\.count) == entries.map(\.count), "logged once")
        #expect(try await store.standing(of: Make.reportID(1), task: Make.task) == .withdrawn)
        // Its place is free, its id is not.
        let uploads = [try Make.committedReport(1), try Make.committedReport(2)]
        #expect(
            try await store.storeReports(uploads, task: Make.task, bucketCapacity: 1) == [.duplicate, .stored])
        try await LeaderAudit(store: store).check { _ in 0 }
    }

    @Test(arguments: EngineKind.tested)
    func onlyTheHolderOfTheClaimKeyTakesAReportBack(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let reports = try (1...3).map { try Make.committedReport($0) }
        _ = try await store.storeReports(reports, task: Make.task, bucketCapacity: nil)
        _ = try await store.formJob([2])
        let job = try await store.formJob([3])
        try await store.finish(job, [(3, .accepted(outputShare: Make.share(3), logEntry: try Make.leaf(3)))])
        for number in 1...3 {
            let outcome = try await store.withdraw(
                try Make.strangersWithdrawal(number), earlyLimit: 9, vdaf: Make.vdaf)
            #expect(outcome == .wrongKey)
        }
        #expect(try await store.sum(.interval(interval)) == 3)
    }

    @Test(arguments: EngineKind.tested, [true, false])
    func anAcceptedReportLeavesTheSum(_ kind: EngineKind, isSelected: Bool) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let batch = isSelected ? try await store.batchForNextJob(task: Make.task, maxBatchSize: 9).id : nil
        let scope = batch.map(BatchScope.batch) ?? .interval(interval)
        let reports = try (1...3).map { try Make.committedReport($0, time: UInt64(99 + $0)) }
        _ = try await store.storeReports(reports, task: Make.task, bucketCapacity: nil)
        let job = try await store.formJob([1, 2, 3], batch: batch)
        try await store.finish(
            job,
            try (1...3).map { number in
                let leaf = try Make.leaf(number, time: UInt64(99 + number), batch: batch)
                return (number, .accepted(outputShare: Make.share(1 << number), logEntry: leaf))
            })
        #expect(try await store.sum(scope) == 14)
        #expect(try await store.withdraw(1) == .withdrawn)
        #expect(try await store.sum(scope) == 12)
        let summary = try await store.summary(task: Make.task, scope: scope)
        #expect(summary.count == 2)
        if isSelected { #expect(summary.interval == Interval(start: 101, duration: 2)) }
        try await LeaderAudit(store: store).check { 1 << Int($0.bytes[7]) }
        // Once the batch is chosen, it is too late.
        let collection = try await store.newCollection(interval: isSelected ? nil : interval)
        _ = try await store.sealBatch(
            collection: collection.key, interval: isSelected ? nil : interval, sizes: 1...9)
        #expect(try await store.withdraw(2) == .tooLate)
        #expect(try await store.sum(scope) == 12)
    }

    /// The helper may hold the report: leaf and withdrawal stand in the log, in this order.
    @Test(arguments: EngineKind.tested)
    func aReportInAJobGoesWhenTheJobEnds(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let reports = try (1...3).map { try Make.committedReport($0) }
        _ = try await store.storeReports(reports, task: Make.task, bucketCapacity: nil)
        let job = try await store.formJob([1, 2, 3])
        for number in [1, 1, 2, 3] { #expect(try await store.withdraw(number) == .pending) }
        #expect(try await store.numberedSize() == 0)
        try await store.finish(
            job,
            [
                (1, .accepted(outputShare: Make.share(1), logEntry: try Make.leaf(1))),
                (2, .returned(notBefore: 0)),
                (3, .rejected(.vdafVerifyError, logEntry: Make.entry(3))),
            ])
        for number in 1...2 {
            #expect(try await store.standing(of: Make.reportID(number), task: Make.task) == .withdrawn)
        }
        #expect(try await store.standing(of: Make.reportID(3), task: Make.task) == .rejected(.vdafVerifyError))
        try await store.numberedSize()
        let kinds = try await store.logEntries(from: 0, limit: 9).map { bytes in
            switch try? LedgerEntry(decoding: bytes) {
            case .report: "report"
            case .withdrawal: "withdrawal"
            default: "other"
            }
        }
        #expect(kinds == ["report", "withdrawal", "withdrawal", "other"])
        #expect(try await store.sum(.interval(interval)) == 0)
        try await LeaderAudit(store: store).check { _ in 0 }
    }

    @Test(arguments: EngineKind.tested)
    func aWithdrawalThatComesFirstKeepsTheReportOut(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        #expect(try await store.withdraw(1, earlyLimit: 2) == .withdrawn)
        #expect(try await store.withdraw(2, earlyLimit: 2) == .withdrawn)
        #expect(try await store.withdraw(3, earlyLimit: 2) == .full)
        #expect(try await store.withdraw(2, earlyLimit: 2) == .withdrawn, "what is there is there")
        #expect(try await store.numberedSize() == 2)
        // A stranger's withdrawal of the same id keeps nothing out.
        _ = try await store.withdraw(try Make.strangersWithdrawal(4), earlyLimit: 9, vdaf: Make.vdaf)
        let uploads = try [1, 3, 4, 1].map { try Make.committedReport($0) }
        let outcomes = try await store.storeReports(uploads, task: Make.task, bucketCapacity: nil)
        #expect(outcomes == [.withdrawn, .stored, .stored, .withdrawn])
        try await LeaderAudit(store: store).check { _ in 0 }
    }
}
