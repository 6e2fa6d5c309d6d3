// What an answer says in the words of DAP. Anything may stand between two nodes and answer in the other's place: a proxy
// with a page of its own, one that cuts bodies or strips headers. Only what carries DAP's own marks counts as the peer's.

import DAP
import Encodings
import Requests

extension WebAnswer {
    /// The problem document of an error response, if it has one, whoever wrote it and under whatever type: for a person to
    /// read.
    package var readableProblem: ProblemDocument? { isSuccess ? nil : try? ProblemDocument(json: body) }

    /// The peer's own refusal: an error response with a problem document, under its media type, of one of DAP's types.
    package var dapProblem: ProblemDocument? {
        guard !isSuccess, let problem, problem.type != nil else { return nil }
        return problem
    }

    /// The body of a successful answer of exactly this type.
    package func message(_ type: MediaType) -> [UInt8]? {
        guard isSuccess, header("Content-Type").flatMap(MediaType.init(header:)) == type else { return nil }
        return body
    }

    /// What the answer is, in a few words, for a person.
    package var summary: String {
        if let problem = readableProblem { return PeerText.short("status \(status), \(problem)") }
        let type = header("Content-Type").map { "\"\($0)\"" } ?? "no type"
        return PeerText.short("status \(status), \(body.count) bytes of \(type)")
    }
}

/// Texts that a peer chose, made fit for a log line and a database.
package enum PeerText {
    package static func short(_ text: String, limit: Int = 200) -> String {
        let line = text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : Character($0) }
        return line.count <= limit ? String(line) : String(line.prefix(limit)) + "…"
    }
}
