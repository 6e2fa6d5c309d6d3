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
    public let taskID: TaskID
    public let taskConfiguration: TaskConfiguration
    public let metadata: ReportMetadata
    public let publicShare: [UInt8]

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
