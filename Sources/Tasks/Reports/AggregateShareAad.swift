import DAP

/// What a sealed aggregate share is bound to (DAP-18 section 4.6.7).
///
/// ```
/// struct { TaskID task_id; TaskConfiguration task_configuration; CollectionJobReq collection_job_req; }
/// AggregateShareAad;
/// ```
public struct AggregateShareAad: Hashable, WireMessage {
    /// The task whose share it is.
    public let taskID: TaskID
    /// The task's configuration, as all its parties have it.
    public let taskConfiguration: TaskConfiguration
    /// What the collector asked for.
    public let collectionJobReq: CollectionJobReq

    /// The message with these fields.
    public init(taskID: TaskID, taskConfiguration: TaskConfiguration, collectionJobReq: CollectionJobReq) {
        self.taskID = taskID
        self.taskConfiguration = taskConfiguration
        self.collectionJobReq = collectionJobReq
    }

    public init(from reader: inout ByteReader) throws(CodecError) {
        taskID = try TaskID(from: &reader)
        taskConfiguration = try TaskConfiguration(from: &reader)
        collectionJobReq = try CollectionJobReq(from: &reader)
    }

    public func encode(into writer: inout ByteWriter) {
        taskID.encode(into: &writer)
        taskConfiguration.encode(into: &writer)
        collectionJobReq.encode(into: &writer)
    }
}
