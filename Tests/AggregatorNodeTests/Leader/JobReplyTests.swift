import AggregatorNode
import DAP
import Testing

@Suite struct JobReplyTests {
    private func reply(
        _ status: Int, _ headers: [(String, String)] = [], _ body: [UInt8] = [], isPoll: Bool = false
    ) -> JobReply {
        let response = PeerResponse(status: status, headers: headers.map { (name: $0.0, value: $0.1) }, body: body)
        return .interpret(response, isPoll: isPoll)
    }

    private func problem(_ type: DAPErrorType, isPoll: Bool = false) -> JobReply {
        reply(type.defaultStatus, [], ProblemDocument(type).json(), isPoll: isPoll)
    }

    @Test func aBodyIsTheAnswer() {
        let message = AggregationJobResp(
            responses: [VerifyResp(reportID: ReportID.random(), outcome: .reject(.reportReplayed))])
        #expect(reply(201, [], message.encoded()) == .ready(message))
        #expect(reply(200, [], message.encoded(), isPoll: true) == .ready(message))
    }

    @Test func anEmptyBodyDefersTheJob() {
        let location = "/base/tasks/x/aggregation_jobs/lc7aUeGpdSNosNlh-UZhKA?step=0"
        #expect(
            reply(201, [("location", location), ("retry-after", "7")])
                == .deferred(id: "lc7aUeGpdSNosNlh-UZhKA", seconds: 7))
        #expect(reply(200, [], isPoll: true) == .deferred(id: nil, seconds: 1))
    }

    @Test func aDeferralThatNamesNoJobIsRefused() {
        for location in [nil, "", "/", "https://evil.example/a%2Fb", "/jobs/.."] {
            let headers = location.map { [("Location", $0)] } ?? []
            guard case .abandon = reply(201, headers) else {
                Issue.record("accepted \(String(describing: location))")
                continue
            }
        }
    }

    /// The request carries our token, so only the last part of a Location is used, at the helper's own address.
    @Test func aLocationElsewhereDoesNotMoveTheJob() {
        #expect(JobReply.resourceID(inLocation: "https://evil.example/x/abc_-1#y") == "abc_-1")
    }

    @Test func malformedAnswersAbandonTheJob() {
        guard case .abandon = reply(200, [], [1, 2, 3]) else {
            Issue.record("accepted")
            return
        }
    }

    @Test func whatAPersonHasToMendIsTriedAgain() {
        for outcome in [reply(401), reply(403), reply(503), reply(404), problem(.unrecognizedTask)] {
            guard case .later = outcome else {
                Issue.record("\(outcome)")
                continue
            }
        }
    }

    @Test func whatCannotSucceedIsAbandoned() {
        for outcome in [problem(.invalidMessage), problem(.unsupportedExtension), reply(413)] {
            guard case .abandon = outcome else {
                Issue.record("\(outcome)")
                continue
            }
        }
    }

    @Test func aJobThatTheHelperForgotIsPostedAgain() {
        #expect(reply(404, isPoll: true) == .forgotten)
        #expect(problem(.unrecognizedAggregationJob, isPoll: true) == .forgotten)
    }
}
