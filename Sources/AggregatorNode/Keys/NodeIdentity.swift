import Crypto
import DAP
import Datastore
import Encodings
import TransparencyLog

/// The keys that make a node what it is, by their fingerprints: whoever has its database and others is another node.
///
/// Secrets that two operators share, and tokens, do not belong to it: they can be replaced while the node runs.
package struct NodeIdentity: Sendable, Equatable {
    /// Names are stored and never change.
    package enum Key: String, Sendable, CaseIterable {
        case hpke, statement, log, witness
    }

    package var fingerprints: [Key: [UInt8]]

    package init(_ keys: NodeKeys) {
        self.init(
            hpke: keys.hpke.config, statement: keys.statementPublicKey, log: keys.noteKey(.leader),
            witness: keys.noteKey(.helper))
    }

    /// Of the keys whose files are there and can be read; none is made.
    init(filesOf configuration: NodeConfiguration) {
        let statement = (try? KeyFiles.secret(at: configuration.statementKeyFile, kind: "token")).flatMap {
            try? Curve25519.Signing.PrivateKey(rawRepresentation: $0)
        }
        self.init(
            hpke: (try? KeyFiles.hpkeKey(at: configuration.hpkeKeyFile))?.config,
            statement: statement.map { Array($0.publicKey.rawRepresentation) },
            log: configuration.leader.flatMap { try? KeyFiles.logKey(at: $0.logKeyFile) }?.verifier,
            witness: configuration.helper.flatMap { try? KeyFiles.witnessKey(at: $0.witnessKeyFile) }?.verifier)
    }

    private init(hpke: HpkeConfig?, statement: [UInt8]?, log: NoteVerifier?, witness: NoteVerifier?) {
        let publicKeys: [Key: [UInt8]?] = [
            .hpke: hpke?.encoded(), .statement: statement, .log: log.map { Array($0.vkey.utf8) },
            .witness: witness.map { Array($0.vkey.utf8) },
        ]
        fingerprints = publicKeys.compactMapValues { $0.map { Array(SHA256.hash(data: $0)) } }
    }

    /// Which file has another key than the database knows, in words for an operator; nil where none has. Pure.
    ///
    /// - Parameter others: what the database knows of keys that differ.
    package func refusal(_ others: [String: [UInt8]], _ configuration: NodeConfiguration) -> String? {
        // An HPKE key alone is one that was replaced. With another one it is another node's, or a node's that began anew.
        let differing = Key.allCases.filter { others[$0.rawValue] != nil }
        guard let key = differing.first(where: { $0 != .hpke }) ?? differing.first, let known = others[key.rawValue],
            let own = fingerprints[key]
        else { return nil }
        let file =
            switch key {
            case .hpke: configuration.hpkeKeyFile
            case .statement: configuration.statementKeyFile
            case .log: configuration.leader?.logKeyFile ?? ""
            case .witness: configuration.helper?.witnessKeyFile ?? ""
            }
        let instead =
            key == .hpke
            ? " A new HPKE key, for reports that are sent from now on, is declared once: cairn node run --new-hpke-key"
            : configuration.database.hasReplicas
                ? " Where a restore was declared in the folder of another replica, declare it in this one as well: cairn node "
                    + "restored; then copy its new keys"
                : " If the key is lost, what the node has signed cannot be gone on with; declare that: cairn node restored"
        return "\(file) is not the key that this node has used with its database (\(configuration.database.name)): its "
            + "fingerprint is \(Self.short(own)), the database knows \(Self.short(known)). Put the file back that belongs to "
            + "this database, or the database that belongs to this file." + instead
    }

    private static func short(_ fingerprint: [UInt8]) -> String { Hex.encode(Array(fingerprint.prefix(8))) }

    /// Makes sure that database and keys belong together, and changes nothing.
    ///
    /// - Parameter replacing: keys that the operator has replaced.
    package func require(
        _ store: any KeyFingerprintStore, _ configuration: NodeConfiguration, replacing: Set<Key> = []
    ) async throws(NodeStartError) {
        let others: [String: [UInt8]]
        do throws(DatastoreError) {
            others = try await store.otherKeys(than: stored.filter { !Self.names(replacing).contains($0.key) })
        } catch {
            throw .database(name: configuration.database.name, error)
        }
        if let refusal = refusal(others, configuration) { throw .failed(refusal) }
    }

    /// Makes sure that database and keys belong together, and remembers keys that the database has never seen.
    ///
    /// - Parameter replacing: keys that the operator has replaced.
    package static func check(
        _ keys: NodeKeys, _ store: any KeyFingerprintStore, _ configuration: NodeConfiguration,
        replacing: Set<Key> = []
    ) async throws(NodeStartError) {
        let identity = NodeIdentity(keys)
        let others: [String: [UInt8]]
        do throws(DatastoreError) {
            others = try await store.claimKeys(identity.stored, replacing: names(replacing))
        } catch {
            throw .database(name: configuration.database.name, error)
        }
        if let refusal = identity.refusal(others, configuration) { throw .failed(refusal) }
    }

    /// As the database has them.
    var stored: [String: [UInt8]] {
        Dictionary(uniqueKeysWithValues: fingerprints.map { ($0.key.rawValue, $0.value) })
    }

    private static func names(_ keys: Set<Key>) -> Set<String> { Set(keys.map(\.rawValue)) }
}
