import AggregatorNode
import DAP
import Requests
import Testing
import Transport

/// What counts as the helper's answer to a job. Whatever stands between the nodes can say anything.
@Suite struct JobReplyTests {
    private let task = TaskID(unchecked: [UInt8](repeating: 1, count: 32))
    private let message = AggregationJobResp(
        responses: (0..<2).map { _ in VerifyResp(reportID: ReportID.random(), outcome: .reject(.reportReplayed)) })
    private let right = MediaType.aggregationJobResp.headerValue

    private func reply(
        _ status: Int, _ headers: [(String, String)] = [], _ body: [UInt8] = [], isPoll: Bool = false
    ) -> JobReply {
        let response = WebAnswer(status: status, headers: headers.map { (name: $0.0, value: $0.1) }, body: body)
        return .interpret(response, isPoll: isPoll, reportCount: 2, task: task)
    }

    private func problem(
        _ type: DAPErrorType, status: Int? = nil, contentType: String = ProblemDocument.contentType, of: TaskID? = nil,
        isPoll: Bool = false
    ) -> JobReply {
        reply(
            status ?? type.defaultStatus, [("Content-Type", contentType)],
            ProblemDocument(type, taskID: of).json(), isPoll: isPoll)
    }

    private func isLater(_ reply: JobReply) -> Bool { if case .later = reply { true } else { false } }
    private func isRefused(_ reply: JobReply) -> Bool { if case .refused = reply { true } else { false } }

    @Test func aWholeAnswerOfTheRightTypeIsTheAnswer() {
        for status in [200, 201, 202, 299] {
            #expect(reply(status, [("Content-Type", right)], message.encoded()) == .ready(message))
            #expect(reply(status, [("content-type", right)], message.encoded(), isPoll: true) == .ready(message))
        }
    }

    /// Every status, content type and kind of body, as an answer to the request and to a poll: only what carries DAP's
    /// own marks has a meaning, and everything else repeats the same bytes.
    @Test func nothingElseMeansAnything() throws {
        let problemType = ProblemDocument.contentType
        let types = [
            nil, right, MediaType.aggregateShare.headerValue, "text/html", "application/octet-stream",
            "application/ppm-dap", problemType, "application/json", "",
        ]
        let whole = message.encoded()
        let bodies: [(name: String, bytes: [UInt8])] = [
            ("empty", []), ("whole", whole), ("cut", Array(whole.dropLast())),
            ("one report", AggregationJobResp(responses: [message.responses[0]]).encoded()), ("long", whole + [0]),
            ("html", Array("<html>busy</html>".utf8)), ("problem", ProblemDocument(.invalidMessage).json()),
            ("other problem", ProblemDocument(title: "Bad Gateway", status: 502).json()),
        ]
        for status in 200..<600 {
            for type in types {
                for (name, body) in bodies {
                    for isPoll in [false, true] {
                        let reply = reply(status, type.map { [("Content-Type", $0)] } ?? [], body, isPoll: isPoll)
                        let place = Comment("\(status) \(type ?? "no type") \(name) \(isPoll)")
                        let isAnswer =
                            (400..<500).contains(status) && ![401, 403, 407, 408, 421, 425, 429].contains(status)
                        switch (status / 100, name) {
                        case (2, "empty"):
                            #expect(isPoll ? reply == .deferred(id: nil, seconds: nil) : isLater(reply), place)
                        case (2, "whole") where type == right: #expect(reply == .ready(message), place)
                        case (_, "problem") where type == problemType && isAnswer:
                            #expect(isRefused(reply), place)
                        case _ where isPoll && [404, 410].contains(status): #expect(reply == .forgotten, place)
                        default: #expect(isLater(reply), place)
                        }
                    }
                }
            }
        }
    }

    @Test func eachOfTheHelpersErrorsHasItsMeaning() {
        for type in DAPErrorType.allCases {
            for isPoll in [false, true] {
                let reply = problem(type, isPoll: isPoll)
                switch type {
                case .unrecognizedTask, .invalidTask: #expect(isLater(reply) || (isPoll && reply == .forgotten))
                case .unrecognizedAggregationJob: #expect(isPoll ? reply == .forgotten : isLater(reply))
                default: #expect(isRefused(reply), "\(type)")
                }
                for status in [401, 403, 429, 500, 502, 503, 302] {
                    #expect(isLater(problem(type, status: status, isPoll: isPoll)), "\(type) \(status)")
                }
            }
        }
    }

    @Test func aProblemDocumentNeedsItsMediaTypeAndTheTask() {
        #expect(isLater(problem(.invalidMessage, contentType: "application/json")))
        #expect(isRefused(problem(.invalidMessage, contentType: "Application/Problem+JSON; charset=utf-8")))
        #expect(isRefused(problem(.invalidMessage, of: task)))
        #expect(isLater(problem(.invalidMessage, of: .random())))
        let typeless = ProblemDocument(title: "Too large", status: 413).json()
        #expect(isLater(reply(413, [("Content-Type", ProblemDocument.contentType)], typeless)))
    }

    @Test func anAnswerAboutMoreReportsIsWrong() {
        let three = AggregationJobResp(responses: message.responses + [message.responses[0]])
        guard case .wrong = reply(200, [("Content-Type", right)], three.encoded()) else {
            Issue.record("accepted")
            return
        }
    }

    @Test func anEmptyBodyDefersTheJob() {
        let location = "/base/tasks/x/aggregation_jobs/lc7aUeGpdSNosNlh-UZhKA?step=0"
        #expect(
            reply(201, [("location", location), ("retry-after", "7")])
                == .deferred(id: "lc7aUeGpdSNosNlh-UZhKA", seconds: 7))
        #expect(reply(200, [], isPoll: true) == .deferred(id: nil, seconds: nil))
    }

    @Test func aDeferralThatNamesNoJobIsNone() {
        for location in [nil, "", "/", "https://evil.example/a%2Fb", "/jobs/.."] {
            let headers = location.map { [("Location", $0)] } ?? []
            #expect(isLater(reply(201, headers)), "\(String(describing: location))")
        }
    }

    /// The request carries our token, so only the last part of a Location is used, at the helper's own address.
    @Test func aLocationElsewhereDoesNotMoveTheJob() {
        #expect(JobReply.resourceID(inLocation: "https://evil.example/x/abc_-1#y") == "abc_-1")
    }

    @Test func whatThePeerAsksForComesAlong() {
        guard case .later(_, seconds: 90) = reply(503, [("Retry-After", "90")]) else {
            Issue.record("the pause is lost")
            return
        }
    }

    /// Texts of a peer go into log lines and the database.
    @Test func reasonsAreShortAndHaveNoControlCharacters() throws {
        let text = String(repeating: "a\nb\u{1B}[2J", count: 1_000)
        let json = ProblemDocument(.invalidMessage, detail: text).json()
        guard case .refused(let reason) = reply(400, [("Content-Type", ProblemDocument.contentType)], json) else {
            Issue.record("not refused")
            return
        }
        #expect(reason.count <= 201 && !reason.contains("\n") && !reason.contains("\u{1B}"))
    }
}

@Suite struct RetryAfterOfAnswersTests {
    /// Sun, 06 Nov 1994 08:49:37 GMT
    private let moment: UInt64 = 784_111_777

    private func pause(_ value: String, date: String? = nil, receivedAt: UInt64? = nil) -> Int? {
        let headers = [("Retry-After", value)] + (date.map { [("Date", $0)] } ?? [])
        return WebAnswer(
            status: 503, headers: headers.map { (name: $0.0, value: $0.1) }, body: [], receivedAt: receivedAt ?? moment
        ).retryAfter
    }

    @Test func datesAreReadInAllThreeForms() {
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
        ] {
            #expect(HTTPDate.parse(text, now: 1_800_000_000) == moment, "\(text)")
        }
        #expect(HTTPDate.parse("Thu, 29 Feb 2024 00:00:00 GMT", now: 0) == 1_709_164_800)
        #expect(HTTPDate.parse("Monday, 01-Mar-27 00:00:00 GMT", now: 1_795_000_000) == 1_803_859_200)
    }

    @Test func whatIsNoDateIsNone() {
        for text in [
            "", "soon", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 PST", "Thu, 29 Feb 2023 00:00:00 GMT",
            "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1969 08:49:37 GMT",
            "Sun, 06 Nov 99999999999999999999 08:49:37 GMT", "Sun, +6 Nov 1994 08:49:37 GMT",
            "Sun, 06 nov 1994 08:49:37 GMT", "Sun, 06-Nov-1994 08:49:37 GMT",
        ] {
            #expect(HTTPDate.parse(text, now: 1_800_000_000) == nil, "\(text)")
        }
    }

    @Test func aPauseIsSecondsOrADateAndAtMostADay() {
        #expect(pause("0") == 0 && pause("120") == 120 && pause("86400") == 86_400)
        #expect(pause("86401") == 86_400 && pause("99999999999999999999999") == 86_400)
        #expect(pause("-1") == nil && pause("1.5") == nil && pause("") == nil && pause("later") == nil)
        #expect(pause("Sun, 06 Nov 1994 08:50:37 GMT") == 60)
        #expect(pause("Sun, 06 Nov 1994 08:00:00 GMT") == 0)
        #expect(pause("Sun, 06 Nov 2094 08:00:00 GMT") == 86_400)
    }

    /// A server whose clock is an hour behind means its own clock.
    @Test func aDateIsComparedWithTheServersClock() {
        let value = pause(
            "Sun, 06 Nov 1994 08:50:07 GMT", date: "Sun, 06 Nov 1994 08:49:37 GMT", receivedAt: moment + 3_600)
        #expect(value == 30)
    }
}
