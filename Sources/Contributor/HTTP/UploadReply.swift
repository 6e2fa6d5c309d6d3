import DAP

/// What an answer to an upload says about the reports in it, other than one that names them. Pure.
///
/// A report that the leader may have is never made again: only the same report may be sent again. So an answer counts
/// as a refusal where the leader itself says so in the standard's words, or where its status says that nobody read the
/// request. Everything else comes from who knows where, and perhaps after the leader had stored the reports.
package enum UploadReply: Sendable, Equatable {
    /// The leader read the request: the body says what became of each report.
    case answered
    /// The leader did not take them and will not.
    case refused
    /// Nobody took them just now. They can be sent again as they are.
    case notTaken
    /// The leader may have them. They can be sent again as they are, and only so.
    case unclear

    /// - Parameters:
    ///   - status: of HTTP.
    ///   - problem: the answer's problem document, if it has one.
    ///   - asksToWait: whether the answer has a `Retry-After`.
    package static func judge(status: Int, problem: ProblemDocument?, asksToWait: Bool) -> UploadReply {
        switch status {
        case 200..<300: .answered
        // Length missing, body too large, media type, header too large: said before a body is looked at.
        case 411, 413, 415, 431: .refused
        case 429: .notTaken
        // A node that is short of something says when to come back, and says it before it stores anything. A proxy that
        // lost its node in the middle of a request does not know.
        case 503, 507: asksToWait ? .notTaken : .unclear
        case 400..<500: problem?.type == nil ? .unclear : .refused
        default: .unclear
        }
    }
}
