// The witness's answer, as the log that asked reads it.

/// What came back from `add-checkpoint`.
public enum WitnessResponse: Sendable, Hashable {
    /// Cosignatures by known witness keys on the checkpoint that was sent, the newest by each key; all of them verified.
    case cosigned([VerifiedSignature])
    /// The witness saw a tree of this size last: ask again with a proof from there.
    case conflict(latest: UInt64)
    /// Any other status, with the beginning of the body.
    case refused(status: Int, message: String)

    /// Reads an answer.
    ///
    /// - Parameters:
    ///   - status: HTTP status.
    ///   - body: HTTP body, of which the caller read no more than `SignedNote.maximumSize` bytes.
    ///   - checkpoint: the checkpoint that was sent.
    ///   - witnesses: the keys that the witness may sign with; lines by others are ignored.
    /// - Throws: `NoteError` if a status of 200 comes with anything but valid cosignatures.
    public init(
        status: Int, body: [UInt8], checkpoint: SignedCheckpoint, witnesses: [NoteVerifier]
    ) throws(NoteError) {
        switch status {
        case 200:
            self = .cosigned(try WitnessResponse.cosignatures(body, checkpoint, witnesses))
        case 409:
            guard body.last == ASCII.newline, let latest = ASCII.decimal(body.dropLast()) else { fallthrough }
            self = .conflict(latest: latest)
        default:
            self = .refused(status: status, message: String(decoding: body.prefix(1000), as: UTF8.self))
        }
    }

    private static func cosignatures(
        _ body: [UInt8], _ checkpoint: SignedCheckpoint, _ witnesses: [NoteVerifier]
    ) throws(NoteError) -> [VerifiedSignature] {
        guard body.count <= SignedNote.maximumSize else { throw .tooLong(body.count) }
        var lines = LineReader(body)
        var signatures: [NoteSignature] = []
        while let line = lines.next() {
            guard signatures.count < SignedNote.maximumSignatures else {
                throw .tooManySignatures(signatures.count + 1)
            }
            signatures.append(try NoteSignature(content: line))
        }
        guard lines.rest.isEmpty else { throw .malformedSignatureLine }
        let cosigners = witnesses.filter { $0.type == .cosignatureV1 }
        let verified = try SignedNote(text: checkpoint.note.text, signatures: signatures).verify(with: cosigners)
        if verified.contains(where: { $0.timestamp == 0 }) { throw .timestampOutOfRange(0) }
        // One of each key, so that a witness cannot fill the checkpoint's lines with its own.
        return cosigners.compactMap { key in
            verified.filter { $0.verifier == key }.max { $0.timestamp ?? 0 < $1.timestamp ?? 0 }
        }
    }
}
