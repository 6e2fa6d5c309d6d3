import DAP

/// Why a client of the nodes could not go on. One case per cause.
public enum ContributorError: Error, Sendable {
    /// Nothing answered at the URL before the deadline, or the connection kept breaking.
    case unreachable(url: String, reason: String)
    /// The node refused the request, with a problem document of the standard (RFC 9457).
    case refused(url: String, status: Int, problem: ProblemDocument)
    /// The answer is not one that the standard allows here.
    case unexpectedAnswer(url: String, reason: String)
    /// The node offers no HPKE configuration that this client supports.
    case noSupportedHpkeConfig(url: String)
    /// The task file's configuration is not one that this client can serve: bounds, missing fields, unknown VDAF.
    case invalidTask(String)
    /// The value does not fit the task's type. The text says which value, and what is allowed.
    case invalidMeasurement(String)
    /// A report could not be built or encrypted.
    case reportFailed(String)
    /// The collector's key does not fit the task, or an aggregate share does not open with it.
    case collectionFailed(String)
    /// Earlier reports of the task count or may count, so another one could count the same value twice. Nothing was sent.
    case unsettled([UnsettledReport])
    /// A file of the contributor's home cannot be read or written.
    case file(path: String, reason: String)
}

extension ContributorError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unreachable(let url, let reason):
            "no answer from \(url): \(reason). Check that the node runs and that the URL is right."
        case .refused(let url, let status, let problem):
            "\(url) refused the request (HTTP \(status)): \(Self.text(problem))"
        case .unexpectedAnswer(let url, let reason):
            "\(url) gave an answer that this client does not understand: \(reason)"
        case .noSupportedHpkeConfig(let url):
            "\(url) offers no HPKE configuration that this client supports (X25519, HKDF-SHA256, AES-128-GCM)"
        case .invalidTask(let reason): "the task cannot be used: \(reason)"
        case .invalidMeasurement(let reason): "the value does not fit the task: \(reason)"
        case .reportFailed(let reason): "the report could not be built: \(reason)"
        case .collectionFailed(let reason): "the result could not be opened: \(reason)"
        case .unsettled(let reports): reports.map(\.description).joined(separator: "\ncairn: ")
        case .file(let path, let reason): "\(path): \(reason)"
        }
    }

    /// The most specific text of a problem document, with the standard's name of the error in front.
    private static func text(_ problem: ProblemDocument) -> String {
        let text = problem.detail ?? problem.title ?? "no explanation given"
        return problem.type.map { "\($0.rawValue): \(text)" } ?? text
    }
}
