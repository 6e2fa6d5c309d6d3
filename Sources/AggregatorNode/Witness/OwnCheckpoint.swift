import TransparencyLog

/// What somebody else's copy of a checkpoint under one's own key says about one's own memory. Pure.
///
/// Whoever keeps a log or witnesses one remembers the largest tree that it has signed. A checkpoint with one's own valid
/// signature that is larger, or of the same size with another root, is proof that the memory is an old copy (or the key
/// somebody else's): to go on would sign a second history.
struct OwnCheckpoint {
    let key: NoteVerifier

    /// Whether the key has signed.
    func isSigned(_ checkpoint: SignedCheckpoint) -> Bool {
        (try? checkpoint.note.verify(with: [key])) != nil
    }

    /// How a checkpoint contradicts the largest tree that is remembered; nil where it does not, or is not signed by
    /// the key. Of smaller trees this says nothing.
    func contradiction(of checkpoint: SignedCheckpoint, to latest: TreeHead?) -> String? {
        let shown = checkpoint.checkpoint
        let size = latest?.size ?? 0
        guard shown.size > size || (shown.size == size && size > 0 && shown.root != latest?.root),
            isSigned(checkpoint)
        else { return nil }
        return shown.size > size
            ? "a checkpoint of \(shown.origin) over \(shown.size) entries carries its key's signature, and its database knows of "
                + "\(size)"
            : "a checkpoint of \(shown.origin) over \(shown.size) entries carries its key's signature and has another root than "
                + "its database knows"
    }
}
