import AsyncHTTPClient
import DAP
import Encodings
import Foundation
import NIOCore
import NIOHTTP1
import Synchronization
import Transport

/// Sends HTTP requests and repeats them while that makes sense.
///
/// A node may restart at any moment, and every request of DAP and of Cairn may be repeated without harm: creation is
/// idempotent, reports carry unique ids. So a broken connection, an answer of the 5xx family and 429 lead to another
/// attempt, until the deadline (`RetryPace`). What no attempt can change ends at once: a URL that is none, a name that does
/// not exist, TLS on one side only, a certificate that nobody vouches for. A server where nothing listens is given a few
/// attempts, unless it has answered this process before: then it restarts, and is worth the whole deadline.
public struct HTTPTransport: Sendable {
    /// How long a request is repeated before ``ContributorError/unreachable(url:reason:advice:)``.
    public var deadline: Duration
    /// How long a server is asked again where nothing listens; the deadline if nil.
    public var refusalPatience: Duration?
    /// How long one attempt may take, beside a second for each 16 KiB that come and go.
    public var attemptTimeout: Duration
    /// Gets sentences about whom a request waits for, where that takes longer than two seconds.
    public var notice: (@Sendable (String) -> Void)?

    public init(
        deadline: Duration = .seconds(20), attemptTimeout: Duration = .seconds(60), refusalPatience: Duration? = nil,
        notice: (@Sendable (String) -> Void)? = nil
    ) {
        self.deadline = deadline
        self.refusalPatience = refusalPatience
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
        /// When it was there, by this machine's clock; POSIX seconds.
        package let receivedAt: UInt64

        /// The node's clock when it answered, where it says so.
        package var nodeTime: UInt64? { header("Date").flatMap { HTTPDate.parse($0, now: receivedAt) } }

        /// The first header of that name.
        package func header(_ name: String) -> String? { headers.first(name: name) }

        /// Whether the answer is of this type, which is written in lower case; parameters do not matter.
        func hasMediaType(_ type: String) -> Bool {
            header("Content-Type").map { ProtocolText.same(MediaType.essence(of: $0), type) } ?? false
        }

        /// When the node asks to be asked again.
        package var retryAfter: Duration? {
            RetryAfter.seconds(header("Retry-After"), date: header("Date"), now: receivedAt).map { .seconds($0) }
        }

        /// The problem document that the answer is.
        package var problem: ProblemDocument? {
            guard hasMediaType(ProblemDocument.contentType) else { return nil }
            return try? ProblemDocument(json: body)
        }
    }

    /// What one attempt brought.
    package typealias Attempt = Result<Answer, AttemptFailure>

    /// Why an attempt brought no answer.
    package enum AttemptFailure: Error {
        /// No connection, or it broke.
        case fault(TransportFault)
        /// Nothing can be sent, whoever listens: for instance the file of authorities cannot be read.
        case client(ContributorError)
        /// The answer is longer than the request allows.
        case tooLong(limit: Int)

        /// In the middle of a sentence.
        var words: String {
            switch self {
            case .fault(let fault): fault.words
            case .client(let error): error.description
            case .tooLong(let limit): "the answer has more than \(limit) bytes"
            }
        }

        /// Whether the server may have got the request all the same.
        var mayHaveArrived: Bool {
            switch self {
            case .fault(let fault): !fault.isPermanent && ![.refused, .lookup, .noRoute].contains(fault.kind)
            case .client: false
            case .tooLong: true
            }
        }

        func error(for request: Request) -> ContributorError {
            switch self {
            case .fault(let fault): .unreachable(url: request.url, reason: fault.words, advice: fault.advice)
            case .client(let error): error
            case .tooLong: .unexpectedAnswer(url: request.url, reason: words)
            }
        }
    }

    /// Sends a request and hands back the last answer, whatever its status.
    ///
    /// - Parameter returnsHeld: hand back a 503 that says when to come back, and do not wait for it: the caller has something
    ///   else to do meanwhile.
    /// - Throws: `ContributorError.unreachable` when no attempt brought an answer, `.unexpectedAnswer` when it is longer
    ///   than the request allows, `.insecure` before anything is sent to what is no URL, or in plain text to another
    ///   machine.
    package func send(_ request: Request, returnsHeld: Bool = false) async throws -> Answer {
        let words = WaitingWords(for: request.url, notice: notice)
        defer { withExtendedLifetime(words) {} }
        let start = ContinuousClock.now
        var pace = RetryPace(deadline: deadline)
        var attempts = 0
        while true {
            attempts += 1
            let result = await attempt(request, number: attempts)
            if case .success(let answer) = result {
                let isHeld = returnsHeld && answer.status == 503 && answer.retryAfter != nil
                if isHeld || !Self.asksForAnother(answer) { return answer }
            }
            try Task.checkCancellation()
            guard let wait = pause(after: result, request, since: start, &pace) else {
                switch result {
                case .success(let answer): return answer
                case .failure(let failure): throw failure.error(for: request)
                }
            }
            words.explain(Self.explanation(result))
            try await Task.sleep(for: wait)
        }
    }

    /// Whether an answer only says that there is none yet.
    private static func asksForAnother(_ answer: Answer) -> Bool {
        [408, 425, 429].contains(answer.status) || answer.status >= 500
    }

    /// How long to wait before the next attempt; nil where there shall be none.
    func pause(
        after result: Attempt, _ request: Request, since start: ContinuousClock.Instant, _ pace: inout RetryPace
    ) -> Duration? {
        let spent = ContinuousClock.now - start
        switch result {
        case .success(let answer): return pace.wait(after: spent, asked: answer.retryAfter)
        case .failure(.client), .failure(.tooLong): return nil
        case .failure(.fault(let fault)):
            guard !fault.isPermanent else { return nil }
            let isNew = fault.kind == .refused && !Self.hasAnswered(request.url)
            return pace.wait(after: spent, asked: nil, atMost: isNew ? refusalPatience : nil)
        }
    }

    /// Why a request has to wait, in the middle of a sentence.
    static func explanation(_ result: Attempt) -> String {
        switch result {
        case .success(let answer):
            let said = answer.problem.flatMap { $0.detail ?? $0.title }.map {
                ", \(AnswerWords.visible($0, limit: 200))"
            }
            let asked = answer.retryAfter.map { "; it asks to come back in \($0.components.seconds) s" }
            return "HTTP \(answer.status)\(said ?? "")\(asked ?? "")"
        case .failure(let failure): return failure.words
        }
    }

    /// Sends a request that must succeed.
    ///
    /// - Throws: also `.refused` for a problem document, `.busy` and `.declined` for any other status outside 200 to 299.
    package func sendExpectingSuccess(_ request: Request) async throws -> Answer {
        let answer = try await send(request)
        guard (200..<300).contains(answer.status) else { throw Self.error(for: answer, url: request.url) }
        return answer
    }

    /// What an answer outside 200 to 299 says.
    package static func error(for answer: Answer, url: String) -> ContributorError {
        if let problem = answer.problem { return .refused(url: url, status: answer.status, problem: problem) }
        let text = AnswerWords.text(
            status: answer.status, type: answer.header("Content-Type"), location: answer.header("Location"),
            body: answer.body)
        return asksForAnother(answer) ? .busy(url: url, reason: text) : .declined(url: url, reason: text)
    }

    /// One client for the process, made when it is first needed.
    private static let client: Result<HTTPClient, ContributorError> = {
        do throws(TransportFault) { try OpenFiles.prepare() } catch {
            return .failure(.cannotConnect(reason: error.words, advice: error.advice))
        }
        do throws(TrustRootsError) { return .success(try HTTPClient.make(repeatsConnecting: false)) } catch {
            return .failure(.cannotConnect(reason: error.description, advice: ""))
        }
    }()

    /// What the slowest line carries that is taken for one, as nodes have it, too.
    private static let leastBytesPerSecond = 16 << 10

    /// The servers that have answered this process.
    private static let answered = Mutex<Set<String>>([])

    private static func hasAnswered(_ url: String) -> Bool {
        guard let server = try? WebAddress(url).server else { return false }
        return answered.withLock { $0.contains(server) }
    }

    /// Sends a request once.
    func attempt(_ request: Request, number: Int) async -> Attempt {
        do throws(InsecureEndpoint) { try EndpointRule.check(request.url) } catch {
            return .failure(.client(.insecure(error)))
        }
        let address: WebAddress
        do throws(WebAddressError) { address = try WebAddress(request.url) } catch {
            return .failure(.client(.insecure(InsecureEndpoint(url: request.url, malformed: error))))
        }
        let client: HTTPClient
        do throws(ContributorError) { client = try Self.client.get() } catch { return .failure(.client(error)) }
        var message = HTTPClientRequest(url: address.string)
        message.method = request.method
        for header in request.headers { message.headers.add(name: header.name, value: header.value) }
        if !request.body.isEmpty { message.body = .bytes(request.body) }
        do {
            let answer = try await client.exchange(
                message, maxResponseBytes: request.maximumAnswer,
                deadline: attemptTimeout + .seconds(request.body.count / Self.leastBytesPerSecond),
                leastBytesPerSecond: Self.leastBytesPerSecond)
            Self.answered.withLock { _ = $0.insert(address.server) }
            guard let body = answer.body else { return .failure(.tooLong(limit: request.maximumAnswer)) }
            return .success(
                Answer(
                    status: Int(answer.head.status.code), headers: answer.head.headers, body: body, attempts: number,
                    receivedAt: currentTime()))
        } catch {
            // Only a first failure is looked at again: later ones have the words of the first, or other reasons.
            let fault = TransportFault(error)
            return .failure(.fault(number == 1 ? await fault.examined(at: address) : fault))
        }
    }
}
