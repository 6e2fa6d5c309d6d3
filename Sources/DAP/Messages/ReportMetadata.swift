/// What everybody may know of a report (DAP-18 section 4.4.2).
///
/// ```
/// struct { ReportID report_id; Time time; Extension public_extensions<0..2^16-1>; } ReportMetadata;
/// ```
public struct ReportMetadata: Hashable, WireMessage {
    /// The report's name, which its contributor has drawn at random.
    public let reportID: ReportID
    /// In units of the task's time precision.
    public let time: UInt64
    /// Extensions that both aggregators see, in increasing order of their types.
    public let publicExtensions: [Extension]

    /// The message with these fields.
    public init(reportID: ReportID, time: UInt64, publicExtensions: [Extension]) {
        self.reportID = reportID
        self.time = time
        self.publicExtensions = publicExtensions
    }

    public init(from reader: inout ByteReader) throws(CodecError) {
        reportID = try ReportID(from: &reader)
        time = try reader.uint64("time")
        publicExtensions = try reader.extensions("public_extensions")
    }

    public func encode(into writer: inout ByteWriter) {
        reportID.encode(into: &writer)
        writer.write(time)
        writer.vector16(publicExtensions)
    }
}
