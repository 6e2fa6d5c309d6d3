import DAP
import TransparencyLog

/// The batch of a log whose statements name the two shares that a collector opened, and what the public check says of it.
///
/// The leader's answer to a collector says how many reports there were, and nobody signs that. The statements in the log
/// are signed, each names the SHA-256 of one share, and count and value follow from the leaves that both aggregators
/// closed over. So whoever has the shares finds its batch by them and takes everything else from the log.
package struct CollectedBatch: Sendable {
    package let audit: BatchAudit
    /// From the first to the last of the leaves' times, in the task's unit; nil for a batch without leaves.
    package let interval: Interval?
}

extension Auditor {
    /// Finds the batch of two shares and checks it with them.
    ///
    /// The collector's own shares stand in for the blobs, so that it can carry out the check where the task keeps shares
    /// from everybody else (`publish` = collector), too.
    ///
    /// - Returns: nil where the log has no statements about exactly these shares of the task.
    package func collectedBatch(
        of taskID: TaskID, leaderShare: [UInt8], helperShare: [UInt8]
    ) async throws(AuditError) -> CollectedBatch? {
        let (ledger, _, _) = try await ledger(of: taskID)
        let (leaderHash, helperHash) = (Blob.hash(leaderShare), Blob.hash(helperShare))
        guard
            let batch = ledger.closed.first(where: {
                $0.pair?.leader.shareHash == leaderHash && $0.pair?.helper.shareHash == helperHash
            })
        else { return nil }
        let own = Auditor(
            source: BlobOverlay([leaderHash: leaderShare, helperHash: helperShare], over: source), policy: policy)
        let times = batch.members.map { ledger.leaves[$0].time }
        var interval: Interval?
        if let first = times.min(), let last = times.max() { interval = Interval(from: first, through: last) }
        return CollectedBatch(audit: await own.check(batch, of: ledger), interval: interval)
    }
}

/// A log with some blobs that are at hand already: they come from here, everything else from the log.
struct BlobOverlay: TileSource {
    private let blobs: [String: [UInt8]]
    private let source: any TileSource

    /// - Parameter blobs: by their SHA-256, which the caller has computed.
    init(_ blobs: [[UInt8]: [UInt8]], over source: any TileSource) {
        self.blobs = Dictionary(blobs.map { (Blob.path(hash: $0.key), $0.value) }, uniquingKeysWith: { $1 })
        self.source = source
    }

    func tile(path: String) async throws -> [UInt8] {
        if let blob = blobs[path] { return blob }
        return try await source.tile(path: path)
    }
}
