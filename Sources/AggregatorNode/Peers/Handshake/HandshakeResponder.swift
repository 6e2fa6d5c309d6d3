import DAP
import Ledger

/// Answers handshakes. Knows no network and keeps no state: a request that was heard before gets the answer that its
/// nonce deserves, and nothing follows from it.
package struct HandshakeResponder: Sendable {
    /// What this node knows of a task that it was asked about.
    package enum TaskKnowledge: Sendable {
        case unknown
        /// Unknown, and may be opted into from a request's header (taskprov).
        case onAnnouncement
        case ended
        /// At least one key, the first of which this node would use as a leader.
        case served(verifyKeys: [[UInt8]])
    }

    let own: HandshakeSelf

    package init(own: HandshakeSelf) {
        self.own = own
    }

    /// - Parameters:
    ///   - token: what the request's `Authorization` header proves.
    ///   - clock: POSIX seconds.
    ///   - task: asked only for a sender that has proved to be the peer.
    package func answer(
        _ request: HandshakeRequest, token: HandshakeAnswer.Credential, clock: UInt64,
        task: (TaskID) async throws -> TaskKnowledge
    ) async throws -> HandshakeAnswer {
        let version = min(request.identity.version, HandshakeIdentity.currentVersion)
        // While a secret is being replaced, the two nodes may use different ones: the answer has the asker's.
        let secrets = own.secrets.current
        let proved = secrets.first { request.isProved(preSharedKey: $0) }
        let psk: HandshakeAnswer.Credential = proved == nil ? .wrong : .right
        // Whoever sends a node's own request back to it is a stranger, also to a node that has the other role as well.
        let isPeer =
            request.identity.role == own.role.peer.dap && request.identity.statementKey != own.keys.statementPublicKey
        guard isPeer, !secrets.isEmpty, token == .right || psk == .right else {
            return HandshakeAnswer(
                refusing: .init(
                    identity: own.publicIdentity(version: version), requestHash: request.hash,
                    token: token == .right ? .wrong : token, psk: .wrong))
        }
        let digest = HandshakeKey.digest(request.identity.encoded())
        var verdicts: [(id: TaskID, status: TaskVerdict.Status, verifyKey: [UInt8]?)] = []
        for claim in request.tasks {
            switch try await task(claim.id) {
            case .unknown: verdicts.append((claim.id, .unknown, nil))
            case .onAnnouncement: verdicts.append((claim.id, .onAnnouncement, nil))
            case .ended: verdicts.append((claim.id, .ended, nil))
            case .served(let keys):
                let (isSame, key) = HandshakeTask.match(keys, role: own.role.dap) {
                    claim.isProved(verifyKey: $0, identity: digest)
                }
                verdicts.append((claim.id, isSame ? .sameKey : .otherKey, key))
            }
        }
        return HandshakeAnswer(
            head: .init(
                identity: own.identity(version: version, clock: clock), requestHash: request.hash, token: token,
                psk: psk),
            tasks: verdicts, preSharedKey: proved ?? secrets.first ?? [])
    }
}
