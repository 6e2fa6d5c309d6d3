import AggregatorNode
import DAP
import Datastore
import Ledger
import Requests
import Testing

@Suite struct ShareReplyTests {
    private let task = TaskID(unchecked: [UInt8](repeating: 7, count: 32))
    private let body: [UInt8] = [1, 2, 3]

    private func type(of request: ShareRequest) -> String {
        switch request {
        case .share, .poll: AggregatorNode.MediaType.aggregateShare.headerValue
        case .close, .refusals: "application/octet-stream"
        case .comparison: BatchDifference.mediaType
        }
    }

    private func reply(
        _ request: ShareRequest, _ status: Int, _ headers: [String: String] = [:], _ body: [UInt8] = []
    ) -> ShareReply<[UInt8]> {
        let response = WebAnswer(
            status: status, headers: headers.map { (name: $0.key, value: $0.value) }, body: body)
        return request.interpret(response, task: task) { bytes in
            guard bytes == [1, 2, 3] else { throw CodecError.trailingBytes(1) }
            return bytes
        }
    }

    private func problem(
        _ request: ShareRequest, _ type: DAPErrorType, status: Int? = nil, task: TaskID? = nil,
        contentType: String = "application/problem+json"
    ) -> ShareReply<[UInt8]> {
        reply(
            request, status ?? type.defaultStatus, ["Content-Type": contentType],
            ProblemDocument(type, detail: "why", taskID: task).json())
    }

    private func isLater(_ reply: ShareReply<[UInt8]>) -> Bool {
        if case .later = reply { true } else { false }
    }

    @Test(arguments: ShareRequest.allCases) func theWholeMessageUnderItsTypeIsTheAnswer(request: ShareRequest) {
        for status in [200, 201, 202] {
            #expect(reply(request, status, ["content-type": type(of: request)], body) == .complete(body))
        }
        #expect(isLater(reply(request, 200, ["content-type": type(of: request)], [1, 2])))
        #expect(isLater(reply(request, 200, ["content-type": type(of: request)], [1, 2, 3, 4])))
        for other in ["text/html", "application/json", "application/ppm-dap;message=aggregation-job-resp", ""] {
            #expect(isLater(reply(request, 200, ["content-type": other], body)))
        }
        #expect(isLater(reply(request, 200, [:], body)))
    }

    /// Every status, with a page, with nothing, and with what one of DAP's error types would say under another type.
    @Test(arguments: ShareRequest.allCases) func nothingElseEndsAnything(request: ShareRequest) {
        for status in 300..<600 {
            for (headers, body) in [
                ([:], []), (["content-type": "text/html"], Array("<html>".utf8)),
                (["content-type": "application/json"], ProblemDocument(.batchMismatch).json()),
                (["content-type": "application/problem+json"], Array("{".utf8)),
                (["content-type": "application/problem+json"], Array("{\"type\":\"about:blank\"}".utf8)),
                (
                    ["content-type": "application/problem+json"],
                    Array("{\"type\":\"urn:ietf:params:ppm:dap:error:other\"}".utf8)
                ),
            ] as [([String: String], [UInt8])] {
                switch (request, status) {
                case (.poll, 404), (.poll, 410): #expect(reply(request, status, headers, body) == .forgotten)
                case (.comparison, 404), (.comparison, 405), (.comparison, 501):
                    #expect(reply(request, status, headers, body) == .unsupported)
                case (.close, 413), (.comparison, 413):
                    guard case .tooLong(let text, nil) = reply(request, status, headers, body) else {
                        Issue.record("not too long")
                        continue
                    }
                    #expect(text.hasPrefix("status 413"))
                    let asking = headers.merging(["retry-after": "120"]) { $1 }
                    #expect(reply(request, status, asking, body) == .tooLong(text, seconds: 120))
                default: #expect(isLater(reply(request, status, headers, body)), "\(status)")
                }
            }
        }
    }

    @Test(arguments: ShareRequest.allCases, DAPErrorType.allCases)
    func aProblemOfDAPIsTheHelpersWord(request: ShareRequest, type: DAPErrorType) {
        let isForOperators = type == .unrecognizedTask || type == .invalidTask
        for task in [nil, task] {
            for contentType in ["application/problem+json", "Application/Problem+JSON; charset=utf-8"] {
                let reply = problem(request, type, task: task, contentType: contentType)
                if isForOperators {
                    #expect(isLater(reply), "a person can add the task")
                } else {
                    #expect(reply == .refused(type, detail: "why"))
                }
            }
        }
        for status in [300, 408, 425, 429, 500, 502, 503] {
            #expect(isLater(problem(request, type, status: status)), "\(status)")
        }
        #expect(isLater(problem(request, type, status: 400, task: .random())), "about another task")
        #expect(isLater(problem(request, type, status: 400, contentType: "text/plain")))
        #expect(isLater(problem(request, type, status: 200)))
    }

    @Test func onlyAShareMayBeDeferred() {
        let location = ["location": "/x/aggregate_shares/abc", "retry-after": "7"]
        #expect(reply(.share, 201, location) == .deferred(id: "abc", seconds: 7))
        #expect(reply(.poll, 200) == .deferred(id: nil, seconds: 1))
        for location in ["", "/", "https://evil.example/a%2Fb", "/x/.."] {
            #expect(isLater(reply(.share, 201, ["location": location])))
        }
        for request in [ShareRequest.close, .refusals, .comparison] { #expect(isLater(reply(request, 201, location))) }
    }

    @Test(arguments: ShareRequest.allCases) func theTimeThatTheServerAsksForIsKept(request: ShareRequest) {
        guard case .later(_, let seconds) = reply(request, 503, ["retry-after": "120"]) else {
            Issue.record("not later")
            return
        }
        #expect(seconds == 120)
    }

    /// What a batch comes to after each refusal. Whatever it is, the batch is not `closing` any more.
    @Test(arguments: DAPErrorType.allCases) func noRefusalKeepsABatch(type: DAPErrorType) {
        #expect(BatchFate(after: type, mode: .timeInterval) == .reopened)
        let expected: BatchFate =
            switch type {
            case .invalidBatchSize: .reopened
            case .batchOverlap: .lost
            default: .disputed
            }
        #expect(BatchFate(after: type, mode: .leaderSelected) == expected)
    }
}
