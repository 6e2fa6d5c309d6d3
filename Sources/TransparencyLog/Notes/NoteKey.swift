// Who signs a note: a name, a kind of signature, an Ed25519 public key, and the 32-bit ID made from the three
// (c2sp.org/signed-note, "Signatures" and "Verifier keys").
//
// The ID is a label for finding the right key, not a commitment to it; only the signature counts. It hashes the kind in,
// so that one name may sign in two ways without ambiguity.

import Crypto
import Encodings

/// Why a key or its text form was refused.
public enum NoteKeyError: Error, Equatable, Sendable {
    /// A key name must not be empty nor contain Unicode spaces, `+`, or control characters.
    case malformedName(String)
    /// The text is not `name+hex(key ID)+base64(type ‖ key)`, or for a secret key `PRIVATE+KEY+` and then that.
    case malformedKey
    /// The key ID in the text is not the one that name, type and key give.
    case wrongKeyID(expected: String, found: String)
    /// The key is for another signature algorithm than those this library speaks, or than the one asked for.
    case unsupportedType(UInt8)
    /// An Ed25519 key (public key or seed) is 32 bytes.
    case wrongKeyLength(Int)
    /// The public key has small order: everybody can sign under it.
    case weakKey
}

/// What a signature is made over, and so what it says. The raw value is the type byte assigned by C2SP.
public enum SignatureType: UInt8, Sendable, Hashable {
    /// Ed25519 over the note's text (c2sp.org/signed-note).
    case ed25519 = 0x01
    /// Ed25519 over a timestamp and a checkpoint's text (c2sp.org/tlog-cosignature): "this extends every tree of this
    /// log that I have seen".
    case cosignatureV1 = 0x04
}

/// A public key that verifies note signatures, under the name that stands in the signature line.
public struct NoteVerifier: Sendable, Hashable {
    /// The name that stands before the signature; compared byte for byte.
    public let name: String
    /// What a signature by the key means.
    public let type: SignatureType
    /// Ed25519 public key, 32 bytes.
    public let publicKey: [UInt8]
    /// The ID in signature lines: the first four bytes of SHA-256(name ‖ 0x0A ‖ type ‖ public key).
    public let keyID: UInt32

    /// A verifier from its parts.
    ///
    /// - Throws: `NoteKeyError.malformedName`, `.wrongKeyLength` or `.weakKey`.
    public init(name: String, type: SignatureType, publicKey: [UInt8]) throws(NoteKeyError) {
        guard NoteVerifier.isValidName(name) else { throw .malformedName(name) }
        guard publicKey.count == 32 else { throw .wrongKeyLength(publicKey.count) }
        guard !OpenKey.isOpen(publicKey) else { throw .weakKey }
        self.name = name
        self.type = type
        self.publicKey = publicKey
        let identity = Array(name.utf8) + [ASCII.newline, type.rawValue] + publicKey
        keyID = UInt32(UInt64(bigEndianBytes: Array(SHA256.hash(data: identity)).prefix(4)))
    }

    /// Reads a verifier key, e.g. `example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k`.
    public init(vkey: String) throws(NoteKeyError) {
        let parts = try KeyText(parsing: vkey)
        guard let type = SignatureType(rawValue: parts.type) else { throw .unsupportedType(parts.type) }
        try self.init(name: parts.name, type: type, publicKey: parts.key)
        try parts.checkID(keyID)
    }

    /// The verifier key as text: name, ID in hex, type and public key in base64.
    public var vkey: String {
        KeyText(name: name, keyID: Hex.encode(keyID.bigEndianBytes), type: type.rawValue, key: publicKey).text
    }

    /// True if `line` claims to be by this key: same name, byte for byte, and same ID.
    func matches(_ line: NoteSignature) -> Bool {
        keyID == line.keyID && ASCII.same(name, line.name)
    }

    /// True if `signature` is this key's Ed25519 signature over `message`.
    func isValid(_ signature: some Collection<UInt8>, over message: [UInt8]) -> Bool {
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey) else { return false }
        return key.isValidSignature(Array(signature), for: message)
    }

    /// Names stand between spaces in signature lines and between plus signs in keys, so they contain neither.
    package static func isValidName(_ name: String) -> Bool {
        !name.isEmpty
            && name.unicodeScalars.allSatisfy { !$0.properties.isWhitespace && $0 != "+" && $0.value >= 0x20 }
    }

    public static func == (left: NoteVerifier, right: NoteVerifier) -> Bool {
        left.type == right.type && left.publicKey == right.publicKey && ASCII.same(left.name, right.name)
    }
}

/// The text that keys are written as: `name+hex(ID)+base64(type ‖ key)`.
struct KeyText {
    let name: String
    let keyID: String
    let type: UInt8
    let key: [UInt8]

    init(name: String, keyID: String, type: UInt8, key: [UInt8]) {
        self.name = name
        self.keyID = keyID
        self.type = type
        self.key = key
    }

    /// Names contain no plus sign, so the first two end the name and the ID; base64 may contain more.
    init(parsing text: String) throws(NoteKeyError) {
        let parts = text.utf8.split(separator: ASCII.plus, maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[1].count == 8, let name = String(parts[0]), let keyID = String(parts[1]),
            let material = Base64.decode(parts[2]), let type = material.first
        else { throw .malformedKey }
        self.init(name: name, keyID: keyID, type: type, key: Array(material.dropFirst()))
    }

    var text: String {
        "\(name)+\(keyID)+\(Base64.encode([type] + key))"
    }

    func checkID(_ expected: UInt32) throws(NoteKeyError) {
        let expected = Hex.encode(expected.bigEndianBytes)
        guard ASCII.same(keyID, expected) else { throw .wrongKeyID(expected: expected, found: keyID) }
    }
}
