import DAP

/// What it takes to encrypt a report once more, to whatever keys the aggregators have then: its id, time, claim key and
/// shares stay what they were, so whoever has several forms of it has one report.
///
///     struct {
///         opaque metadata<0..2^32-1>;         /* ReportMetadata */
///         opaque public_share<0..2^32-1>;
///         opaque leader_share<0..2^32-1>;     /* plaintext */
///         opaque helper_share<0..2^32-1>;     /* plaintext */
///     } KeptShares;
///
/// Both shares together are the input. A wallet has them for reports whose upload was not answered, and for no others.
package struct KeptShares: Sendable, Equatable {
    package let metadata: ReportMetadata
    package let publicShare: [UInt8]
    package let leaderShare: [UInt8]
    package let helperShare: [UInt8]

    package init(metadata: ReportMetadata, publicShare: [UInt8], leaderShare: [UInt8], helperShare: [UInt8]) {
        self.metadata = metadata
        self.publicShare = publicShare
        self.leaderShare = leaderShare
        self.helperShare = helperShare
    }
}

extension KeptShares: WireMessage {
    package init(from reader: inout ByteReader) throws(CodecError) {
        metadata = try ReportMetadata(decoding: try reader.opaque32("metadata"))
        publicShare = try reader.opaque32("public_share")
        leaderShare = try reader.opaque32("leader_share")
        helperShare = try reader.opaque32("helper_share")
    }

    package func encode(into writer: inout ByteWriter) {
        writer.opaque32(metadata.encoded())
        writer.opaque32(publicShare)
        writer.opaque32(leaderShare)
        writer.opaque32(helperShare)
    }
}
