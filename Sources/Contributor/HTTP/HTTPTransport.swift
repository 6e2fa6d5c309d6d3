import AsyncHTTPClient
import DAP
import Foundation
import NIOCore
import NIOHTTP1

/// Sends HTTP requests and repeats them while that makes sense.
///
/// A node may restart at any moment, and every request of DAP and of Cairn may be repeated without harm: creation is
/// idempotent, reports carry unique ids. So a broken connection, an answer of the 5xx family and 429 lead to another
/// attempt, until the deadline (`RetryPace`).
public struct HTTPTransport: Sendable {
    /// How long a request is repeated before ``ContributorError/unreachable(url:reason:)``.
    public var deadline: Duration
    /// How long one attempt may take.
    public var attemptTimeout: Duration
    /// Gets sentences about whom a request waits for, where that takes longer than two seconds.
    public var notice: (@Sendable (String) -> Void)?

    public init(
        deadline: Duration = .seconds(20), attemptTimeout: Duration = .seconds(60),
        notice: (@Sendable (String) -> Void)? = nil
    ) {
        self.deadline = deadline
        self.attemptTimeout = attemptTimeout
        self.notice = notice
    }

    /// A request, by the standard's names.
    package struct Request: Sendable {
        package var method: HTTPMethod
        package var url: String
        package var headers: [(name: String, value: String)]
        package var body: [UInt8]
        /// Answers with longer bodies are refused before they are read.
        package var maximumAnswer: Int

        package init(
            _ method: HTTPMethod, _ url: String, headers: [(name: String, value: String)] = [], body: [UInt8] = [],
            maximumAnswer: Int = 1 << 20
        ) {
            self.method = method
            self.url = url
            self.headers = headers
            self.body = body
            self.maximumAnswer = maximumAnswer
        }
    }

    /// A node's answer, whatever its status.
    package struct Answer: Sendable {
        package let status: Int
        package let headers: HTTPHeaders
        package let body: [UInt8]
        /// How many attempts it took; above 1, the node may have acted on an earlier one.
        package let attempts: Int

        /// The first header of that name.
        package func header(_ name: String) -> String? { headers.first(name: name) }

        /// When the node asks to be asked again.
        package var retryAfter: Duration? { RetryPace.asked(header("Retry-After"), now: Date()) }

        /// The problem document that the answer is.
        package var problem: ProblemDocument? {
            guard header("Content-Type")?.hasPrefix(ProblemDocument.contentType) == true else { return nil }
            return try? ProblemDocument(json: body)
        }
    }

    /// Sends a request and hands back the last answer, whatever its status.
    ///
    /// - Throws: `ContributorError.unreachable` when no attempt brought an answer, `.unexpectedAnswer` when it is longer
    ///   than the request allows, `.insecure` before anything is sent in plain text to another machine.
    package func send(_ request: Request) async throws -> Answer {
        do throws(InsecureEndpoint) { try EndpointRule.check(request.url) } catch {
            throw ContributorError.insecure(error)
        }
        let words = WaitingWords(for: request.url, notice: notice)
        defer { withExtendedLifetime(words) {} }
        let start = ContinuousClock.now
        var pace = RetryPace(deadline: deadline)
        var attempts = 0
        while true {
            attempts += 1
            let result = await attempt(request, number: attempts)
            var asked: Duration?
            switch result {
            case .success(let answer):
                guard [408, 429].contains(answer.status) || answer.status >= 500 else { return answer }
                asked = answer.retryAfter
            case .failure(let error):
                if case .unexpectedAnswer = error { throw error }
            }
            guard let wait = pace.wait(after: ContinuousClock.now - start, asked: asked) else {
                return try result.get()
            }
            words.explain(Self.explanation(result, asked: asked))
            try await Task.sleep(for: wait)
        }
    }

    /// Why a request has to wait, in the middle of a sentence.
    static func explanation(_ result: Result<Answer, ContributorError>, asked: Duration?) -> String {
        let reason =
            switch result {
            case .success(let answer): "HTTP \(answer.status)"
            case .failure(.unreachable(_, let reason)): reason
            case .failure(.unexpectedAnswer(_, let reason)): reason
            case .failure(let error): "\(error)"
            }
        return asked.map { "\(reason); it asks to come back in \($0.components.seconds) s" } ?? reason
    }

    /// Sends a request that must succeed.
    ///
    /// - Throws: also `.refused` for a problem document, `.unexpectedAnswer` for any other status outside 200 to 299.
    package func sendExpectingSuccess(_ request: Request) async throws -> Answer {
        let answer = try await send(request)
        guard (200..<300).contains(answer.status) else { throw Self.error(for: answer, url: request.url) }
        return answer
    }

    /// What an answer outside 200 to 299 says.
    package static func error(for answer: Answer, url: String) -> ContributorError {
        if let problem = answer.problem { return .refused(url: url, status: answer.status, problem: problem) }
        let text = String(validating: answer.body.prefix(200), as: UTF8.self) ?? ""
        return .unexpectedAnswer(url: url, reason: "HTTP \(answer.status) \(text)")
    }

    /// One client for the process. It never follows redirects: a report goes to the node of the task, or nowhere.
    private static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout.connect = .seconds(5)
        configuration.httpVersion = .http1Only
        return HTTPClient(eventLoopGroup: .singletonMultiThreadedEventLoopGroup, configuration: configuration)
    }()

    /// Sends a request once.
    func attempt(_ request: Request, number: Int) async -> Result<Answer, ContributorError> {
        var message = HTTPClientRequest(url: request.url)
        message.method = request.method
        for header in request.headers { message.headers.add(name: header.name, value: header.value) }
        if !request.body.isEmpty { message.body = .bytes(request.body) }
        do {
            let timeout = TimeAmount.milliseconds(attemptTimeout.components.seconds * 1000)
            let response = try await Self.client.execute(message, timeout: timeout)
            let body = try await response.body.collect(upTo: request.maximumAnswer)
            return .success(
                Answer(
                    status: Int(response.status.code), headers: response.headers, body: Array(body.readableBytesView),
                    attempts: number))
        } catch is NIOTooManyBytesError {
            return .failure(
                .unexpectedAnswer(url: request.url, reason: "the answer has more than \(request.maximumAnswer) bytes"))
        } catch {
            return .failure(.unreachable(url: request.url, reason: Self.reason(error)))
        }
    }

    /// The few causes that people meet, in their words.
    private static func reason(_ error: any Error) -> String {
        let text = String(describing: error)
        if text.contains("Connection refused") { return "nothing listens there" }
        if let error = error as? HTTPClientError {
            switch error {
            case .connectTimeout, .deadlineExceeded, .readTimeout: return "it took too long"
            case .remoteConnectionClosed: return "the connection broke"
            default: return error.shortDescription
            }
        }
        return text
    }
}
