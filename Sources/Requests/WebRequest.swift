import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NodeAPI
import Synchronization

/// A request to a server, for ``WebClient``.
package struct WebRequest: Sendable {
    package var method: HTTPMethod
    /// Absolute. Whether anything may be sent there is looked at when it is sent.
    package var url: String
    package var headers: [(name: String, value: String)]
    package var body: WebBody
    /// Answers with longer bodies are given up as soon as they are too long.
    package var maximumAnswer: Int

    package init(
        _ method: HTTPMethod, _ url: String, headers: [(name: String, value: String)] = [], body: WebBody,
        maximumAnswer: Int = 1 << 20
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.maximumAnswer = maximumAnswer
    }

    package init(
        _ method: HTTPMethod, _ url: String, headers: [(name: String, value: String)] = [], body: [UInt8] = [],
        maximumAnswer: Int = 1 << 20
    ) {
        self.init(method, url, headers: headers, body: .bytes(body), maximumAnswer: maximumAnswer)
    }

    /// A request for a resource of a node or witness.
    ///
    /// - Parameters:
    ///   - server: its URL, with or without a slash at its end.
    ///   - type: of the body; the resource's usual one where nil.
    package init<each ID: PathText>(
        _ endpoint: Endpoint<repeat each ID>, at server: String, _ ids: repeat each ID,
        headers: [(name: String, value: String)] = [], body: WebBody = .bytes([]), type: ContentType? = nil,
        maximumAnswer: Int = 1 << 20
    ) {
        var headers = headers
        if let type = type ?? endpoint.resource.request.types.first {
            headers.append((name: "Content-Type", value: type.header))
        }
        self.init(
            HTTPMethod(rawValue: endpoint.resource.method.rawValue), endpoint.url(at: server, repeat each ids),
            headers: headers, body: body, maximumAnswer: maximumAnswer)
    }
}

/// What a request carries.
package enum WebBody: Sendable {
    case bytes([UInt8])
    /// Made while it is sent, anew for each attempt, and of this length: for lists as long as a batch.
    case pages(length: Int, make: @Sendable () -> AsyncThrowingStream<ByteBuffer, any Error>)

    package var count: Int {
        switch self {
        case .bytes(let bytes): bytes.count
        case .pages(let length, _): length
        }
    }

    /// A head and pages behind it. The next page is fetched when the server has taken the one before.
    ///
    /// - Parameters:
    ///   - length: of all together. A body that turns out otherwise is an error, and the request not a whole one.
    ///   - next: a page and where the one behind it begins; nil behind the last.
    package static func pages<Cursor: Sendable>(
        length: Int, head: [UInt8], from start: Cursor,
        _ next: @escaping @Sendable (Cursor) async throws -> (page: [UInt8], cursor: Cursor)?
    ) -> WebBody {
        .pages(length: length) {
            // Nil before the head. Whoever reads a stream asks for one element after the other.
            let position = Mutex<Cursor?>(nil)
            return AsyncThrowingStream(unfolding: {
                guard let cursor = position.withLock({ $0 }) else {
                    position.withLock { $0 = start }
                    return ByteBuffer(bytes: head)
                }
                guard let (page, following) = try await next(cursor) else { return nil }
                position.withLock { $0 = following }
                return ByteBuffer(bytes: page)
            })
        }
    }

    /// As the client library takes it, for one attempt.
    var request: HTTPClientRequest.Body {
        switch self {
        case .bytes(let bytes): .bytes(ByteBuffer(bytes: bytes))
        case .pages(let length, let make): .stream(make(), length: .known(Int64(length)))
        }
    }
}
