import AsyncHTTPClient
import DAP
import Encodings
import Logging
import NIOHTTP1
import NodeAPI
import Requests
import TransparencyLog
import Transport

/// Why there is no response.
package enum PeerError: Error, Sendable, Equatable, CustomStringConvertible {
    /// No connection, or it broke, until the deadline passed.
    case unreachable(url: String, reason: String)
    /// The response is longer than this request expects.
    case responseTooLarge(url: String, limit: Int)
    case cancelled
    /// Nothing was sent: the URL is plain `http` to another machine.
    case insecure(InsecureEndpoint)

    init(_ failure: WebFailure, url: String) {
        self =
            switch failure {
            case .fault(let fault): .unreachable(url: url, reason: fault.words)
            case .tooLong(let limit): .responseTooLarge(url: url, limit: limit)
            case .insecure(let endpoint): .insecure(endpoint)
            case .cancelled: .cancelled
            }
    }

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
/// Every request of the protocol is idempotent, so a request whose fate is unknown is simply sent again, by the node's
/// ``Transport/RetryRule``, until the deadline. 4xx are answers and come back at once.
package struct PeerClient: Sendable {
    /// The peer's base URL.
    package let baseURL: BaseURL
    /// Nil for whoever is no peer.
    private let token: BearerToken?
    /// Whether the node's configuration has nobody at ``baseURL``.
    private let isStranger: Bool
    private let client: WebClient
    private let logger: Logger

    package init(baseURL: BaseURL, token: BearerToken?, http: HTTPClient, logger: Logger) {
        self.init(baseURL: baseURL, token: token, isStranger: false, http: http, logger: logger)
    }

    /// The other aggregator of a task whom the configuration does not know: nothing is sent to it.
    init(strangerAt url: BaseURL, http: HTTPClient, logger: Logger) {
        self.init(baseURL: url, token: nil, isStranger: true, http: http, logger: logger)
    }

    private init(baseURL: BaseURL, token: BearerToken?, isStranger: Bool, http: HTTPClient, logger: Logger) {
        self.baseURL = baseURL
        self.token = token
        self.isStranger = isStranger
        client = WebClient(http, examinesFaults: false)
        self.logger = logger
    }

    /// The peer's transparency log, below its base URL.
    package var log: HTTPTileSource { log(at: baseURL.string + API.logPrefix) }

    /// A log that somebody keeps. Whoever reads it asks again.
    package func log(at prefix: String) -> HTTPTileSource {
        HTTPTileSource(prefix: prefix) { request in
            if isStranger { throw stranger(request.url) }
            do throws(WebFailure) {
                return try await client.send(request, rule: .node(deadline: .seconds(30), repeats: false))
            } catch {
                throw PeerError(error, url: request.url)
            }
        } error: { fault, url, path in
            switch fault {
            case .noLog: TileSourceError.notFound(path: path)
            case .refused(let answer): PeerError.unreachable(url: url, reason: "status \(answer.status)")
            case .otherThing(let words): PeerError.unreachable(url: url, reason: words)
            }
        }
    }

    private func stranger(_ url: String) -> PeerError {
        .unreachable(url: url, reason: "this node's configuration has no peer of that URL")
    }

    /// Asks the peer for one of its resources.
    ///
    /// - Parameters:
    ///   - query: what follows the path.
    ///   - showsToken: by default to resources that ask for it.
    ///   - maxResponseBytes: the longest body that the caller wants to hold.
    ///   - deadline: when to give up, retries and the last byte of the answer included.
    ///   - retries: whether to try again until then; false for those who repeat the request themselves.
    /// - Returns: the last whole response, whatever its status, also where the deadline cut off a later attempt.
    package func send<each ID: PathText>(
        _ endpoint: Endpoint<repeat each ID>, _ ids: repeat each ID, query: String? = nil, body: WebBody = .bytes([]),
        headers: [NodeError.Header] = [], showsToken: Bool? = nil, maxResponseBytes: Int,
        deadline: Duration = .seconds(60), retries: Bool = true
    ) async throws(PeerError) -> WebAnswer {
        var request = WebRequest(
            endpoint, at: baseURL.string, repeat each ids, headers: headers.map { (name: $0.name, value: $0.value) },
            body: body, maximumAnswer: maxResponseBytes)
        if let query { request.url += "?" + query }
        return try await send(
            request, authenticated: showsToken ?? (endpoint.resource.caller == .aggregator), deadline, retries)
    }

    /// Sends a request to a URL.
    ///
    /// - Parameter url: absolute. The bearer token goes only to URLs below ``baseURL``.
    package func send(
        _ method: HTTPMethod, _ url: String, body: [UInt8] = [], contentType: String? = nil,
        headers: [NodeError.Header] = [], authenticated: Bool = true, maxResponseBytes: Int,
        deadline: Duration = .seconds(60), retries: Bool = true
    ) async throws(PeerError) -> WebAnswer {
        try await send(
            method, url, body: .bytes(body), contentType: contentType, headers: headers, authenticated: authenticated,
            maxResponseBytes: maxResponseBytes, deadline: deadline, retries: retries)
    }

    /// Sends a request whose body may be longer than one wants to hold.
    package func send(
        _ method: HTTPMethod, _ url: String, body: WebBody, contentType: String? = nil,
        headers: [NodeError.Header] = [], authenticated: Bool = true, maxResponseBytes: Int,
        deadline: Duration = .seconds(60), retries: Bool = true
    ) async throws(PeerError) -> WebAnswer {
        var request = WebRequest(
            method, url, headers: headers.map { (name: $0.name, value: $0.value) },
            body: method == .POST ? body : .bytes([]), maximumAnswer: maxResponseBytes)
        if let contentType { request.headers.append((name: "Content-Type", value: contentType)) }
        return try await send(request, authenticated: authenticated, deadline, retries)
    }

    private func send(
        _ request: WebRequest, authenticated: Bool, _ deadline: Duration, _ retries: Bool
    ) async throws(PeerError) -> WebAnswer {
        var request = request
        let url = request.url
        if isStranger { throw stranger(url) }
        if authenticated, let token, ProtocolText.hasPrefix(url, baseURL.string + "/") {
            request.headers.append((name: "Authorization", value: token.authorization))
        }
        do throws(WebFailure) {
            return try await client.send(request, rule: .node(deadline: deadline, repeats: retries)) { _, wait in
                logger.debug("retrying", metadata: ["url": "\(url)", "wait": "\(wait)"])
            }
        } catch {
            throw PeerError(error, url: url)
        }
    }
}
