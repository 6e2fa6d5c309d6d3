import DAP
import InputFiles
import Ledger

/// Why a client of the nodes could not go on. One case per cause.
public enum ContributorError: Error, Sendable {
    /// Nothing answered at the URL before the deadline, or the connection kept breaking.
    case unreachable(url: String, reason: String, advice: String)
    /// The answer says that there is none just now, and the patience is over.
    case busy(url: String, reason: String)
    /// What was waited for has not come in the time that there was. It can be waited for again.
    case unfinished(url: String, reason: String)
    /// What was waited for cannot come any more, or not without somebody's doing.
    case hopeless(reason: String, advice: String)
    /// No request can be sent from this process.
    case cannotConnect(reason: String, advice: String)
    /// The node refused the request, with a problem document of the standard (RFC 9457).
    case refused(url: String, status: Int, problem: ProblemDocument)
    /// Nothing was sent: the URL is plain `http` to another machine.
    case insecure(InsecureEndpoint)
    /// The answer is of a status that is no success, and not the standard's own refusal.
    case declined(url: String, reason: String)
    /// The answer is not one that the standard allows here.
    case unexpectedAnswer(url: String, reason: String)
    /// The node's HPKE configurations are not signed as the task demands: somebody may have put others in their place.
    case untrustedHpkeConfigs(url: String, HpkeListFault)
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
    /// Another task is installed under the name.
    case nameTaken(name: String, path: String)
    /// A file of the contributor's home cannot be read or written.
    case file(path: String, reason: String)
    /// Neither `CAIRN_HOME` nor `HOME` is set.
    case noHome
    /// A file cannot be read, or is not text.
    case input(InputFileError)
}

extension ContributorError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unreachable(let url, let reason, let advice): Self.sentence("no answer from \(url): \(reason)", advice)
        case .busy(let url, let reason):
            "\(url) has no answer for now: \(reason). Run the command again later, or give it more --timeout."
        case .unfinished(let url, let reason): "\(url): \(reason). Run the command again later."
        case .hopeless(let reason, let advice): Self.sentence(reason, advice)
        case .cannotConnect(let reason, let advice): Self.sentence("nothing can be sent: \(reason)", advice)
        case .refused(let url, let status, let problem):
            "\(url) refused the request (HTTP \(status)): \(Self.text(problem, status: status))"
        case .insecure(let endpoint): endpoint.description
        case .declined(let url, let reason): "\(url) answers \(reason)"
        case .unexpectedAnswer(let url, let reason):
            "\(url) gave an answer that this client does not understand: \(reason)"
        case .untrustedHpkeConfigs(let url, let fault):
            "the list of HPKE keys at \(url) \(fault). Nothing is sealed to it, since whoever sits in between could read "
                + "it. \(Self.advice(fault))"
        case .noSupportedHpkeConfig(let url):
            "\(url) offers no HPKE configuration that this client supports (X25519, HKDF-SHA256, AES-128-GCM)"
        case .invalidTask(let reason): "the task cannot be used: \(reason)"
        case .invalidMeasurement(let reason): "the value does not fit the task: \(reason)"
        case .reportFailed(let reason): "the report could not be built: \(reason)"
        case .collectionFailed(let reason): "the result could not be opened: \(reason)"
        case .unsettled(let reports): reports.map(\.description).joined(separator: "\ncairn: ")
        case .nameTaken(let name, let path):
            "another task named '\(name)' is installed (\(path)), and is not replaced. Give this one another name."
        case .file(let path, let reason): "\(path): \(reason)"
        case .noHome:
            "there is no home folder to keep a wallet and tasks in: HOME is not set. Set HOME, or CAIRN_HOME to a folder."
        case .input(let error): error.description
        }
    }

    private static func advice(_ fault: HpkeListFault) -> String {
        switch fault {
        case .unsigned, .malformed:
            "Check the URL, and ask the node's operator whether it runs a version that signs."
        case .ofTheOther, .notSignedByIt, .lifetime:
            "Check that the task file is the one that you were given, and ask the node's operator."
        case .issuedInTheFuture, .expired, .older:
            "Check this machine's clock, try again from another network, and ask the node's operator about its clock."
        }
    }

    /// What the standard's error means, and what the node says about it in its own words.
    private static func text(_ problem: ProblemDocument, status: Int) -> String {
        let said = [problem.detail, problem.type == nil ? problem.title : nil].compactMap(\.self).first { !$0.isEmpty }
            .map { AnswerWords.visible($0, limit: 400) }
        guard let type = problem.type else { return said ?? AnswerWords.meaning(status) ?? "no explanation given" }
        return type.explanation + (said.map { ". It says: \($0)" } ?? "")
    }

    private static func sentence(_ problem: String, _ advice: String) -> String {
        advice.isEmpty ? problem : problem.hasSuffix("?") ? "\(problem) \(advice)" : "\(problem). \(advice)"
    }
}
