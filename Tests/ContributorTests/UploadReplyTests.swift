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

    @Test func pausesGrowUntilTheDeadline() throws {
        var pace = RetryPace(deadline: .seconds(20))
        var spent = Duration.zero
        var waits = 0
        while let wait = pace.wait(after: spent, asked: nil) {
            #expect(wait > .zero && wait <= .seconds(8))
            spent += wait
            waits += 1
        }
        #expect((5...20).contains(waits) && spent > .seconds(10) && spent <= .seconds(20))
        var once = RetryPace(deadline: .zero)
        #expect(once.wait(after: .zero, asked: nil) == nil && once.wait(after: .zero, asked: .seconds(1)) == nil)
    }

    @Test func whatANodeAsksForIsWaitedForBeyondTheDeadline() {
        var pace = RetryPace(deadline: .seconds(20))
        #expect(pace.wait(after: .seconds(19), asked: .seconds(120)) == .seconds(120))
        #expect(pace.wait(after: .seconds(19), asked: .seconds(3_600)) == nil, "nobody sits there for an hour")
    }

    @Test func retryAfterIsSecondsOrADate() throws {
        let now = Date(timeIntervalSince1970: 784_111_777)  // Sun, 06 Nov 1994 08:49:37 GMT
        #expect(RetryPace.asked("17", now: now) == .seconds(17))
        #expect(RetryPace.asked("-17", now: now) == .zero)
        #expect(RetryPace.asked("Sun, 06 Nov 1994 08:50:07 GMT", now: now) == .seconds(30))
        #expect(RetryPace.asked("Sun, 06 Nov 1994 08:00:00 GMT", now: now) == .zero)
        for text in [nil, "", "soon", "1.5", "99999999999999999999"] { #expect(RetryPace.asked(text, now: now) == nil) }
    }
}
