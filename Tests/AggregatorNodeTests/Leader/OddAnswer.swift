import AggregatorNode
import DAP

/// What somebody between the nodes makes of the helper's answer to an aggregation job.
enum OddAnswer: String, CaseIterable {
    case badRequest, notFound, gone, tooLarge, serverError, redirect, page, errorPage, otherType, noType
    case empty, emptyWithLocation, accepted, cut, shortened, garbage, otherProblem, problemAsJSON
    case unknownTask, unknownJob, unauthorized

    private static let html = "<html><body>the gateway is busy</body></html>"

    func answer(_ honest: Answer) -> Answer {
        func plain(_ status: Int) -> Answer {
            honest.with(status: status, body: Array("no".utf8), type: "text/plain", dropping: "location")
        }
        func problem(_ type: DAPErrorType, _ status: Int? = nil) -> Answer {
            honest.with(
                status: status ?? type.defaultStatus, body: ProblemDocument(type).json(),
                type: ProblemDocument.contentType, dropping: "location")
        }
        switch self {
        case .badRequest: return plain(400)
        case .notFound: return plain(404)
        case .gone: return plain(410)
        case .tooLarge: return plain(413)
        case .serverError: return plain(500)
        case .redirect: return plain(302)
        case .page: return honest.with(status: 200, body: Array(Self.html.utf8), type: "text/html")
        case .errorPage: return honest.with(status: 502, body: Array(Self.html.utf8), type: "text/html")
        case .otherType: return honest.with(type: MediaType.aggregateShare.headerValue)
        case .noType: return honest.with(dropping: "content-type")
        case .empty: return honest.with(body: [], dropping: "location")
        case .emptyWithLocation: return honest.with(body: [])
        case .accepted: return honest.with(status: 202, body: [], dropping: "location")
        case .cut: return honest.with(body: Array(honest.body.dropLast()))
        case .garbage: return honest.with(body: [UInt8](repeating: 0xFF, count: 100))
        case .shortened:
            let message = try? AggregationJobResp(decoding: honest.body)
            return honest.with(
                body: AggregationJobResp(responses: Array((message?.responses ?? []).prefix(2))).encoded())
        case .otherProblem:
            let document = ProblemDocument(title: "Unprocessable", status: 422)
            return honest.with(
                status: 422, body: document.json(), type: ProblemDocument.contentType, dropping: "location")
        case .problemAsJSON:
            return honest.with(
                status: 400, body: ProblemDocument(.invalidMessage).json(), type: "application/json",
                dropping: "location")
        case .unknownTask: return problem(.unrecognizedTask)
        case .unknownJob: return problem(.unrecognizedAggregationJob)
        case .unauthorized: return problem(.invalidMessage, 403)
        }
    }
}

extension Answer {
    /// The same but for what is named.
    fileprivate func with(
        status: Int? = nil, body: [UInt8]? = nil, type: String? = nil, dropping header: String? = nil
    ) -> Answer {
        var answer = changing(status: status, body: body)
        if let type { answer.headers["content-type"] = type }
        if let header { answer.headers[header] = nil }
        return answer
    }
}
