import DAP
import Datastore
import Ledger
import Testing

/// How reports end otherwise than by being counted.
@Suite struct EndingTests {
    private func verified(_ number: Int) -> HelperOutcome {
        HelperOutcome(
            reportID: Make.reportID(number),
            finding: .verified(
                VerifiedReport(
                    time: 100, batchID: nil, leafHash: [UInt8](repeating: 1, count: 32),
                    claimKey: [UInt8](repeating: 2, count: 32), outputShare: [3], outbound: [4])))
    }

    private func refused(_ number: Int, _ error: ReportError) -> HelperOutcome {
        HelperOutcome(reportID: Make.reportID(number), finding: .refused(error))
    }

    /// Runs a job and returns what the leader is told about each report: nil where it goes on.
    private func job(
        _ outcomes: [HelperOutcome], in store: NodeDatabase, recording: Bool = true
    ) async throws -> [ReportError?] {
        let response = try await store.commitHelperJob(
            Make.task, .random(), outcomes: outcomes, recordsRefusals: recording)
        return try AggregationJobResp(decoding: response).responses.map {
            if case .reject(let error) = $0.outcome { error } else { nil }
        }
    }

    @Test func whatTheHelperRefusesItRefusesForGood() async throws {
        let temporary = try TemporaryStore()
        let store = temporary.store
        let first = try await job(
            [verified(1), refused(2, .vdafVerifyError), refused(3, .reportTooEarly)], in: store)
        #expect(first == [nil, .vdafVerifyError, .reportTooEarly])
        // A replay of an accepted report is refused, and the helper still stands by the report.
        let again = try await job([verified(1), refused(1, .vdafVerifyError)], in: store)
        #expect(again == [.reportReplayed, .vdafVerifyError])
        #expect(try await job([verified(2), verified(3)], in: store) == [.vdafVerifyError, nil])
        let asked = [1, 2, 3, 4].map(Make.reportID)
        let expected: [HelperRefusal?] = [nil, .rejected(.vdafVerifyError), nil, nil]
        #expect(try await store.helperRefusals(Make.task, asked) == expected)
        #expect(try await temporary.afterKill().helperRefusals(Make.task, asked) == expected)
    }

    /// The leader forms the same job again, byte for byte, when the reports' time has come.
    @Test func anAnswerThatOnlySaysTooEarlyIsNotKept() async throws {
        let temporary = try TemporaryStore()
        let store = temporary.store
        let job = AggregationJobID.random()
        let early = [1, 2].map { refused($0, .reportTooEarly) }
        for recording in [true, false] {
            _ = try await store.commitHelperJob(Make.task, job, outcomes: early, recordsRefusals: recording)
            #expect(try await store.helperJob(Make.task, job) == nil)
        }
        let response = try await store.commitHelperJob(
            Make.task, job, outcomes: [verified(1), refused(2, .reportTooEarly)], recordsRefusals: true)
        #expect(try await store.helperJob(Make.task, job) == .finished(response: response))
        let again = try await store.commitHelperJob(
            Make.task, job, outcomes: [verified(1), verified(2)], recordsRefusals: true)
        #expect(again == response, "one that commits something stands")
    }

    @Test func theHelperCountsWhatItRefusesByReason() async throws {
        let temporary = try TemporaryStore()
        let store = temporary.store
        _ = try await job([verified(1), refused(2, .vdafVerifyError), refused(3, .reportTooEarly)], in: store)
        _ = try await job([refused(4, .vdafVerifyError), verified(1)], in: store, recording: false)
        let reopened = try temporary.afterKill()
        #expect(try await reopened.helperRefusalCounts(Make.task) == [.vdafVerifyError: 2, .reportReplayed: 1])
        #expect(try await reopened.helperRefusalCounts(.random()).isEmpty)
    }

    @Test func tasksThatLogNothingKeepNoRefusals() async throws {
        let temporary = try TemporaryStore()
        _ = try await job([refused(2, .vdafVerifyError)], in: temporary.store, recording: false)
        #expect(try await temporary.store.helperRefusals(Make.task, [Make.reportID(2)]) == [nil])
        #expect(try await job([verified(2)], in: temporary.store, recording: false) == [nil])
    }

    @Test func overdueReportsAreGivenUpWithTheWholeJobTheyAreIn() async throws {
        let temporary = try TemporaryStore()
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
        guard
            case .created(let key) = try await store.createJob(
                NewJob(batchID: nil, request: [1], reportIDs: members), refused: [], task: Make.task,
                maxBatchSize: 1_000)
        else { throw DatastoreError.conflict("the job was not created") }
        #expect(try await store.overdueReports(at: 49).isEmpty)
        let overdue = try #require(try await store.overdueReports(at: 50)[Make.task])
        #expect(Set(overdue) == Set([1, 2, 3].map(Make.reportID)))

        // To give up part of a job would leave a request that cannot be repeated.
        await #expect(throws: DatastoreError.self) {
            try await store.giveUp([RefusedReport(reportID: members[0], error: .reportDropped)], task: Make.task)
        }
        let refusals = overdue.map {
            RefusedReport(reportID: $0, error: .reportDropped, logEntry: Array("given up".utf8) + $0.bytes)
        }
        for _ in 0..<2 { try await store.giveUp(refusals, task: Make.task) }
        #expect(try await store.logSize() == 3, "giving up again changes nothing")
        #expect(try await store.overdueReports(at: 50).isEmpty)
        #expect(try await store.pendingJob(key) == nil)
        let counts = try await store.reportCounts(task: Make.task)
        #expect(counts.received == 2 && counts.rejected == [.reportDropped: 3])
        // The helper's late answer finds the job ended.
        let late = try await store.finishJob(
            key, outcomes: members.map { ($0, .accepted(outputShare: [1], logEntry: [2])) })
        #expect(!late)
    }
}
