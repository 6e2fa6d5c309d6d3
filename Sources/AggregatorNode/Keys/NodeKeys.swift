import Crypto
import DAP
import Datastore
import DurableFiles
import Encodings
import Tasks
import TransparencyLog

/// A node's secrets in memory.
package struct NodeKeys: Sendable {
    /// Receives the input shares that clients seal to this aggregator.
    package var hpke: HpkeKeyPair
    /// Signs closes, statements and rejections (design: task extension field `statement_keys`).
    package var statement: Curve25519.Signing.PrivateKey
    /// Signs checkpoints of the node's log; nil of a node that leads no task.
    package var log: NoteSigner?
    /// Cosigns checkpoints of the peers' logs; nil of a node that helps in no task.
    package var witness: Cosigner?
    /// What this node shares with each peer of its configuration, in their order.
    package var peers: [PeerKeys]
    /// Collector to leader: all that are accepted; none on a helper.
    package var collectorTokens: [BearerToken]

    /// 32 bytes; stands in every task that this node serves.
    package var statementPublicKey: [UInt8] { Array(statement.publicKey.rawRepresentation) }

    /// The public key, as others write it in policies, under which the node signs in a role: its log's or its witness's.
    package func noteKey(_ role: NodeRole) -> NoteVerifier? { role == .leader ? log?.verifier : witness?.verifier }
}

/// What two operators share.
package struct PeerKeys: Sendable {
    /// 32-byte secrets, from which tasks' verification keys derive (taskprov); at least one, and the first is used.
    package var preSharedKeys: [[UInt8]]
    /// What the nodes know each other by; at least one. The first is shown, all are accepted.
    package var tokens: [BearerToken]

    package init(preSharedKeys: [[UInt8]], tokens: [BearerToken]) {
        precondition(!preSharedKeys.isEmpty && !tokens.isEmpty, "nodes share a secret and a token")
        self.preSharedKeys = preSharedKeys
        self.tokens = tokens
    }

    package var preSharedKey: [UInt8] { preSharedKeys[0] }
    package var token: BearerToken { tokens[0] }

    /// The verification keys that a task can have, by the secrets that there are; the first is that of a task that is added
    /// now.
    package func verifyKeys(of task: TaskID) -> [[UInt8]] {
        preSharedKeys.map { Taskprov.verifyKey(preSharedKey: $0, taskID: task) }
    }
}

extension NodeKeys {
    /// Reads the keys that the configuration names, and reads or makes the node's own: `keys/hpke` and
    /// `keys/statement` in its data folder.
    package static func load(_ configuration: NodeConfiguration) throws(KeyFileError) -> NodeKeys {
        do throws(DurableFileError) {
            try DurableFile.makeDirectory(configuration.keyDirectory, mode: 0o700)
        } catch {
            throw .file(error)
        }
        var log: NoteSigner?
        if let leader = configuration.leader {
            let signer = try KeyFiles.logKey(at: leader.logKeyFile)
            guard ProtocolText.same(signer.verifier.name, leader.logOrigin) else {
                throw .malformed(
                    path: leader.logKeyFile,
                    reason: "the key is named '\(signer.verifier.name)', the log '\(leader.logOrigin)'")
            }
            log = signer
        }
        let witness: Cosigner? =
            if let helper = configuration.helper { try KeyFiles.witnessKey(at: helper.witnessKeyFile) } else { nil }
        return NodeKeys(
            hpke: try ownHpkeKey(at: configuration.hpkeKeyFile),
            statement: try ownStatementKey(at: configuration.statementKeyFile),
            log: log, witness: witness, peers: try peers(configuration.peers),
            collectorTokens: try tokens(configuration.leader?.collectorTokenFiles ?? []))
    }

    /// What is shared with each peer, and with no two of them: who has a secret of one could pass for it with the other.
    private static func peers(_ peers: [PeerSettings]) throws(KeyFileError) -> [PeerKeys] {
        var secrets: [[UInt8]: String] = [:]
        var tokens: [String: String] = [:]
        var keys: [PeerKeys] = []
        for peer in peers {
            let (own, shown) = (try self.secrets(peer.pskFiles), try self.tokens(peer.tokenFiles))
            for (file, secret) in zip(peer.pskFiles, own) {
                if let other = secrets.updateValue(file, forKey: secret) { throw twice(file, other, "pre-shared key") }
            }
            for (file, token) in zip(peer.tokenFiles, shown) {
                if let other = tokens.updateValue(file, forKey: token.text) { throw twice(file, other, "token") }
            }
            keys.append(PeerKeys(preSharedKeys: own, tokens: shown))
        }
        return keys
    }

    private static func twice(_ file: String, _ other: String, _ kind: String) -> KeyFileError {
        .malformed(
            path: file,
            reason: "the same \(kind) as in \(other); each peer has its own, and a new one takes the place of another")
    }

    private static func secrets(_ files: [String]) throws(KeyFileError) -> [[UInt8]] {
        try files.map { file throws(KeyFileError) in try KeyFiles.preSharedKey(at: file) }
    }

    private static func tokens(_ files: [String]) throws(KeyFileError) -> [BearerToken] {
        try files.map { file throws(KeyFileError) in try KeyFiles.token(at: file) }
    }

    private static func ownHpkeKey(at path: String) throws(KeyFileError) -> HpkeKeyPair {
        do throws(KeyFileError) {
            try KeyFiles.makeHpkeKey(id: UInt8.random(in: .min ... .max), at: path)
        } catch .exists {
        }
        return try KeyFiles.hpkeKey(at: path)
    }

    private static func ownStatementKey(at path: String) throws(KeyFileError) -> Curve25519.Signing.PrivateKey {
        do throws(KeyFileError) {
            try KeyFiles.create(path, KeyFiles.randomLine())
        } catch .exists {
        }
        let seed = try KeyFiles.secret(at: path, kind: "token")
        do {
            return try Curve25519.Signing.PrivateKey(rawRepresentation: seed)
        } catch {
            throw .malformed(path: path, reason: "not an Ed25519 private key")
        }
    }
}

extension NodeConfiguration {
    package var hpkeKeyFile: String { "\(keyDirectory)/hpke" }
    package var statementKeyFile: String { "\(keyDirectory)/statement" }
    /// The keys that the node signs with in its log, and on others' logs.
    package var noteKeyFiles: [String] { [leader?.logKeyFile, helper?.witnessKeyFile].compactMap(\.self) }
}
