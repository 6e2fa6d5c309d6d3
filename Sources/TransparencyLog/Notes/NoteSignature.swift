import Encodings

// One signature line: em dash, space, key name, space, base64(key ID ‖ signature), newline.

/// A signature line as it stands in a note, not yet checked.
public struct NoteSignature: Sendable, Hashable {
    /// Name of the key that claims to have signed.
    public let name: String
    /// The key's ID, the first four bytes of what the line has in base64.
    public let keyID: UInt32
    /// The bytes after the key ID; their form depends on the signature type, which only the key's owner knows.
    public let signature: [UInt8]

    private static let start = Array("— ".utf8)

    init(by verifier: NoteVerifier, signature: [UInt8]) {
        name = verifier.name
        keyID = verifier.keyID
        self.signature = signature
    }

    /// Reads a line, newline included.
    ///
    /// - Throws: `NoteError.malformedSignatureLine`.
    public init(line: [UInt8]) throws(NoteError) {
        guard line.last == ASCII.newline else { throw .malformedSignatureLine }
        try self.init(content: line.dropLast())
    }

    /// Reads a line without its newline.
    init(content: ArraySlice<UInt8>) throws(NoteError) {
        guard content.starts(with: NoteSignature.start) else { throw .malformedSignatureLine }
        let parts = content.dropFirst(NoteSignature.start.count).split(
            separator: ASCII.space, omittingEmptySubsequences: false)
        guard parts.count == 2, let name = String(validating: parts[0], as: UTF8.self),
            NoteVerifier.isValidName(name), let bytes = Base64.decode(parts[1]), bytes.count > 4
        else { throw .malformedSignatureLine }
        self.name = name
        keyID = UInt32(UInt64(bigEndianBytes: bytes.prefix(4)))
        signature = Array(bytes.dropFirst(4))
    }

    /// The line, newline included.
    public var line: String {
        "— \(name) \(Base64.encode(keyID.bigEndianBytes + signature))\n"
    }

    public static func == (left: NoteSignature, right: NoteSignature) -> Bool {
        left.keyID == right.keyID && left.signature == right.signature && ASCII.same(left.name, right.name)
    }
}
