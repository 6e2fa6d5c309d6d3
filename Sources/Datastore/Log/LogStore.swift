import DAP

/// A checkpoint that the log's key has signed.
package struct StoredCheckpoint: Sendable, Equatable {
    package var size: UInt64
    package var root: [UInt8]
    /// The signed note, with the log's signature only.
    package var note: [UInt8]
    /// The same note with the cosignatures gathered so far, once there are any.
    package var cosignedNote: [UInt8]?

    package init(size: UInt64, root: [UInt8], note: [UInt8], cosignedNote: [UInt8]? = nil) {
        self.size = size
        self.root = root
        self.note = note
        self.cosignedNote = cosignedNote
    }
}

/// The leader's transparency log in the order of its entries.
///
/// The table of entries is the log; tiles and checkpoint files derive from it. Most entries are queued by the operations of
/// the other stores, in the transaction of the state change that they record, so that neither exists without the other; they
/// get their places later (``LogSequencer``).
package protocol LogStore: Sendable {
    /// How many entries the log has.
    func logSize() async throws(DatastoreError) -> UInt64

    /// At most `limit` consecutive entries, the first at `index`.
    func logEntries(from index: UInt64, limit: Int) async throws(DatastoreError) -> [[UInt8]]

    /// Queues an entry that must not stand in the log twice; nothing if the identical one was submitted before.
    ///
    /// - Parameter blob: one that the entry names, kept in any case.
    func submitLogEntry(_ entry: [UInt8], blob: NamedBlob?, task: TaskID) async throws(DatastoreError)

    /// The place of an entry that was submitted; nil where it has none yet.
    func submittedLogEntry(_ entry: [UInt8]) async throws(DatastoreError) -> UInt64?

    /// Records a signed checkpoint before it leaves the node.
    ///
    /// - Returns: what is now stored for this size, which is an earlier record if there is one.
    /// - Throws: `.conflict` if another root was signed for this size: publishing both would prove the log a forger.
    func recordCheckpoint(_ checkpoint: StoredCheckpoint) async throws(DatastoreError) -> StoredCheckpoint

    /// The checkpoint of that size; nil if none was signed.
    func checkpoint(ofSize size: UInt64) async throws(DatastoreError) -> StoredCheckpoint?

    /// The largest checkpoint that was signed.
    func largestCheckpoint() async throws(DatastoreError) -> StoredCheckpoint?

    /// Records that the same tree was signed again, with the leader's time of now; earlier cosignatures are dropped. Where
    /// another process has signed it again since, its note stays.
    ///
    /// - Parameter former: what was read, of the same size.
    /// - Returns: what is now stored.
    /// - Throws: `.conflict` if another root was signed for this size.
    func renewCheckpoint(
        _ checkpoint: StoredCheckpoint, insteadOf former: StoredCheckpoint
    ) async throws(DatastoreError) -> StoredCheckpoint

    /// Adds cosignatures to a recorded checkpoint, where it is still what was read.
    ///
    /// - Returns: what is now stored.
    /// - Throws: `.conflict` if another root was signed for this size.
    func recordCosignatures(
        _ cosignedNote: [UInt8], on checkpoint: StoredCheckpoint
    ) async throws(DatastoreError) -> StoredCheckpoint

    /// The largest cosigned checkpoints that cover the entry at `index`, largest first.
    func cosignedCheckpoints(covering index: UInt64, limit: Int) async throws(DatastoreError) -> [StoredCheckpoint]
}
