import DAP

/// Numbers of a task on this node, for its operator.
package struct TaskOverview: Sendable, Equatable {
    /// Reports by state, in words.
    package var states: [String: UInt64] = [:]
    /// Refused reports by the name of the reason.
    package var rejected: [String: UInt64] = [:]
    /// Aggregation jobs that have not ended (leader).
    package var jobs: [PendingJobOverview] = []

    package init() {}
}
