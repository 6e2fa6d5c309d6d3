// Secret keys. Two types for two kinds of signature: a `NoteSigner` signs any text (a log its checkpoints, a node its
// statements), a `Cosigner` signs only "I have seen this checkpoint, at this time, and it extends all I saw before".
// They are separate so that a witness key cannot be made to sign arbitrary text.
//
// Both are stored in the form that the Go note tools use for secret keys, `PRIVATE+KEY+` and then name, ID and
// base64(type ‖ seed). A cosigner's key says type 0x04, where some tools keep 0x01; its public key is the same.

import Crypto
import Encodings

/// An Ed25519 key that signs notes (signature type 0x01).
public struct NoteSigner: Sendable {
    /// The public half.
    public let verifier: NoteVerifier
    private let secret: SigningSecret

    /// A fresh key under this name.
    public init(name: String) throws(NoteKeyError) {
        (secret, verifier) = try SigningSecret.generate(name: name, type: .ed25519)
    }

    /// The key that comes from a 32-byte secret seed.
    public init(name: String, seed: [UInt8]) throws(NoteKeyError) {
        (secret, verifier) = try SigningSecret.derive(name: name, type: .ed25519, seed: seed)
    }

    /// Reads what `skey` writes.
    public init(skey: String) throws(NoteKeyError) {
        (secret, verifier) = try SigningSecret.parse(skey, type: .ed25519)
    }

    /// The secret key as text. Whoever has it can sign as this name.
    public var skey: String {
        secret.text(for: verifier)
    }

    /// Signs a note's text.
    ///
    /// - Throws: `NoteError` if the text cannot be the text of a note.
    public func sign(_ text: [UInt8]) throws(NoteError) -> NoteSignature {
        try SignedNote.checkText(text)
        return NoteSignature(by: verifier, signature: try secret.sign(text))
    }
}

/// An Ed25519 key that cosigns checkpoints (signature type 0x04, `cosignature/v1`).
///
/// - Warning: the signed bytes do not contain the cosigner's name: use a key for one name only.
public struct Cosigner: Sendable {
    /// The public half.
    public let verifier: NoteVerifier
    private let secret: SigningSecret

    /// A fresh key under this name.
    public init(name: String) throws(NoteKeyError) {
        (secret, verifier) = try SigningSecret.generate(name: name, type: .cosignatureV1)
    }

    /// The key that comes from a 32-byte secret seed.
    public init(name: String, seed: [UInt8]) throws(NoteKeyError) {
        (secret, verifier) = try SigningSecret.derive(name: name, type: .cosignatureV1, seed: seed)
    }

    /// Reads what `skey` writes.
    public init(skey: String) throws(NoteKeyError) {
        (secret, verifier) = try SigningSecret.parse(skey, type: .cosignatureV1)
    }

    /// The secret key as text. Whoever has it can cosign as this name.
    public var skey: String {
        secret.text(for: verifier)
    }

    /// States that this checkpoint is the largest consistent one that this cosigner has seen of its log. Decide that
    /// with `Witness` first.
    ///
    /// - Parameters:
    ///   - checkpoint: all of its text is signed, extension lines included.
    ///   - timestamp: time of signing in seconds since 1970, at most 2^63 - 1 and not 0.
    /// - Throws: `NoteError.timestampOutOfRange`.
    public func cosign(_ checkpoint: Checkpoint, timestamp: UInt64) throws(NoteError) -> NoteSignature {
        guard 1...UInt64(Int64.max) ~= timestamp else { throw .timestampOutOfRange(timestamp) }
        let message = Cosignature.message(timestamp: timestamp, text: checkpoint.text)
        return NoteSignature(by: verifier, signature: timestamp.bigEndianBytes + (try secret.sign(message)))
    }
}

/// The signed bytes of `cosignature/v1` (c2sp.org/tlog-cosignature, "Ed25519 signed message").
enum Cosignature {
    static func message(timestamp: UInt64, text: [UInt8]) -> [UInt8] {
        Array("cosignature/v1\ntime \(timestamp)\n".utf8) + text
    }
}

/// An Ed25519 private key and its text form.
struct SigningSecret: Sendable {
    private let key: Curve25519.Signing.PrivateKey

    static func generate(
        name: String, type: SignatureType
    ) throws(NoteKeyError) -> (SigningSecret, NoteVerifier) {
        try make(Curve25519.Signing.PrivateKey(), name: name, type: type)
    }

    static func derive(
        name: String, type: SignatureType, seed: [UInt8]
    ) throws(NoteKeyError) -> (SigningSecret, NoteVerifier) {
        guard seed.count == 32, let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed) else {
            throw .wrongKeyLength(seed.count)
        }
        return try make(key, name: name, type: type)
    }

    static func parse(_ text: String, type: SignatureType) throws(NoteKeyError) -> (SigningSecret, NoteVerifier) {
        let marker = "PRIVATE+KEY+"
        guard text.utf8.starts(with: marker.utf8), let rest = String(text.utf8.dropFirst(marker.utf8.count)) else {
            throw .malformedKey
        }
        let parts = try KeyText(parsing: rest)
        guard parts.type == type.rawValue else { throw .unsupportedType(parts.type) }
        let pair = try derive(name: parts.name, type: type, seed: parts.key)
        try parts.checkID(pair.1.keyID)
        return pair
    }

    func text(for verifier: NoteVerifier) -> String {
        let keyID = Hex.encode(verifier.keyID.bigEndianBytes)
        let seed = Array(key.rawRepresentation)
        return "PRIVATE+KEY+" + KeyText(name: verifier.name, keyID: keyID, type: verifier.type.rawValue, key: seed).text
    }

    func sign(_ message: [UInt8]) throws(NoteError) -> [UInt8] {
        do {
            return Array(try key.signature(for: message))
        } catch {
            throw .signingFailed
        }
    }

    private static func make(
        _ key: Curve25519.Signing.PrivateKey, name: String, type: SignatureType
    ) throws(NoteKeyError) -> (SigningSecret, NoteVerifier) {
        let verifier = try NoteVerifier(name: name, type: type, publicKey: Array(key.publicKey.rawRepresentation))
        return (SigningSecret(key: key), verifier)
    }
}
