// What a witness adds to the checkpoint that it serves to monitors when somebody submits the same tree again.
//
// Anybody may: whoever has the log's checkpoint can send it, with lines left out or made up. The witness knows the log's
// key and its own, and no others; a log may state the time in its own name under a key that the witness never heard of, so
// it cannot tell a genuine line from junk. Hence these rules:
//
// - Nothing that came with the tree's first submission is ever dropped. The log itself asks before others can know its
//   checkpoint, so the genuine line is among them; a submission without it takes nothing away.
// - A line with a later time gets through: each key id has one place for the newest line behind the first one. Junk under
//   the genuine id can take that place, not the first one. It cannot keep it either: what states a time that is too far
//   ahead of the witness's clock is not taken (nobody would believe it under this witness's cosignature), so the log's next
//   line is later soon.
// - At most `Witness.mostForeignLines` key ids, first come. A stranger can fill the others; the genuine one has its place.
//   Where a stranger was first, because the log has shown the tree to others before it asked this witness, that holds until
//   the next tree, with which all begins anew.
// - A new line must be a minute later than the one in its place, so in a minute a stranger makes the witness write once for
//   each key id, however often it asks, after a beginning that the same clock bounds.
//
// The witness's own cosignatures follow the same rule, first and newest: the first stands by the time that the first line
// states, the newest by the newest.

extension SignedCheckpoint {
    /// How far ahead of the witness's clock a line's time may be, in seconds: no reader believes more.
    static let furthestAhead: UInt64 = 1_800
    /// How much later than the line in its place a new line must be, in seconds.
    static let spacing: UInt64 = 60

    /// The checkpoint to serve in place of this one, after the same was submitted again.
    ///
    /// - Parameters:
    ///   - submitted: what `WitnessAcceptance.cosigned` made of the submission.
    ///   - cosigner: the witness's key.
    ///   - now: the witness's clock, in seconds since 1970.
    /// - Returns: nil where the submission adds nothing.
    public func renewed(
        by submitted: SignedCheckpoint, cosigner: NoteVerifier, now: UInt64
    ) -> SignedCheckpoint? {
        // Signatures are over the whole text, of which size and root are a part.
        guard submitted.checkpoint == checkpoint else { return nil }
        var lines = note.signatures
        let latest = now + min(.max - now, Self.furthestAhead)
        for line in submitted.note.signatures {
            guard let time = time(stated: line), time <= latest else { continue }
            Self.add(line, at: time, to: &lines, latest, time(stated:))
        }
        guard lines != note.signatures else { return nil }
        if let own = submitted.note.signatures.last(where: cosigner.matches) {
            Self.put(own, among: lines.indices.filter { cosigner.matches(lines[$0]) }, of: &lines)
        }
        return try? SignedCheckpoint(checkpoint, signatures: lines)
    }

    private static func add(
        _ line: NoteSignature, at time: UInt64, to lines: inout [NoteSignature], _ latest: UInt64,
        _ stated: (NoteSignature) -> UInt64?
    ) {
        let places = lines.indices.filter { lines[$0].keyID == line.keyID && stated(lines[$0]) != nil }
        if let newest = places.last.flatMap({ stated(lines[$0]) }) {
            // A first submission may state anything; what is too far ahead holds no place.
            guard newest > latest || (time > newest && time - newest >= spacing) else { return }
        } else {
            guard Set(lines.filter { stated($0) != nil }.map(\.keyID)).count < Witness.mostForeignLines else { return }
        }
        put(line, among: places, of: &lines)
    }

    /// Puts a line into the place of its key's newest one, behind the first.
    private static func put(_ line: NoteSignature, among places: [Int], of lines: inout [NoteSignature]) {
        if places.count > 1, let last = places.last { lines[last] = line } else { lines.append(line) }
    }

    /// The time on a line in the log's name that has the form of a cosignature/v1; nil for any other line.
    private func time(stated line: NoteSignature) -> UInt64? {
        guard line.signature.count == 8 + 64, ASCII.same(line.name, checkpoint.origin) else { return nil }
        return UInt64(bigEndianBytes: line.signature.prefix(8))
    }
}
