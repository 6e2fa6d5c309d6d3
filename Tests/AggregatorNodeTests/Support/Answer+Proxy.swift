import AggregatorNode
import DAP
import FaultProxy

// A `FaultProxy` between the nodes that answers as a test says. (The proxy's own faults are in `Fault+Kinds.swift`.)

extension Answer {
    init(_ answer: ProxyAnswer) {
        self.init(
            status: answer.status, body: answer.body,
            headers: Dictionary(answer.headers.map { ($0.name.lowercased(), $0.value) }, uniquingKeysWith: { $1 }))
    }

    var proxied: ProxyAnswer {
        ProxyAnswer(status: status, headers: headers.map { (name: $0.key, value: $0.value) }, body: body)
    }

    /// A page for people, as a proxy makes it.
    static func page(_ status: Int, retryAfter: String? = nil) -> Answer {
        var answer = ProxyAnswer.page(status)
        answer["Retry-After"] = retryAfter
        return Answer(answer)
    }

    /// A status without more.
    static func empty(_ status: Int, retryAfter: String? = nil) -> Answer {
        Answer(status: status, body: [], headers: retryAfter.map { ["retry-after": $0] } ?? [:])
    }

    /// A problem document, as a node makes it.
    static func problem(_ error: NodeError) -> Answer {
        Answer(
            status: error.status, body: error.problem.json(), headers: ["content-type": ProblemDocument.contentType])
    }

    static func message(_ type: MediaType, _ body: [UInt8]) -> Answer {
        Answer(status: 200, body: body, headers: ["content-type": type.headerValue])
    }

    /// The same but for what is named; a header that becomes nil is left out.
    func changing(status: Int? = nil, body: [UInt8]? = nil, header: String? = nil, to value: String? = nil) -> Answer {
        var copy = self
        copy.status = status ?? copy.status
        copy.body = body ?? copy.body
        if let header { copy.headers[header] = value }
        return copy
    }
}

extension Fault {
    /// The server never hears of it.
    static func instead(_ answer: Answer) -> Fault { instead { answer } }

    static func instead(_ answer: @escaping @Sendable () throws -> Answer) -> Fault {
        var fault = Fault("instead")
        fault.upstream = .notAsked
        fault.change = { _, _ in try answer().proxied }
        return fault
    }

    /// The server has acted on it.
    static func after(_ change: @escaping @Sendable (Answer) throws -> Answer) -> Fault {
        var fault = Fault("after")
        fault.change = { try change(Answer($1)).proxied }
        return fault
    }
}
