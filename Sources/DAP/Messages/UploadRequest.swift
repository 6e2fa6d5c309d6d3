/// The body of an upload: reports up to the end of the message (DAP-18 section 4.4.2).
///
/// ```
/// struct { Report reports[message_length]; } UploadRequest;
/// ```
public struct UploadRequest: Hashable, WireMessage {
    /// The reports, one after the other.
    public let reports: [Report]

    /// The message with these reports.
    public init(reports: [Report]) { self.reports = reports }

    public init(from reader: inout ByteReader) throws(CodecError) {
        reports = try reader.list(of: Report.self)
    }

    public func encode(into writer: inout ByteWriter) { writer.write(reports) }
}
