/// The fate of one report that the leader did not take (DAP-18 section 4.4.2).
///
/// ```
/// struct { ReportID id; ReportError error; } ReportUploadStatus;
/// ```
public struct ReportUploadStatus: Hashable, WireMessage {
    /// The report that was not stored.
    public let reportID: ReportID
    /// Why.
    public let error: ReportError

    /// The message with these fields.
    public init(reportID: ReportID, error: ReportError) {
        self.reportID = reportID
        self.error = error
    }

    public init(from reader: inout ByteReader) throws(CodecError) {
        reportID = try ReportID(from: &reader)
        error = try ReportError(from: &reader)
    }

    public func encode(into writer: inout ByteWriter) {
        reportID.encode(into: &writer)
        error.encode(into: &writer)
    }
}

/// The answer to an upload of which some reports were refused, in the order of the request; reports that do not appear
/// were accepted (DAP-18 section 4.4.2).
///
/// ```
/// struct { ReportUploadStatus status[message_length]; } UploadErrors;
/// ```
public struct UploadErrors: Hashable, WireMessage {
    /// One for each report that was not stored.
    public let statuses: [ReportUploadStatus]

    /// The message with these errors.
    public init(statuses: [ReportUploadStatus]) { self.statuses = statuses }

    public init(from reader: inout ByteReader) throws(CodecError) {
        statuses = try reader.list(of: ReportUploadStatus.self)
    }

    public func encode(into writer: inout ByteWriter) { writer.write(statuses) }
}
