/// Asks the helper for its aggregate share of a batch (DAP-18 section 4.6.4).
///
/// ```
/// struct {
///   CollectionJobReq collection_job_req; BatchSelector batch_selector; uint64 report_count; opaque checksum[32];
/// } AggregateShareReq;
/// ```
public struct AggregateShareReq: Hashable, WireMessage {
    /// The collector's request, passed on as it is.
    public let collectionJobReq: CollectionJobReq
    /// The batch whose share is asked for.
    public let batchSelector: BatchSelector
    /// How many reports the leader has in it.
    public let reportCount: UInt64
    /// The checksum over the ids of the leader's reports.
    public let checksum: Checksum

    /// The message with these fields.
    public init(
        collectionJobReq: CollectionJobReq, batchSelector: BatchSelector, reportCount: UInt64, checksum: Checksum
    ) {
        self.collectionJobReq = collectionJobReq
        self.batchSelector = batchSelector
        self.reportCount = reportCount
        self.checksum = checksum
    }

    public init(from reader: inout ByteReader) throws(CodecError) {
        collectionJobReq = try CollectionJobReq(from: &reader)
        batchSelector = try BatchSelector(from: &reader)
        reportCount = try reader.uint64("report_count")
        checksum = try Checksum(from: &reader)
    }

    public func encode(into writer: inout ByteWriter) {
        collectionJobReq.encode(into: &writer)
        batchSelector.encode(into: &writer)
        writer.write(reportCount)
        checksum.encode(into: &writer)
    }
}
