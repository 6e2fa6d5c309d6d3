import Crypto

/// `opaque ReportID[16]`: names a report within its task, and is the VDAF's nonce (DAP-18 section 4.1). Drawn at random
/// by the client.
public struct ReportID: FixedBytes {
    public static let size = 16
    public static let name = "report_id"
    public let bytes: [UInt8]
    public init(unchecked bytes: [UInt8]) { self.bytes = bytes }
}

/// `opaque TaskID[32]`: names a task everywhere (DAP-18 section 4.2). In Cairn always the hash of the task
/// configuration, see ``Tasks/Taskprov``.
public struct TaskID: FixedBytes {
    public static let size = 32
    public static let name = "task_id"
    public let bytes: [UInt8]
    public init(unchecked bytes: [UInt8]) { self.bytes = bytes }
}

/// `opaque BatchID[32]`: names a batch of a leader-selected task (DAP-18 section 5.2).
public struct BatchID: FixedBytes {
    public static let size = 32
    public static let name = "batch_id"
    public let bytes: [UInt8]
    public init(unchecked bytes: [UInt8]) { self.bytes = bytes }
}

/// An identifier that a server gives to a resource which a peer creates by POST.
///
/// Creation must be idempotent: the same body leads to the same resource (DAP-18 section 3.2). Hashing the body gives
/// that for nothing. Peers treat the identifier as opaque, so only its owner relies on how it was made.
public protocol ResourceID: FixedBytes {}

extension ResourceID {
    public static var size: Int { 16 }

    /// The identifier of the resource that `body` creates: the first 16 bytes of
    /// SHA-256(name of the identifier ‖ 0 ‖ task id ‖ body).
    public static func derived(taskID: TaskID, body: [UInt8]) -> Self {
        var hash = SHA256()
        hash.update(data: Array(name.utf8) + [0] + taskID.bytes)
        hash.update(data: body)
        return Self(unchecked: Array(hash.finalize().prefix(size)))
    }
}

/// Names an aggregation job at the helper (DAP-18 section 4.5).
public struct AggregationJobID: ResourceID {
    public static let name = "aggregation_job_id"
    public let bytes: [UInt8]
    public init(unchecked bytes: [UInt8]) { self.bytes = bytes }
}

/// Names a collection job at the leader (DAP-18 section 4.6).
public struct CollectionJobID: ResourceID {
    public static let name = "collection_job_id"
    public let bytes: [UInt8]
    public init(unchecked bytes: [UInt8]) { self.bytes = bytes }
}

/// Names an aggregate share at the helper (DAP-18 section 4.6.4).
public struct AggregateShareID: ResourceID {
    public static let name = "aggregate_share_id"
    public let bytes: [UInt8]
    public init(unchecked bytes: [UInt8]) { self.bytes = bytes }
}
