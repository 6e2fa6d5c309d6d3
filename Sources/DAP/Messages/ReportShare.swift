/// One aggregator's part of a report (DAP-18 section 4.5.3).
///
/// ```
/// struct {
///   ReportMetadata report_metadata; opaque public_share<0..2^32-1>; HpkeCiphertext encrypted_input_share;
/// } ReportShare;
/// ```
public struct ReportShare: Hashable, WireMessage {
    /// The report's metadata.
    public let metadata: ReportMetadata
    /// The report's encoded public share.
    public let publicShare: [UInt8]
    /// The input share of the aggregator that this is for, sealed to it.
    public let encryptedInputShare: HpkeCiphertext

    /// The message with these fields.
    public init(metadata: ReportMetadata, publicShare: [UInt8], encryptedInputShare: HpkeCiphertext) {
        self.metadata = metadata
        self.publicShare = publicShare
        self.encryptedInputShare = encryptedInputShare
    }

    public init(from reader: inout ByteReader) throws(CodecError) {
        metadata = try ReportMetadata(from: &reader)
        publicShare = try reader.opaque32("public_share")
        encryptedInputShare = try HpkeCiphertext(from: &reader)
    }

    public func encode(into writer: inout ByteWriter) {
        metadata.encode(into: &writer)
        writer.opaque32(publicShare)
        encryptedInputShare.encode(into: &writer)
    }
}
