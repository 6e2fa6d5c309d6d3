import Crypto
import DAP
import Encodings
import Hummingbird
import Ledger
import NodeAPI
import Synchronization

/// `POST /cairn/handshake` at both nodes (`Protocols/handshake.md`), whatever their roles: the request says which the asker
/// has, and the answer is in the other.
struct HandshakeRoute: Sendable {
    let context: NodeContext
    private let strangers = StrangerLimit()

    init(context: NodeContext) {
        self.context = context
    }

    func addRoutes(to routes: inout RouteTable) {
        routes.add(API.handshake) { request, _ in try await answer(request) }
    }

    private func answer(_ request: Request) async throws -> Response {
        let body = try await request.bytes(of: API.handshake)
        let message: HandshakeRequest
        do throws(CodecError) { message = try HandshakeRequest(decoding: body) } catch {
            throw NodeError(error, in: "HandshakeRequest")
        }
        let shown = request.headers[.authorization].map { _ in (try? request.bearer()) ?? "" }
        let peer = try self.peer(message, shown)
        let token: HandshakeAnswer.Credential = shown.map { peer.tokens.match($0) ? .right : .wrong } ?? .absent
        let responder = HandshakeResponder(own: peer.own)
        let answer = try await responder.answer(message, token: token, clock: context.now()) { id in
            try await knowledge(of: id, for: peer)
        }
        if answer.head.isTrusting {
            peer.standing.heard(Self.digest(message, answer))
        } else {
            guard strangers.mayAnswer() else {
                throw NodeError.http(429, "Too many handshakes of strangers.", headers: [.init("Retry-After", "1")])
            }
        }
        return .bytes(answer.encoded(), type: HandshakeAnswer.mediaType)
    }

    /// Who asks, and what this node is to it: the peer whose secret proves the request, else the one whose token it shows, else
    /// one that says it is found where a peer is. Whoever is none of them is answered as a stranger, whichever this node
    /// takes it for.
    private func peer(_ request: HandshakeRequest, _ shown: String?) throws(NodeError) -> Peer {
        let opposite = context.peers.all.filter { $0.role.peer.dap == request.identity.role }
        // A node that does not have the other role says which it has.
        let candidates = opposite.isEmpty ? context.peers.all : opposite
        let proved = candidates.filter { peer in
            peer.own.secrets.current.contains { request.isProved(preSharedKey: $0) }
        }
        let showing = candidates.filter { peer in shown.map(peer.tokens.match) ?? false }
        let named = candidates.filter { peer in BaseURL(request.identity.url).map(peer.settings.isNamed) ?? false }
        guard let peer = proved.first ?? showing.first ?? named.first ?? candidates.first else {
            throw .http(404, "This node has no peers.")
        }
        return peer
    }

    /// What this node says to a peer about a task. It says nothing about those of other peers, or of other roles.
    private func knowledge(of id: TaskID, for peer: Peer) async throws -> HandshakeResponder.TaskKnowledge {
        let found: NodeTask?
        // One that this version cannot read is not served, and the answer is about the others as well.
        do { found = try await context.registry.known(id) } catch is StoredTaskError { return .unknown }
        guard let task = found else { return context.configuration.taskprov == nil ? .unknown : .onAnnouncement }
        let own = context.peer(of: task)
        guard own.role == peer.role, own.settings.url == peer.settings.url else { return .unknown }
        return task.isServed ? .served(verifyKeys: task.handshakeKeys) : .ended
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
