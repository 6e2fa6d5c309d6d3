import DAP
import Datastore
import Ledger
import Synchronization

/// What this node says of itself to one of its peers, in the role that it has towards it.
package struct HandshakeSelf: Sendable {
    let configuration: NodeConfiguration
    let keys: NodeKeys
    let role: NodeRole
    let peer: PeerSettings
    let secrets: PreSharedKeyFiles

    /// - Parameter shared: what the node shares with the peer; nil where that is nothing, and no handshake is possible.
    package init(
        configuration: NodeConfiguration, keys: NodeKeys, role: NodeRole, peer: PeerSettings, shared: PeerKeys?
    ) {
        self.configuration = configuration
        self.keys = keys
        self.role = role
        self.peer = peer
        secrets = PreSharedKeyFiles(paths: peer.pskFiles, known: shared?.preSharedKeys ?? [])
    }

    /// For people and logs of the peer; nothing depends on it.
    static let software = "cairn \(Node.softwareVersion)"

    /// What its operator calls what concerns the peer.
    var words: PeerWords { PeerWords(peer, role: role) }

    /// The log of the tasks that the two nodes have in these roles: the leader's.
    var logOrigin: String { (role == .leader ? configuration.leader?.logOrigin : peer.logOrigin) ?? "" }

    /// For the peer.
    package func identity(
        version: UInt16 = HandshakeIdentity.currentVersion, clock: UInt64, revision: UInt64 = 0
    ) -> HandshakeIdentity {
        identity(
            version: version, clock: clock, revision: revision, software: Self.software,
            peerURL: peer.url.string)
    }

    /// For strangers: what `GET /cairn/info` says.
    func publicIdentity(version: UInt16) -> HandshakeIdentity {
        identity(version: version, clock: 0, revision: 0, software: "", peerURL: "")
    }

    private func identity(
        version: UInt16, clock: UInt64, revision: UInt64, software: String, peerURL: String
    ) -> HandshakeIdentity {
        var generator = SystemRandomNumberGenerator()
        return HandshakeIdentity(
            version: version, role: role.dap,
            nonce: (0..<HandshakeIdentity.nonceSize).map { _ in .random(in: .min ... .max, using: &generator) },
            clock: clock, revision: revision, software: software, url: configuration.publicURL.string, peerURL: peerURL,
            statementKey: keys.statementPublicKey, logOrigin: logOrigin, noteKey: keys.noteKey(role)?.vkey ?? "")
    }
}

/// The operators' secrets as their files have them now. A node reads its keys when it starts; these it reads again, so that an
/// operator who has put the right file in its place need not restart it.
package final class PreSharedKeyFiles: Sendable {
    private let paths: [String]
    private let state: Mutex<(keys: [[UInt8]], read: ContinuousClock.Instant?)>

    /// - Parameter known: what to go on with while a file cannot be read.
    init(paths: [String], known: [[UInt8]]) {
        self.paths = paths
        state = Mutex((known, nil))
    }

    /// Not older than a second; the first is used.
    package var current: [[UInt8]] {
        state.withLock { state in
            if let read = state.read, ContinuousClock.now - read < .seconds(1) { return state.keys }
            for (index, path) in paths.enumerated() where state.keys.indices.contains(index) {
                if let key = try? KeyFiles.preSharedKey(at: path) { state.keys[index] = key }
            }
            state.read = .now
            return state.keys
        }
    }
}
