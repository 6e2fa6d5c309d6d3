/// The helper's aggregate share, sealed to the collector (DAP-18 section 4.6.4).
///
/// ```
/// struct { HpkeCiphertext encrypted_aggregate_share; } AggregateShare;
/// ```
public struct AggregateShare: Hashable, WireMessage {
    /// The helper's share, sealed to the collector.
    public let encryptedAggregateShare: HpkeCiphertext

    /// The message with this share.
    public init(encryptedAggregateShare: HpkeCiphertext) { self.encryptedAggregateShare = encryptedAggregateShare }

    public init(from reader: inout ByteReader) throws(CodecError) {
        encryptedAggregateShare = try HpkeCiphertext(from: &reader)
    }

    public func encode(into writer: inout ByteWriter) { encryptedAggregateShare.encode(into: &writer) }
}
