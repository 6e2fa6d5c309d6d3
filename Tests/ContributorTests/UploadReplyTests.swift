import Contributor
import DAP
import Foundation
import Testing

/// What an answer to an upload says about its reports, over all statuses.
@Suite struct UploadReplyTests {
    private func judge(_ status: Int, _ type: DAPErrorType? = nil, asksToWait: Bool = false) -> UploadReply {
        UploadReply.judge(
            status: status, problem: type.map { ProblemDocument($0, status: status) }, asksToWait: asksToWait)
    }

    @Test func onlyTheLeaderItselfRefusesForGood() {
        for status in 400..<500 where ![411, 413, 415, 429, 431].contains(status) {
            #expect(judge(status) == .unclear, "\(status): a proxy says that, too")
            #expect(judge(status, .unrecognizedTask) == .refused, "\(status)")
        }
    }

    @Test func whatIsSaidBeforeABodyIsReadIsARefusalWhoeverSaysIt() {
        for status in [411, 413, 415, 431] { #expect(judge(status) == .refused, "\(status)") }
    }

    @Test func whoIsShortOfSomethingAndNamesATimeDidNotTakeThem() {
        for status in [503, 507] {
            #expect(judge(status, asksToWait: true) == .notTaken)
            #expect(judge(status) == .unclear, "a proxy that lost its node does not know")
        }
        #expect(judge(429) == .notTaken && judge(429, asksToWait: true) == .notTaken)
    }

    @Test func everythingElseLeavesADoubt() {
        for status in [100, 301, 302, 304, 500, 501, 502, 504, 520, 599, 999] {
            for asks in [true, false] { #expect(judge(status, asksToWait: asks) == .unclear, "\(status)") }
        }
        // Even in the standard's words: no node of ours answers so before it has tried.
        #expect(judge(500, .unrecognizedTask) == .unclear)
    }

    @Test func aSuccessIsReadReportByReport() {
        for status in 200..<300 { #expect(judge(status) == .answered) }
    }

    /// A report that the answer does not name counts as stored: so the answer has to be about these reports.
    @Test func onlyAnAnswerToThisVeryUploadSaysThatReportsAreStored() throws {
        let ids = (0..<3).map { _ in ReportID.random() }
        let type = MediaType.uploadErrors.headerValue
        func read(_ named: [ReportID], _ type: String?) throws(UploadFailures.Odd) -> [ReportID] {
            let errors = UploadErrors(statuses: named.map { ReportUploadStatus(reportID: $0, error: .reportTooEarly) })
            return try UploadFailures.read(errors.encoded(), type: type, of: Set(ids)).map(\.reportID)
        }
        #expect(try read([], nil).isEmpty && read([], "text/html").isEmpty)
        #expect(try read([ids[2], ids[0]], type) == [ids[2], ids[0]])
        let stranger = ReportID.random()
        #expect(throws: UploadFailures.Odd.foreign(stranger)) { try read([stranger], type) }
        #expect(throws: UploadFailures.Odd.foreign(stranger)) { try read([ids[0], stranger], type) }
        #expect(throws: UploadFailures.Odd.twice(ids[1])) { try read([ids[1], ids[1]], type) }
        #expect(throws: UploadFailures.Odd.otherType("text/html")) { try read([ids[0]], "text/html") }
        #expect(throws: UploadFailures.Odd.otherType(nil)) { try read([ids[0]], nil) }
        #expect(throws: UploadFailures.Odd.self) { try UploadFailures.read([1, 2], type: type, of: Set(ids)) }
    }
}
