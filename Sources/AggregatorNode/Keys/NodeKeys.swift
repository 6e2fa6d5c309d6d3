import Crypto
import DAP
import DurableFiles
import Encodings
import TransparencyLog

/// A node's secrets in memory.
package struct NodeKeys: Sendable {
    /// Receives the input shares that clients seal to this aggregator.
    package var hpke: HpkeKeyPair
    /// Signs closes, statements and rejections (design: task extension field `statement_keys`).
    package var statement: Curve25519.Signing.PrivateKey
    /// The role's key in the transparency log.
    package var note: NoteKey
    /// The two operators' 32-byte secret, from which a task's verification key derives (taskprov).
    package var preSharedKey: [UInt8]
    /// Leader to helper.
    package var aggregatorToken: BearerToken
    /// Collector to leader; nil on a helper.
    package var collectorToken: BearerToken?

    package enum NoteKey: Sendable {
        /// Leader: signs checkpoints.
        case log(NoteSigner)
        /// Helper: cosigns checkpoints.
        case witness(Cosigner)

        /// The key under which a helper cosigns; nil on a leader.
        package var witness: NoteVerifier? {
            if case .witness(let cosigner) = self { cosigner.verifier } else { nil }
        }

        /// The public key as others write it in policies.
        package var vkey: String {
            switch self {
            case .log(let signer): signer.verifier.vkey
            case .witness(let cosigner): cosigner.verifier.vkey
            }
        }
    }

    /// 32 bytes; stands in every task that this node serves.
    package var statementPublicKey: [UInt8] { Array(statement.publicKey.rawRepresentation) }
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
        let note: NoteKey
        switch configuration.role {
        case .leader:
            let signer = try KeyFiles.logKey(at: configuration.log.keyFile)
            guard ProtocolText.same(signer.verifier.name, configuration.log.origin) else {
                throw .malformed(
                    path: configuration.log.keyFile,
                    reason: "the key is named '\(signer.verifier.name)', the log '\(configuration.log.origin)'")
            }
            note = .log(signer)
        case .helper:
            note = .witness(try KeyFiles.witnessKey(at: configuration.log.keyFile))
        }
        let collectorToken: BearerToken? =
            if let file = configuration.tokens.collectorFile { try KeyFiles.token(at: file) } else { nil }
        return NodeKeys(
            hpke: try ownHpkeKey(at: "\(configuration.keyDirectory)/hpke"),
            statement: try ownStatementKey(at: "\(configuration.keyDirectory)/statement"),
            note: note,
            preSharedKey: try KeyFiles.preSharedKey(at: configuration.pskFile),
            aggregatorToken: try KeyFiles.token(at: configuration.tokens.aggregatorFile),
            collectorToken: collectorToken)
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
