import DAP
import Encodings
import Hummingbird
import NIOCore

/// A request's body on its way in: the client is told to continue when the first byte is wanted, what is read counts
/// against the process's memory, and only a whole body ends without an error.
struct RequestIntake: AsyncSequence, Sendable {
    typealias Element = ByteBuffer

    let body: RequestBody
    /// What the head says; nil for chunks.
    let announced: Int?
    /// Whether the client may be waiting for our word before it sends the body.
    let isAwaited: Bool
    let reservation: MemoryBudget.Reservation
    let channel: any Channel

    func makeAsyncIterator() -> Iterator {
        Iterator(intake: self, parts: body.makeAsyncIterator())
    }

    struct Iterator: AsyncIteratorProtocol {
        let intake: RequestIntake
        var parts: RequestBody.AsyncIterator
        var received: Int?

        init(intake: RequestIntake, parts: RequestBody.AsyncIterator) {
            self.intake = intake
            self.parts = parts
        }

        /// - Throws: `NodeError` 503, 408, or 400 where the client is gone.
        mutating func next() async throws -> ByteBuffer? {
            if received == nil {
                try reserve(intake.announced ?? 0)
                // It wakes the connection's thread, so nobody else is spoken to.
                if intake.isAwaited {
                    intake.channel.triggerUserOutboundEvent(ConnectionKeeper.BodyWanted(), promise: nil)
                }
            }
            let part: ByteBuffer?
            do { part = try await parts.next() } catch ConnectionKeeper.BrokenBody.late {
                throw NodeError.http(408, "The request came too slowly.")
            } catch {
                throw NodeError.http(400, "The request is not whole: its body broke off.")
            }
            let total = (received ?? 0) + (part?.readableBytes ?? 0)
            received = total
            if part == nil, let announced = intake.announced, total != announced {
                throw NodeError.http(400, "The request is not whole: \(total) of \(announced) bytes came.")
            }
            try reserve(total)
            return part
        }

        private func reserve(_ bytes: Int) throws(NodeError) {
            guard intake.reservation.grow(to: bytes) else {
                throw .unavailable("This node has too many requests in its memory.", retryAfter: 5)
            }
        }
    }
}

extension Request {
    /// The length of the body as the head announces it; nil where it does not.
    var announcedLength: Int? {
        guard headers[.transferEncoding] == nil else { return nil }
        return headers[.contentLength].map { Int($0) } ?? 0
    }

    /// The most that the body may turn out to have, where more than `limit` is refused anyway.
    func length(upTo limit: Int) -> Int { min(announcedLength ?? limit, limit) }

    /// HTTP/1.1 wants exactly one `Host` (RFC 9112 section 3.2): whoever routes by one of two, or guesses at one that is
    /// missing, may mean another server than we. (For HTTP/1.0, which may do without, ``ConnectionKeeper`` adds an empty one.)
    func requireHost() throws(NodeError) {
        // The first one has become the authority.
        let further = HeaderName("Host").map { headers[values: $0].count } ?? 0
        guard head.authority != nil, further == 0 else {
            throw .http(
                400, "A request has to have one Host header field; this one has \(further == 0 ? "none" : "several").")
        }
    }

    /// Refuses bodies in a form that we do not read: nothing is unpacked here, so that a small request stays small.
    func requirePlainBody() throws(NodeError) {
        guard let name = HeaderName("Content-Encoding"), let accepting = HeaderName("Accept-Encoding") else { return }
        guard headers[values: name].allSatisfy({ Self.isList($0, of: "identity") }) else {
            throw .http(
                415, "Bodies are taken without a content coding.", headers: [.init(accepting.rawName, "identity")])
        }
        guard headers[values: .transferEncoding].allSatisfy({ Self.isList($0, of: "chunked") }) else {
            throw .http(501, "The only transfer coding that this node knows is chunked.")
        }
    }

    /// Whether a comma-separated list has this token at most, in any case of letters.
    private static func isList(_ text: String, of token: String) -> Bool {
        ProtocolText.split(text, by: UInt8(ascii: ",")).allSatisfy {
            let member = ProtocolText.trimmed($0)
            return member.isEmpty || ProtocolText.sameIgnoringCase(member, token)
        }
    }
}
