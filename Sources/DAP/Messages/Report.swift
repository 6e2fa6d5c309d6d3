/// What a client uploads: one measurement, split between two aggregators (DAP-18 section 4.4.2).
///
/// ```
/// struct {
///   ReportMetadata report_metadata; opaque public_share<0..2^32-1>;
///   HpkeCiphertext leader_encrypted_input_share; HpkeCiphertext helper_encrypted_input_share;
/// } Report;
/// ```
public struct Report: Hashable, WireMessage {
    /// What both aggregators get in plain text.
    public let metadata: ReportMetadata
    /// The VDAF's public share.
    public let publicShare: [UInt8]
    /// The leader's input share, sealed to it.
    public let leaderEncryptedInputShare: HpkeCiphertext
    /// The helper's input share, sealed to it.
    public let helperEncryptedInputShare: HpkeCiphertext

    /// The message with these fields.
    public init(
        metadata: ReportMetadata, publicShare: [UInt8], leaderEncryptedInputShare: HpkeCiphertext,
        helperEncryptedInputShare: HpkeCiphertext
    ) {
        self.metadata = metadata
        self.publicShare = publicShare
        self.leaderEncryptedInputShare = leaderEncryptedInputShare
        self.helperEncryptedInputShare = helperEncryptedInputShare
    }

    /// The part of the report that the leader opens.
    public var leaderShare: ReportShare {
        ReportShare(metadata: metadata, publicShare: publicShare, encryptedInputShare: leaderEncryptedInputShare)
    }

    /// The part of the report that the leader passes on to the helper.
    public var helperShare: ReportShare {
        ReportShare(metadata: metadata, publicShare: publicShare, encryptedInputShare: helperEncryptedInputShare)
    }

    public init(from reader: inout ByteReader) throws(CodecError) {
        metadata = try ReportMetadata(from: &reader)
        publicShare = try reader.opaque32("public_share")
        leaderEncryptedInputShare = try HpkeCiphertext(from: &reader)
        helperEncryptedInputShare = try HpkeCiphertext(from: &reader)
    }

    public func encode(into writer: inout ByteWriter) {
        metadata.encode(into: &writer)
        writer.opaque32(publicShare)
        leaderEncryptedInputShare.encode(into: &writer)
        helperEncryptedInputShare.encode(into: &writer)
    }
}
