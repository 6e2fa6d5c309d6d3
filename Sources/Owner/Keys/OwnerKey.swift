import Crypto
import Encodings

/// The key with which a task's owner signs tasks, rounds, models and payouts: an Ed25519 seed, one line in unpadded
/// base64url.
package enum OwnerKey {
    /// The file's text.
    package static func text(_ key: Curve25519.Signing.PrivateKey) -> String {
        Base64.encodeURL(Array(key.rawRepresentation)) + "\n"
    }

    /// The key of a file's one line; nil for anything else.
    package static func key(line: String) -> Curve25519.Signing.PrivateKey? {
        guard let seed = Base64.decodeURL(line) else { return nil }
        return try? Curve25519.Signing.PrivateKey(rawRepresentation: seed)
    }
}
