import DAP
import Ledger
import NodeAPI
import Requests

/// What came of asking the peer.
package enum HandshakeOutcome: Sendable, Equatable {
    case assessed(HandshakeAssessment)
    /// Something answers that does not know the handshake; the answer in words.
    case plain(String)
    /// No answer, or one of somebody who cannot help it. Says nothing about the peer.
    case unreachable(String)
}

/// Reads the answer to a handshake. Pure.
package enum HandshakeReply: Equatable {
    case answer(HandshakeAnswer)
    case plain(String)
    case unreachable(String)

    package static func interpret(_ response: WebAnswer) -> HandshakeReply {
        if response.isSuccess, response.hasMediaType(HandshakeAnswer.mediaType) {
            do throws(CodecError) { return .answer(try HandshakeAnswer(decoding: response.body)) } catch {
                return .unreachable("its answer is damaged: \(error)")
            }
        }
        let text = "status \(response.status)"
        switch response.status {
        // Whoever answers so may be better in a moment, and tells nothing about who is behind.
        case 408, 425, 429, 500, 502, 503, 504: return .unreachable(text)
        default: return .plain(text)
        }
    }
}

/// Asks the peer whether the nodes fit each other.
package struct HandshakeCall: Sendable {
    let own: HandshakeSelf
    let peer: PeerClient
    let now: @Sendable () -> UInt64

    /// How long one exchange may take.
    package static let timeout: Duration = .seconds(10)

    package init(own: HandshakeSelf, peer: PeerClient, now: @escaping @Sendable () -> UInt64) {
        self.own = own
        self.peer = peer
        self.now = now
    }

    /// - Parameters:
    ///   - tasks: any number; a thousand at a time are asked about.
    ///   - revision: of this node's tasks.
    package func ask(about tasks: [HandshakeTask], revision: UInt64) async -> HandshakeOutcome {
        var result = HandshakeAssessment()
        var rest = tasks[...]
        repeat {
            let chunk = Array(rest.prefix(HandshakeRequest.mostTasks))
            rest = rest.dropFirst(chunk.count)
            switch await exchange(chunk, revision) {
            case .assessed(let part):
                // The last word about the nodes counts.
                result.node = part.node
                result.skew = part.skew
                result.tasks.merge(part.tasks) { $1 }
            case let other: return other
            }
        } while !rest.isEmpty
        return .assessed(result)
    }

    private func exchange(_ tasks: [HandshakeTask], _ revision: UInt64) async -> HandshakeOutcome {
        let secrets = own.secrets.current
        guard let secret = secrets.first else { return .unreachable("no secret is shared with it") }
        let request = HandshakeRequest(
            identity: own.identity(clock: now(), revision: revision), tasks: tasks.map { ($0.id, $0.verifyKeys[0]) },
            preSharedKey: secret)
        let start = ContinuousClock.now
        let before = now()
        let response: WebAnswer
        do throws(PeerError) {
            response = try await peer.send(
                API.handshake, body: .bytes(request.encoded()), showsToken: true,
                maxResponseBytes: BodyLimit.handshake, deadline: Self.timeout, retries: false)
        } catch {
            return .unreachable(error.description)
        }
        let took = Int((ContinuousClock.now - start) / .seconds(1))
        switch HandshakeReply.interpret(response) {
        case .plain(let text): return .plain(text)
        case .unreachable(let text): return .unreachable(text)
        case .answer(let answer):
            let asked = HandshakeRules.Asked(
                request: request, preSharedKey: secret, tasks: tasks, clock: before &+ UInt64(took / 2),
                uncertainty: took / 2 + 1, words: own.words)
            guard let assessment = HandshakeRules.assess(answer, asked) else {
                return .unreachable("its answer is not to this request")
            }
            return .assessed(assessment)
        }
    }
}
