import Crypto
import DAP
import Hummingbird
import Ledger
import Synchronization

/// `POST /cairn/handshake` at both nodes (`Protocols/handshake.md`).
struct HandshakeRoute: Sendable {
    let context: NodeContext
    private let strangers = StrangerLimit()

    init(context: NodeContext) {
        self.context = context
    }

    func addRoutes(to routes: inout RouteTable) {
        routes.post("/cairn/handshake") { request, _ in try await answer(request) }
    }

    private func answer(_ request: Request) async throws -> Response {
        try request.requireMediaType(HandshakeRequest.mediaType)
        let body = try await request.bytes(upTo: BodyLimit.handshake)
        let message: HandshakeRequest
        do throws(CodecError) { message = try HandshakeRequest(decoding: body) } catch {
            throw NodeError(error, in: "HandshakeRequest")
        }
        let responder = HandshakeResponder(own: context.handshakeSelf)
        let answer = try await responder.answer(message, token: token(request), clock: context.now()) { id in
            try await context.registry.knowledge(of: id, context.configuration)
        }
        if answer.head.isTrusting {
            context.standing.heard(Self.digest(message, answer))
        } else {
            guard strangers.mayAnswer() else {
                throw NodeError.http(429, "Too many handshakes of strangers.", headers: [.init("Retry-After", "1")])
            }
        }
        return .bytes(answer.encoded(), type: HandshakeAnswer.mediaType)
    }

    private func token(_ request: Request) -> HandshakeAnswer.Credential {
        guard request.headers[.authorization] != nil else { return .absent }
        return (try? request.requireBearer(context.keys.aggregatorToken)) == nil ? .wrong : .right
    }

    /// What is new about a request, if anything is: not the nonce and not the time. Its tasks are in the revision.
    private static func digest(_ request: HandshakeRequest, _ answer: HandshakeAnswer) -> [UInt8] {
        var identity = request.identity
        identity.nonce = [UInt8](repeating: 0, count: HandshakeIdentity.nonceSize)
        identity.clock = 0
        var writer = ByteWriter()
        identity.encode(into: &writer)
        writer.write([answer.head.token.rawValue, answer.head.psk.rawValue])
        return HandshakeKey.digest(writer.bytes)
    }
}

extension BodyLimit {
    /// A thousand tasks, and the URLs and names of one node.
    package static let handshake = 128 << 10
}

extension TaskRegistry {
    /// What a handshake says about a task.
    func knowledge(
        of id: TaskID, _ configuration: NodeConfiguration
    ) async throws -> HandshakeResponder.TaskKnowledge {
        let found: NodeTask?
        // One that this version cannot read is not served, and the answer is about the others as well.
        do { found = try await known(id) } catch is StoredTaskError { return .unknown }
        guard let task = found else { return configuration.taskprov == nil ? .unknown : .onAnnouncement }
        return task.isServed ? .served(verifyKeys: task.handshakeKeys) : .ended
    }
}

/// Bounds what strangers can make a node compute and say: so many answers a second, of all of them together. The peer is not
/// counted.
final class StrangerLimit: Sendable {
    static let perSecond = 20
    private let window = Mutex<(start: ContinuousClock.Instant, count: Int)>((.now, 0))

    func mayAnswer(at now: ContinuousClock.Instant = .now) -> Bool {
        window.withLock { window in
            if now - window.start >= .seconds(1) { window = (now, 0) }
            window.count += 1
            return window.count <= Self.perSecond
        }
    }
}
