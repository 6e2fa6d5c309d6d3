import DAP

/// What an encrypted input share is bound to: it opens only for this task, with exactly this configuration, and beside
/// exactly this public part (DAP-18 section 4.4.2).
///
/// ```
/// struct {
///   TaskID task_id; TaskConfiguration task_configuration; ReportMetadata report_metadata;
///   opaque public_share<0..2^32-1>;
/// } InputShareAad;
/// ```
public struct InputShareAad: Hashable, WireMessage {
    /// The task that the report is for.
    public let taskID: TaskID
    /// The task's configuration, as all its parties have it.
    public let taskConfiguration: TaskConfiguration
    /// The report's metadata, as both aggregators get it.
    public let metadata: ReportMetadata
    /// The report's encoded public share.
    public let publicShare: [UInt8]

    /// The message with these fields.
    public init(taskID: TaskID, taskConfiguration: TaskConfiguration, metadata: ReportMetadata, publicShare: [UInt8]) {
        self.taskID = taskID
        self.taskConfiguration = taskConfiguration
        self.metadata = metadata
        self.publicShare = publicShare
    }

    public init(from reader: inout ByteReader) throws(CodecError) {
        taskID = try TaskID(from: &reader)
        taskConfiguration = try TaskConfiguration(from: &reader)
        metadata = try ReportMetadata(from: &reader)
        publicShare = try reader.opaque32("public_share")
    }

    public func encode(into writer: inout ByteWriter) {
        taskID.encode(into: &writer)
        taskConfiguration.encode(into: &writer)
        metadata.encode(into: &writer)
        writer.opaque32(publicShare)
    }
}
