import DAP
import GRDB

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

extension SQLiteDatastore {
    /// - Parameter jobLimit: the most pending jobs to list, oldest first.
    package func overview(of id: TaskID, jobLimit: Int) async throws(DatastoreError) -> TaskOverview {
        try await read { db in
            var overview = TaskOverview()
            for (table, names) in [("leader_reports", leaderStates), ("helper_reports", helperStates)] {
                let rows = try Row.fetchAll(
                    db, sql: "SELECT state, COUNT(*) AS n FROM \(table) WHERE task_id = ? GROUP BY state",
                    arguments: [id.blob])
                for row in rows {
                    let state = try row.integer("state")
                    overview.states[names[state] ?? "state \(state)", default: 0] += try row.unsigned("n")
                }
            }
            for counted in [
                "SELECT error, COUNT(*) AS n FROM leader_reports WHERE task_id = ? AND error IS NOT NULL GROUP BY error",
                "SELECT error, reports AS n FROM helper_refusal_counts WHERE task_id = ?",
            ] {
                for row in try Row.fetchAll(db, sql: counted, arguments: [id.blob]) {
                    let error = try row.code("error", as: ReportError.self)
                    overview.refused[error.name, default: 0] += try row.unsigned("n")
                }
            }
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT j.sequence, t.attempts, t.not_before, t.reason,
                        (SELECT COUNT(*) FROM leader_reports AS r WHERE r.job = j.sequence AND r.state = ?) AS n
                    FROM leader_jobs AS j LEFT JOIN leader_turns AS t ON t.job = j.sequence
                    WHERE j.task_id = ? AND j.state = ? ORDER BY j.sequence LIMIT ?
                    """,
                arguments: [ReportState.aggregating.rawValue, id.blob, JobState.pending.rawValue, jobLimit])
            overview.jobs = try rows.map { row in
                PendingJobOverview(
                    key: try row.integer("sequence"), reports: try row.unsigned("n"),
                    attempts: try row.optionalUnsigned("attempts"), notBefore: try row.optionalUnsigned("not_before"),
                    lastReason: row["reason"])
            }
            return overview
        }
    }
}

private let leaderStates: [Int64: String] = [
    ReportState.received.rawValue: "received", ReportState.aggregating.rawValue: "aggregating",
    ReportState.accepted.rawValue: "accepted", ReportState.rejected.rawValue: "rejected",
    ReportState.withdrawn.rawValue: "withdrawn",
]

private let helperStates: [Int64: String] = [
    HelperReportState.accepted.rawValue: "accepted", HelperReportState.closed.rawValue: "closed",
    HelperReportState.collected.rawValue: "collected", HelperReportState.dropped.rawValue: "dropped",
]
