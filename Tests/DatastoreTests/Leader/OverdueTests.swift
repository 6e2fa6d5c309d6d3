import DAP
import Datastore
import Testing

/// Reports that nothing becomes of are given up before a promise breaks.
@Suite(.inTurns) struct OverdueTests {
    @Test(arguments: EngineKind.tested)
    func overdueReportsAreGivenUpWithTheWholeJobTheyAreIn(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        // 1 and 2 are in a job, of which only 1 is overdue; 3 waits and is overdue; 4 waits; 5 has no deadline.
        let deadlines: [Int: UInt64?] = [1: 50, 2: 500, 3: 50, 4: 500, 5: nil]
        let reports = deadlines.sorted { $0.key < $1.key }.map { number, deadline in
            var report = Make.report(number)
            report.deadline = deadline
            return report
        }
        _ = try await store.storeReports(reports, task: Make.task, bucketCapacity: nil)
        let members = [1, 2].map(Make.reportID)
        let job = NewJob(batchID: nil, request: [1], reports: try await store.rows(of: [1, 2]))
        guard
            case .created(let key) = try await store.createJob(
                job, rejected: [], task: Make.task, maxBatchSize: 1_000)
        else { throw DatastoreError.conflict("the job was not created") }
        #expect(try await store.overdueReports(of: Make.task, at: 49, limit: 9).isEmpty)
        #expect(try await store.tasksWithOverdueReports(at: 49).isEmpty)
        #expect(try await store.tasksWithOverdueReports(at: 50) == [Make.task])
        let overdue = try await store.overdueReports(of: Make.task, at: 50, limit: 9)
        #expect(Set(overdue) == Set([1, 2, 3].map(Make.reportID)))

        // To give up part of a job would leave a request that cannot be repeated.
        await #expect(throws: DatastoreError.self) {
            try await store.giveUp([EndedReport(reportID: members[0], error: .reportDropped)], task: Make.task)
        }
        let refusals = overdue.map {
            EndedReport(reportID: $0, error: .reportDropped, logEntry: Array("given up".utf8) + $0.bytes)
        }
        for _ in 0..<2 { try await store.giveUp(refusals, task: Make.task) }
        #expect(try await store.numberedSize() == 3, "giving up again changes nothing")
        #expect(try await store.tasksWithOverdueReports(at: 50).isEmpty)
        #expect(try await store.pendingJob(key) == nil)
        let counts = try await store.reportCounts(task: Make.task)
        #expect(counts.received == 2 && counts.rejected == [.reportDropped: 3])
        // The helper's late answer finds the job ended.
        let late = try await store.finish(
            key, [1, 2].map { ($0, .accepted(outputShare: Make.share(1), logEntry: [2])) })
        #expect(!late)
    }

    /// After a long outage there are many: they are asked for in parts, and each part leaves the next.
    @Test(arguments: EngineKind.tested)
    func manyOverdueReportsComeInParts(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let reports = (1...5).map { number in
            var report = Make.report(number)
            report.deadline = UInt64(10 + number)
            return report
        }
        _ = try await store.storeReports(reports, task: Make.task, bucketCapacity: nil)
        var parts: [[ReportID]] = []
        while true {
            let part = try await store.overdueReports(of: Make.task, at: 50, limit: 2)
            if part.isEmpty { break }
            parts.append(part)
            try await store.giveUp(
                part.map { EndedReport(reportID: $0, error: .reportDropped, logEntry: $0.bytes) }, task: Make.task)
        }
        #expect(parts == [[1, 2], [3, 4], [5]].map { $0.map(Make.reportID) }, "the earliest deadline first")
        #expect(try await store.earliestOpenDeadline() == nil)
        #expect(try await store.numberedSize() == 5)
    }
}
