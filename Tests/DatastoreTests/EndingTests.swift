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
        let reopened = try await temporary.afterKill()
        #expect(try await reopened.helperRefusalCounts(Make.task) == [.vdafVerifyError: 2, .reportReplayed: 1])
        #expect(try await reopened.helperRefusalCounts(.random()).isEmpty)
    }

    @Test func tasksThatLogNothingKeepNoRefusals() async throws {
        let temporary = try TemporaryStore()
        _ = try await job([refused(2, .vdafVerifyError)], in: temporary.store, recording: false)
        #expect(try await temporary.store.helperRefusals(Make.task, [Make.reportID(2)]) == [nil])
        #expect(try await job([verified(2)], in: temporary.store, recording: false) == [nil])
    }
}
