import AsyncHTTPClient
import DAP
import Encodings
import Logging
import NIOCore
import Transport

package enum PeerMethod: String, Sendable {
    case get = "GET"
    case post = "POST"
    case delete = "DELETE"
}

/// Why there is no response.
package enum PeerError: Error, Sendable, Equatable, CustomStringConvertible {
    /// No connection, or it broke, until the deadline passed.
    case unreachable(url: String, reason: String)
    /// The response is longer than this request expects.
    case responseTooLarge(url: String, limit: Int)
    case cancelled
    /// Nothing was sent: the URL is plain `http` to another machine.
    case insecure(InsecureEndpoint)

    package var description: String {
        switch self {
        case .unreachable(let url, let reason): "no answer from \(url): \(reason)"
        case .responseTooLarge(let url, let limit): "the answer from \(url) is longer than \(limit) bytes"
        case .cancelled: "cancelled"
        case .insecure(let endpoint): endpoint.description
        }
    }
}

/// Talks to the other aggregator.
///
/// Every request of the protocol is idempotent, so a request whose fate is unknown is simply sent again: connection
/// errors, 5xx and 429 are retried with growing, jittered pauses (or the server's Retry-After) until the deadline.
/// 4xx are answers and come back at once.
package struct PeerClient: Sendable {
    /// The peer's base URL.
    package let baseURL: BaseURL
    /// Nil for whoever is no peer.
    private let token: BearerToken?
    /// Whether the node's configuration has nobody at ``baseURL``.
    private let isStranger: Bool
    private let http: HTTPClient
    private let logger: Logger

    private static let firstPause: Duration = .milliseconds(100)
    private static let longestPause: Duration = .seconds(5)

    package init(baseURL: BaseURL, token: BearerToken?, http: HTTPClient, logger: Logger) {
        self.baseURL = baseURL
        self.token = token
        isStranger = false
        self.http = http
        self.logger = logger
    }

    /// The other aggregator of a task whom the configuration does not know: nothing is sent to it.
    init(strangerAt url: BaseURL, http: HTTPClient, logger: Logger) {
        baseURL = url
        token = nil
        isStranger = true
        self.http = http
        self.logger = logger
    }

    /// The peer's transparency log, below its base URL.
    package var log: HTTPTileSource { HTTPTileSource(baseURL: baseURL.appending("log"), http: http) }

    /// Sends a request.
    ///
    /// - Parameters:
    ///   - url: absolute. The bearer token goes only to URLs below ``baseURL``.
    ///   - maxResponseBytes: the longest body that the caller wants to hold.
    ///   - deadline: when to give up, retries and the last byte of the answer included.
    ///   - retries: whether to try again until then; false for those who repeat the request themselves.
    /// - Returns: the last whole response, whatever its status, also where the deadline cut off a later attempt.
    package func send(
        _ method: PeerMethod, _ url: String, body: [UInt8] = [], contentType: String? = nil,
        headers: [NodeError.Header] = [], authenticated: Bool = true, maxResponseBytes: Int,
        deadline: Duration = .seconds(60), retries: Bool = true
    ) async throws(PeerError) -> PeerResponse {
        try await send(
            method, url, body: .bytes(body), contentType: contentType, headers: headers, authenticated: authenticated,
            maxResponseBytes: maxResponseBytes, deadline: deadline, retries: retries)
    }

    /// Sends a request whose body may be longer than one wants to hold.
    package func send(
        _ method: PeerMethod, _ url: String, body: PeerBody, contentType: String? = nil,
        headers: [NodeError.Header] = [], authenticated: Bool = true, maxResponseBytes: Int,
        deadline: Duration = .seconds(60), retries: Bool = true
    ) async throws(PeerError) -> PeerResponse {
        if isStranger { throw .unreachable(url: url, reason: "this node's configuration has no peer of that URL") }
        do throws(InsecureEndpoint) { try EndpointRule.check(url) } catch { throw .insecure(error) }
        var request = HTTPClientRequest(url: url)
        request.method = .init(rawValue: method.rawValue)
        for header in headers { request.headers.add(name: header.name, value: header.value) }
        if let contentType { request.headers.add(name: "Content-Type", value: contentType) }
        if authenticated, let token, ProtocolText.hasPrefix(url, baseURL.string + "/") {
            request.headers.add(name: "Authorization", value: token.authorization)
        }
        let clock = ContinuousClock()
        let end = clock.now + deadline
        var pause = Self.firstPause
        var attempts = 0
        var last: PeerResponse?
        while true {
            if method == .post { request.body = body.request }
            attempts += 1
            let attempt = await attempt(request, maxResponseBytes: maxResponseBytes, timeout: end - clock.now)
            if Task.isCancelled { throw .cancelled }
            guard retries else { return try attempt.get() }
            if case .failure(.unreachable) = attempt, let last, clock.now >= end { return last }
            let requested: Int?
            switch attempt {
            case .success(var response):
                response.attempts = attempts
                guard response.status >= 500 || response.status == 429 else { return response }
                last = response
                requested = response.retryAfter
            case .failure(.unreachable): requested = nil
            case .failure(let error): throw error
            }
            let wait = requested.map { Duration.seconds($0) } ?? pause * Double.random(in: 0.5...1.5)
            guard clock.now + wait < end else { return try attempt.get() }
            logger.debug("retrying", metadata: ["url": "\(url)", "wait": "\(wait)"])
            do { try await Task.sleep(for: wait) } catch { throw .cancelled }
            pause = min(pause * 2, Self.longestPause)
        }
    }

    private func attempt(
        _ request: HTTPClientRequest, maxResponseBytes: Int, timeout: Duration
    ) async -> Result<PeerResponse, PeerError> {
        do {
            let answer = try await http.exchange(
                request, maxResponseBytes: maxResponseBytes, deadline: max(timeout, .milliseconds(1)))
            guard let body = answer.body else {
                return .failure(.responseTooLarge(url: request.url, limit: maxResponseBytes))
            }
            return .success(
                PeerResponse(
                    status: Int(answer.head.status.code), headers: answer.head.headers.map { ($0.name, $0.value) },
                    body: body))
        } catch {
            var fault = TransportFault(error)
            // Of a certificate the library says only that it will not do.
            if fault.kind == .untrusted, let address = try? WebAddress(request.url) {
                fault = await fault.examined(at: address)
            }
            return .failure(.unreachable(url: request.url, reason: fault.words))
        }
    }
}

extension PeerBody {
    /// As the client library takes it, for one attempt.
    fileprivate var request: HTTPClientRequest.Body {
        switch self {
        case .bytes(let bytes): .bytes(ByteBuffer(bytes: bytes))
        case .pages(let length, let make): .stream(make(), length: .known(Int64(length)))
        }
    }
}
