/// A finished collection job: both aggregate shares, sealed to the collector (DAP-18 section 4.6.1).
///
/// ```
/// struct {
///   uint64 report_count; Interval interval;
///   HpkeCiphertext leader_encrypted_agg_share; HpkeCiphertext helper_encrypted_agg_share;
/// } CollectionJobResp;
/// ```
public struct CollectionJobResp: Hashable, WireMessage {
    /// How many reports the batch has.
    public let reportCount: UInt64
    /// The smallest interval that contains the times of all reports of the batch.
    public let interval: Interval
    /// The leader's share, sealed to the collector.
    public let leaderEncryptedAggregateShare: HpkeCiphertext
    /// The helper's share, sealed to the collector.
    public let helperEncryptedAggregateShare: HpkeCiphertext

    /// The message with these fields.
    public init(
        reportCount: UInt64, interval: Interval, leaderEncryptedAggregateShare: HpkeCiphertext,
        helperEncryptedAggregateShare: HpkeCiphertext
    ) {
        self.reportCount = reportCount
        self.interval = interval
        self.leaderEncryptedAggregateShare = leaderEncryptedAggregateShare
        self.helperEncryptedAggregateShare = helperEncryptedAggregateShare
    }

    public init(from reader: inout ByteReader) throws(CodecError) {
        reportCount = try reader.uint64("report_count")
        interval = try Interval(from: &reader)
        leaderEncryptedAggregateShare = try HpkeCiphertext(from: &reader)
        helperEncryptedAggregateShare = try HpkeCiphertext(from: &reader)
    }

    public func encode(into writer: inout ByteWriter) {
        writer.write(reportCount)
        interval.encode(into: &writer)
        leaderEncryptedAggregateShare.encode(into: &writer)
        helperEncryptedAggregateShare.encode(into: &writer)
    }
}
