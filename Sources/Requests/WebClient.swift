import AsyncHTTPClient
import DAP
import Encodings
import NIOHTTP1
import Synchronization
import Transport

/// The one way by which clients and nodes send requests.
///
/// It follows no redirects, sends nothing in plain text to another machine, has a deadline for the whole of an exchange,
/// holds no more of an answer than the caller wants, and repeats by a ``Transport/RetryRule``. What fails, fails in words
/// (``Transport/TransportFault``).
package struct WebClient: Sendable {
    private let http: HTTPClient
    /// Whether a fault is looked at again for better words, where that means to connect once more. A person reads them once; a
    /// node asks its peer all day, and looks only at certificates.
    private let examinesFaults: Bool

    package init(_ http: HTTPClient, examinesFaults: Bool) {
        self.http = http
        self.examinesFaults = examinesFaults
    }

    /// What the slowest line carries that is taken for one, as nodes have it, too.
    private static let leastBytesPerSecond = 16 << 10

    /// The servers that have answered this process.
    private static let answered = Mutex<Set<String>>([])

    /// Sends a request until there is an answer, or the rule says that there will be none.
    ///
    /// - Parameters:
    ///   - returnsHeld: hand back a 503 that says when to come back, and do not wait for it: the caller has something else to
    ///     do meanwhile.
    ///   - waiting: gets what an attempt brought, before each pause.
    /// - Returns: the last whole answer, whatever its status.
    package func send(
        _ request: WebRequest, rule: RetryRule, returnsHeld: Bool = false,
        waiting: (Result<WebAnswer, WebFailure>, Duration) -> Void = { _, _ in }
    ) async throws(WebFailure) -> WebAnswer {
        let start = ContinuousClock.now
        var pauses = RetryRule.Pauses(rule)
        var attempts = 0
        var last: WebAnswer?
        while true {
            attempts += 1
            let spent = ContinuousClock.now - start
            let result = await attempt(
                request, number: attempts, rule: rule,
                within: rule.isForTheWholeExchange ? max(rule.attemptTime - spent, .milliseconds(1)) : nil)
            if Task.isCancelled { throw .cancelled }
            if case .success(let answer) = result {
                let isHeld = returnsHeld && answer.status == 503 && answer.retryAfter != nil
                if isHeld || !RetryRule.isNoAnswer(answer.status) { return answer }
                last = answer
            }
            let outcome = Self.outcome(result, request)
            guard let wait = pauses.wait(after: outcome, spent: ContinuousClock.now - start) else {
                // What the deadline cut off says less than the answer before.
                if rule.isForTheWholeExchange, case .failure(.fault) = result, let last,
                    ContinuousClock.now - start >= rule.attemptTime
                {
                    return last
                }
                return try result.get()
            }
            waiting(result, wait)
            do { try await Task.sleep(for: wait) } catch { throw .cancelled }
        }
    }

    /// What an attempt brought, as the rule sees it.
    package static func outcome(_ result: Result<WebAnswer, WebFailure>, _ request: WebRequest) -> RetryRule.Outcome {
        switch result {
        case .success(let answer):
            .answer(status: answer.status, asked: answer.retryAfter.map { .seconds($0) })
        case .failure(.fault(let fault)): .fault(fault.kind, isNew: !hasAnswered(request.url))
        case .failure: .final
        }
    }

    /// Sends a request once.
    ///
    /// - Parameters:
    ///   - number: of the attempt, from 1.
    ///   - within: all the time that there is; the rule's for an attempt if nil.
    package func attempt(
        _ request: WebRequest, number: Int, rule: RetryRule, within: Duration? = nil
    ) async -> Result<WebAnswer, WebFailure> {
        do throws(InsecureEndpoint) { try EndpointRule.check(request.url) } catch { return .failure(.insecure(error)) }
        let address: WebAddress
        do throws(WebAddressError) { address = try WebAddress(request.url) } catch {
            return .failure(.insecure(InsecureEndpoint(url: request.url, malformed: error)))
        }
        var message = HTTPClientRequest(url: address.string)
        message.method = request.method
        for header in request.headers { message.headers.add(name: header.name, value: header.value) }
        if request.body.count > 0 || request.method == .POST { message.body = request.body.request }
        do {
            let answer = try await http.exchange(
                message, maxResponseBytes: request.maximumAnswer,
                deadline: within ?? rule.attemptTime + .seconds(request.body.count / Self.leastBytesPerSecond),
                leastBytesPerSecond: within == nil ? Self.leastBytesPerSecond : nil)
            Self.answered.withLock { _ = $0.insert(address.server) }
            guard let body = answer.body else { return .failure(.tooLong(limit: request.maximumAnswer)) }
            var result = WebAnswer(
                status: Int(answer.head.status.code), headers: answer.head.headers.map { ($0.name, $0.value) },
                body: body)
            result.attempts = number
            return .success(result)
        } catch {
            return .failure(.fault(await examined(TransportFault(error), at: address, number: number)))
        }
    }

    /// Only a first failure is looked at again: later ones have the words of the first, or other reasons. Of a certificate the
    /// library says only that it will not do.
    private func examined(_ fault: TransportFault, at address: WebAddress, number: Int) async -> TransportFault {
        guard examinesFaults ? number == 1 : fault.kind == .untrusted else { return fault }
        return await fault.examined(at: address)
    }

    private static func hasAnswered(_ url: String) -> Bool {
        guard let server = try? WebAddress(url).server else { return false }
        return answered.withLock { $0.contains(server) }
    }
}
