import DAP
import Ledger
import Synchronization

/// What this node says of itself in handshakes.
package struct HandshakeSelf: Sendable {
    let configuration: NodeConfiguration
    let keys: NodeKeys
    let secret: PreSharedKeyFile

    package init(configuration: NodeConfiguration, keys: NodeKeys) {
        self.configuration = configuration
        self.keys = keys
        secret = PreSharedKeyFile(path: configuration.pskFile, known: keys.preSharedKey)
    }

    /// For people and logs of the peer; nothing depends on it.
    static let software = "cairn \(Node.softwareVersion)"

    var role: NodeRole { configuration.role }

    /// For the peer.
    package func identity(
        version: UInt16 = HandshakeIdentity.currentVersion, clock: UInt64, revision: UInt64 = 0
    ) -> HandshakeIdentity {
        identity(
            version: version, clock: clock, revision: revision, software: Self.software,
            peerURL: configuration.peerURL.string)
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
            statementKey: keys.statementPublicKey, logOrigin: configuration.log.origin, noteKey: keys.note.vkey)
    }
}

/// The operators' secret as its file has it now. A node reads its keys when it starts; this one it reads again, so that an
/// operator who has put the right file in its place need not restart it.
package final class PreSharedKeyFile: Sendable {
    private let path: String
    private let state: Mutex<(key: [UInt8], read: ContinuousClock.Instant?)>

    /// - Parameter known: what to go on with while the file cannot be read.
    init(path: String, known: [UInt8]) {
        self.path = path
        state = Mutex((known, nil))
    }

    /// Not older than a second.
    package var current: [UInt8] {
        state.withLock { state in
            if let read = state.read, ContinuousClock.now - read < .seconds(1) { return state.key }
            if let key = try? KeyFiles.preSharedKey(at: path) { state.key = key }
            state.read = .now
            return state.key
        }
    }
}
