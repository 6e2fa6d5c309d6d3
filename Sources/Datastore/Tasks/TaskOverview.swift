import DAP

/// Numbers of a task on this node, for its operator.
package struct TaskOverview: Sendable, Equatable {
    /// Reports by state, in words.
    package var states: [String: UInt64] = [:]
    /// Refused reports by the name of the reason.
    package var refused: [String: UInt64] = [:]
    /// Aggregation jobs without an answer (leader).
    package var jobs: [PendingJobOverview] = []

    package init() {}
}

/// An aggregation job that waits for the helper.
package struct PendingJobOverview: Sendable, Equatable {
    package var key: Int64
    package var reports: UInt64
    /// How often it was sent without a usable answer.
    package var attempts: UInt64?
    /// When it is sent again; POSIX seconds.
    package var notBefore: UInt64?
    /// What came instead of an answer.
    package var lastReason: String?
}
