/// The first message about a report in an aggregation job (DAP-18 section 4.5.3).
///
/// ```
/// struct { ReportShare report_share; opaque payload<1..2^32-1>; } VerifyInit;
/// ```
public struct VerifyInit: Hashable, WireMessage {
    /// The helper's part of the report.
    public let reportShare: ReportShare
    /// The leader's ping-pong message.
    public let payload: [UInt8]

    /// The message with these fields.
    public init(reportShare: ReportShare, payload: [UInt8]) {
        self.reportShare = reportShare
        self.payload = payload
    }

    public init(from reader: inout ByteReader) throws(CodecError) {
        reportShare = try ReportShare(from: &reader)
        payload = try reader.opaque32("payload", allowEmpty: false)
    }

    public func encode(into writer: inout ByteWriter) {
        reportShare.encode(into: &writer)
        writer.opaque32(payload)
    }
}
