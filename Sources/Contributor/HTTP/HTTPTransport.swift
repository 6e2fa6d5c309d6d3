import AsyncHTTPClient
import NIOHTTP1
import Requests
import TransparencyLog
import Transport

/// How a client of the nodes sends its requests: how patient it is, whom it tells that it waits, and in which words it fails.
///
/// What is sent again and when is ``Transport/RetryRule``'s matter. What no attempt can change ends at once: a URL that is
/// none, a name that does not exist, TLS on one side only, a certificate that nobody vouches for. A server where nothing
/// listens is given a few attempts, unless it has answered this process before: then it restarts, and is worth the whole
/// deadline.
public struct HTTPTransport: Sendable {
    /// How long a request is repeated before ``ContributorError/unreachable(url:reason:advice:)``.
    public var deadline: Duration
    /// How long a server is asked again where nothing listens; the deadline if nil.
    public var refusalPatience: Duration?
    /// How long one attempt may take, beside a second for each 16 KiB that come and go.
    public var attemptTimeout: Duration
    /// Gets sentences about whom a request waits for, where that takes longer than two seconds.
    public var notice: (@Sendable (String) -> Void)?

    /// A client with this patience.
    ///
    /// - Parameter notice: Gets sentences about whom a request waits for; nobody wants them if nil.
    public init(
        deadline: Duration = .seconds(20), attemptTimeout: Duration = .seconds(60), refusalPatience: Duration? = nil,
        notice: (@Sendable (String) -> Void)? = nil
    ) {
        self.deadline = deadline
        self.refusalPatience = refusalPatience
        self.attemptTimeout = attemptTimeout
        self.notice = notice
    }

    /// What one attempt brought.
    package typealias Attempt = Result<WebAnswer, WebFailure>

    package var rule: RetryRule {
        .command(deadline: deadline, attemptTime: attemptTimeout, refusalPatience: refusalPatience)
    }

    /// Sends a request and hands back the last answer, whatever its status.
    ///
    /// - Parameter returnsHeld: hand back a 503 that says when to come back, and do not wait for it: the caller has something
    ///   else to do meanwhile.
    /// - Throws: `ContributorError.unreachable` when no attempt brought an answer, `.unexpectedAnswer` when it is longer
    ///   than the request allows, `.insecure` before anything is sent to what is no URL, or in plain text to another
    ///   machine.
    package func send(_ request: WebRequest, returnsHeld: Bool = false) async throws -> WebAnswer {
        let words = WaitingWords(for: request.url, notice: notice)
        defer { withExtendedLifetime(words) {} }
        let client = try Self.client()
        do throws(WebFailure) {
            return try await client.send(request, rule: rule, returnsHeld: returnsHeld) { result, _ in
                words.explain(Self.explanation(result))
            }
        } catch {
            if error == .cancelled { throw CancellationError() }
            throw Self.error(error, url: request.url)
        }
    }

    /// Why a request has to wait, in the middle of a sentence.
    static func explanation(_ result: Attempt) -> String {
        switch result {
        case .success(let answer):
            let said = answer.problem.flatMap { $0.detail ?? $0.title }.map {
                ", \(AnswerWords.visible($0, limit: 200))"
            }
            let asked = answer.retryAfter.map { "; it asks to come back in \($0) s" }
            return "HTTP \(answer.status)\(said ?? "")\(asked ?? "")"
        case .failure(let failure): return failure.words
        }
    }

    /// Sends a request that must succeed.
    ///
    /// - Throws: also `.refused` for a problem document, `.busy` and `.declined` for any other status outside 200 to 299.
    package func sendExpectingSuccess(_ request: WebRequest) async throws -> WebAnswer {
        let answer = try await send(request)
        guard answer.isSuccess else { throw Self.error(for: answer, url: request.url) }
        return answer
    }

    /// What an answer outside 200 to 299 says.
    package static func error(for answer: WebAnswer, url: String) -> ContributorError {
        if let problem = answer.problem { return .refused(url: url, status: answer.status, problem: problem) }
        let text = AnswerWords.text(
            status: answer.status, type: answer.header("Content-Type"), location: answer.header("Location"),
            body: answer.body)
        return RetryRule.isNoAnswer(answer.status) ? .busy(url: url, reason: text) : .declined(url: url, reason: text)
    }

    /// What it means that there is no answer.
    static func error(_ failure: WebFailure, url: String) -> ContributorError {
        switch failure {
        case .fault(let fault): .unreachable(url: url, reason: fault.words, advice: fault.advice)
        case .insecure(let endpoint): .insecure(endpoint)
        case .tooLong: .unexpectedAnswer(url: url, reason: failure.words)
        case .cancelled: .unreachable(url: url, reason: failure.words, advice: "")
        }
    }

    /// One client for the process, made when it is first needed.
    ///
    /// - Throws: `.cannotConnect`.
    static func client() throws(ContributorError) -> WebClient { try made.get() }

    private static let made: Result<WebClient, ContributorError> = {
        do throws(TransportFault) { try OpenFiles.prepare() } catch {
            return .failure(.cannotConnect(reason: error.words, advice: error.advice))
        }
        do throws(TrustRootsError) {
            return .success(WebClient(try HTTPClient.make(repeatsConnecting: false), examinesFaults: true))
        } catch {
            return .failure(.cannotConnect(reason: error.description, advice: ""))
        }
    }()
}

extension HTTPTransport {
    /// The log at a URL: its checkpoint, tiles and blobs.
    ///
    /// - Parameter url: the folder with `checkpoint` and `tile/`, with or without a slash at its end.
    /// - Returns: a source that throws `TileSourceError.notFound` where the log has no such resource, else
    ///   ``ContributorError``, also where there is no log at all.
    public func log(at url: String) -> any TileSource {
        HTTPTileSource(prefix: url) {
            try await self.send($0)
        } error: { fault, url, _ in
            switch fault {
            case .refused(let answer): Self.error(for: answer, url: url)
            case .otherThing(let words): ContributorError.unexpectedAnswer(url: url, reason: words)
            case .noLog:
                ContributorError.declined(
                    url: url, reason: "HTTP 404: no log is there, or none that has begun. Check the log's URL")
            }
        }
    }
}
