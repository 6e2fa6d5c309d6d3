/// One aggregator's part of a report (DAP-18 section 4.5.3).
///
/// ```
/// struct {
///   ReportMetadata report_metadata; opaque public_share<0..2^32-1>; HpkeCiphertext encrypted_input_share;
/// } ReportShare;
/// ```
public struct ReportShare: Hashable, WireMessage {
    public let metadata: ReportMetadata
    public let publicShare: [UInt8]
    public let encryptedInputShare: HpkeCiphertext

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
