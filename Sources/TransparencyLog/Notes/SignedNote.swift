// Signed notes (c2sp.org/signed-note): a text, an empty line, and one line for each signature.
//
//     This is an example message.
//
//     — example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
//
// Anyone may add lines, so a reader skips signatures by keys that it does not know. But a line that names a known key
// and does not verify spoils the note: somebody tampered, or two parties disagree on what was signed. And a text that
// no known key signed is nobody's: do not use `text` of a note before `verify` has returned.

/// Why a note, a signature line or a set of signatures was refused.
public enum NoteError: Error, Equatable, Sendable {
    /// Longer than `SignedNote.maximumSize` bytes.
    case tooLong(Int)
    /// Not UTF-8, or with a control character other than newline.
    case malformedText
    /// The text does not end in a newline, or no empty line separates it from the signatures.
    case missingSeparator
    /// A note has at least one signature line, and each is `— <key name> <base64>` with a newline.
    case malformedSignatureLine
    /// More than `SignedNote.maximumSignatures` lines.
    case tooManySignatures(Int)
    /// A line by a known key does not verify.
    case badSignature(keyName: String, keyID: UInt32)
    /// No line is by a known key.
    case noKnownSignature
    /// A cosignature's time is 1 to 2^63 - 1 seconds.
    case timestampOutOfRange(UInt64)
    /// The cryptographic library refused to sign.
    case signingFailed
}

/// A text with signatures. Equal notes are equal byte for byte.
public struct SignedNote: Sendable, Hashable {
    /// Longest accepted note, in bytes.
    public static let maximumSize = 1_000_000
    /// Most signature lines accepted (the specification asks for at least 16).
    public static let maximumSignatures = 100

    /// The signed text in UTF-8, up to and including the newline before the empty line.
    public let text: [UInt8]
    /// The signature lines, in their order; known or not.
    public private(set) var signatures: [NoteSignature]

    /// A note from its parts, in the order given.
    ///
    /// - Throws: `NoteError.malformedText`, `.missingSeparator`, `.malformedSignatureLine` (no signature) or
    ///   `.tooManySignatures`.
    public init(text: [UInt8], signatures: [NoteSignature]) throws(NoteError) {
        try SignedNote.checkText(text)
        guard !signatures.isEmpty else { throw .malformedSignatureLine }
        guard signatures.count <= SignedNote.maximumSignatures else { throw .tooManySignatures(signatures.count) }
        self.text = text
        self.signatures = signatures
    }

    /// Signs a text, which must end in a newline.
    public init(text: String, signedBy signer: NoteSigner) throws(NoteError) {
        let text = Array(text.utf8)
        try self.init(text: text, signatures: [signer.sign(text)])
    }

    /// Reads a note. `serialized()` gives the same bytes back.
    public init(parsing bytes: [UInt8]) throws(NoteError) {
        guard bytes.count <= SignedNote.maximumSize else { throw .tooLong(bytes.count) }
        try SignedNote.checkCharacters(bytes)
        // The text may itself contain empty lines: the last one in the note is the separator.
        let newline = ASCII.newline
        guard let separator = bytes.indices.dropLast().last(where: { bytes[$0] == newline && bytes[$0 + 1] == newline })
        else { throw .missingSeparator }

        var lines = LineReader(Array(bytes[(separator + 2)...]))
        var signatures: [NoteSignature] = []
        while let line = lines.next() {
            guard signatures.count < SignedNote.maximumSignatures else {
                throw .tooManySignatures(signatures.count + 1)
            }
            signatures.append(try NoteSignature(content: line))
        }
        guard lines.rest.isEmpty else { throw .malformedSignatureLine }
        try self.init(text: Array(bytes[...separator]), signatures: signatures)
    }

    /// Text, empty line, signature lines.
    public func serialized() -> [UInt8] {
        text + [ASCII.newline] + signatures.flatMap { Array($0.line.utf8) }
    }

    /// Adds a signature line at the end, unless the very same line is there.
    public mutating func append(_ signature: NoteSignature) throws(NoteError) {
        guard !signatures.contains(signature) else { return }
        guard signatures.count < SignedNote.maximumSignatures else { throw .tooManySignatures(signatures.count + 1) }
        signatures.append(signature)
    }

    /// Checks every signature by a known key.
    ///
    /// - Parameter known: the keys to look for. Cosigner keys verify only on checkpoints, whose form is the caller's to
    ///   check (`SignedCheckpoint`).
    /// - Returns: the signatures that verified, in the order of the note, at least one.
    /// - Throws: `NoteError.badSignature` if a line by a known key does not verify, whatever the others do;
    ///   `.noKnownSignature` if there is no line by a known key.
    public func verify(with known: [NoteVerifier]) throws(NoteError) -> [VerifiedSignature] {
        var verified: [VerifiedSignature] = []
        for signature in signatures {
            let candidates = known.filter { $0.matches(signature) }
            guard !candidates.isEmpty else { continue }
            guard let valid = candidates.lazy.compactMap({ check(signature, with: $0) }).first else {
                throw .badSignature(keyName: signature.name, keyID: signature.keyID)
            }
            verified.append(valid)
        }
        guard !verified.isEmpty else { throw .noKnownSignature }
        return verified
    }

    /// The lines by one key that verify, in the order of the note. Others are passed over, also those that name the key:
    /// for signatures that are somebody's own word, which a line that anybody may add must not take away.
    package func validSignatures(by verifier: NoteVerifier) -> [VerifiedSignature] {
        signatures.compactMap { verifier.matches($0) ? check($0, with: verifier) : nil }
    }

    /// The signature as one by this key, or nil if it does not verify.
    func check(_ line: NoteSignature, with verifier: NoteVerifier) -> VerifiedSignature? {
        switch verifier.type {
        case .ed25519:
            guard line.signature.count == 64, verifier.isValid(line.signature, over: text) else { return nil }
            return VerifiedSignature(verifier: verifier, timestamp: nil, signature: line)
        case .cosignatureV1:
            guard line.signature.count == 8 + 64 else { return nil }
            let timestamp = UInt64(bigEndianBytes: line.signature.prefix(8))
            let message = Cosignature.message(timestamp: timestamp, text: text)
            guard timestamp <= UInt64(Int64.max), verifier.isValid(line.signature.dropFirst(8), over: message) else {
                return nil
            }
            return VerifiedSignature(verifier: verifier, timestamp: timestamp, signature: line)
        }
    }

    /// Checks that this can be the text of a note.
    static func checkText(_ text: [UInt8]) throws(NoteError) {
        guard text.count <= maximumSize else { throw .tooLong(text.count) }
        try checkCharacters(text)
        guard text.last == ASCII.newline else { throw .missingSeparator }
    }

    private static func checkCharacters(_ bytes: [UInt8]) throws(NoteError) {
        guard bytes.allSatisfy({ $0 >= 0x20 || $0 == ASCII.newline }), String(validating: bytes, as: UTF8.self) != nil
        else { throw .malformedText }
    }
}

/// A signature that has been checked.
public struct VerifiedSignature: Sendable, Hashable {
    /// The key that it is by.
    public let verifier: NoteVerifier
    /// When the cosigner says it signed, in seconds since 1970; nil for signatures without time. Signed, but no one
    /// else vouches for it.
    public let timestamp: UInt64?
    /// The line in the note.
    public let signature: NoteSignature
}
