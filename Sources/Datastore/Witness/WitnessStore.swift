/// What a witness knows about one log.
package struct WitnessedLog: Sendable, Equatable {
    /// The log's origin line, which is also its key's name.
    package var origin: String
    /// The log's public key (C2SP signed-note verifier key).
    package var vkey: String
    /// The newest checkpoint that this witness cosigned; nil before the first.
    package var latest: WitnessedCheckpoint?

    package init(origin: String, vkey: String, latest: WitnessedCheckpoint?) {
        self.origin = origin
        self.vkey = vkey
        self.latest = latest
    }
}

/// A checkpoint that a witness cosigned.
package struct WitnessedCheckpoint: Sendable, Equatable {
    package var size: UInt64
    /// 32 bytes.
    package var root: [UInt8]
    /// The note with the log's and the witness's signatures, as monitors fetch it.
    package var note: [UInt8]

    package init(size: UInt64, root: [UInt8], note: [UInt8]) {
        self.size = size
        self.root = root
        self.note = note
    }
}

/// A witness's durable memory (C2SP tlog-witness): forgetting what it cosigned would let a log show two histories.
package protocol WitnessStore: Sendable {
    /// Starts to accept checkpoints of a log.
    ///
    /// - Throws: `.conflict` if the origin is known with another key: an origin has one history under one key.
    func trustLog(origin: String, vkey: String) async throws(DatastoreError)

    func witnessedLog(origin: String) async throws(DatastoreError) -> WitnessedLog?

    func witnessedLogs() async throws(DatastoreError) -> [WitnessedLog]

    /// Replaces the newest checkpoint, if it still is of size `previous` (nil: there is none yet).
    ///
    /// - Returns: false if another request was faster; the caller decides again on the new state.
    func advanceWitness(
        origin: String, previous: UInt64?, to checkpoint: WitnessedCheckpoint
    ) async throws(DatastoreError) -> Bool

    /// Replaces the note of the newest checkpoint by one over the same tree, if it still is `note`. Says nothing that the
    /// witness had not said, so it is not counted.
    ///
    /// - Returns: false if another request was faster.
    func renewWitnessNote(
        origin: String, from note: [UInt8], to renewed: [UInt8]
    ) async throws(DatastoreError) -> Bool
}
