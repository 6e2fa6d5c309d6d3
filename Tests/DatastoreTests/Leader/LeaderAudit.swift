import DAP
import Datastore
import Ledger
import Testing

/// Compares whatever the leader counts and adds up with what reading its rows gives.
struct LeaderAudit {
    let store: NodeDatabase

    /// Two statements with the same columns of whole numbers, whose results must be equal.
    private struct Comparison {
        let name: String
        let columns: [String]
        let counted: String
        let read: String
    }

    private static func number(_ state: Int, _ name: String) -> String {
        "CAST(SUM(CASE WHEN state = \(state) THEN 1 ELSE 0 END) AS BIGINT) AS \(name)"
    }

    private static let comparisons = [
        Comparison(
            name: "reports of a unit of time",
            columns: ["task", "time", "received", "aggregating", "accepted", "rejected", "withdrawn"],
            counted: """
                SELECT * FROM leader_buckets WHERE received + aggregating + accepted + rejected + withdrawn <> 0
                """,
            read: """
                SELECT task, time, \(number(0, "received")), \(number(1, "aggregating")), \(number(2, "accepted")),
                    \(number(3, "rejected")), \(number(4, "withdrawn"))
                FROM leader_reports GROUP BY task, time
                """),
        Comparison(
            name: "reports of a batch", columns: ["batch", "aggregating", "accepted"],
            counted: "SELECT * FROM leader_batches WHERE aggregating <> 0 OR accepted <> 0",
            read: """
                SELECT batch, \(number(1, "aggregating")), \(number(2, "accepted")) FROM leader_reports
                WHERE batch IS NOT NULL AND state IN (1, 2) GROUP BY batch
                """),
        Comparison(
            name: "refusals", columns: ["task", "error", "reports"],
            counted: "SELECT * FROM leader_refusals WHERE reports <> 0",
            read: """
                SELECT task, error, COUNT(*) AS reports FROM leader_reports WHERE state = 3 GROUP BY task, error
                """),
        Comparison(
            name: "payloads", columns: ["report"], counted: "SELECT report FROM leader_payloads",
            read: "SELECT report FROM leader_reports WHERE state IN (0, 1)"),
        Comparison(
            name: "kept shares", columns: ["report"], counted: "SELECT report FROM leader_kept_shares",
            read: "SELECT report FROM leader_reports WHERE state = 2"),
        Comparison(
            name: "pending jobs", columns: ["job"], counted: "SELECT job FROM leader_jobs WHERE state = 0",
            read: "SELECT job FROM leader_reports WHERE state = 1 GROUP BY job"),
        Comparison(
            name: "requests of jobs", columns: ["job"], counted: "SELECT job FROM leader_job_requests WHERE part = 0",
            read: "SELECT job FROM leader_jobs WHERE state = 0"),
        Comparison(
            name: "waiting withdrawals", columns: ["report"], counted: "SELECT report FROM leader_withdrawals",
            read: """
                SELECT w.report FROM leader_withdrawals AS w JOIN leader_reports AS r ON r.report = w.report
                WHERE r.state = 1
                """),
        Comparison(
            name: "log entries", columns: ["size"], counted: "SELECT size FROM log_head",
            read: "SELECT COUNT(*) AS size FROM log_entries"),
    ]

    /// - Precondition: no batch is collected.
    /// - Parameter share: the number that an accepted report's output share is.
    func check(
        _ comment: Comment? = nil, share: @escaping @Sendable (ReportID) -> Int,
        at location: SourceLocation = #_sourceLocation
    ) async throws {
        for comparison in Self.comparisons {
            let (counted, read) = try await store.engine.read { session in
                (
                    try Self.texts(session, comparison.counted, comparison.columns),
                    try Self.texts(session, comparison.read, comparison.columns)
                )
            }
            #expect(counted == read, "\(comparison.name) \(comment?.rawValue ?? "")", sourceLocation: location)
        }
        try await checkSums(comment, share: share, at: location)
    }

    private static func texts(_ session: Session, _ sql: String, _ columns: [String]) throws -> [String] {
        try session.rows(sql).map { row in
            try columns.map { "\($0) \(try row.integer($0))" }.joined(separator: ", ")
        }.sorted()
    }

    // MARK: Sums

    private struct Place: Hashable {
        let task: TaskID
        let scope: BatchScope
    }

    /// Reports, checksum and share of the sum of every bucket.
    private func checkSums(
        _ comment: Comment?, share: @escaping @Sendable (ReportID) -> Int, at location: SourceLocation
    ) async throws {
        let accepted = try await store.engine.read { session in
            try session.rows(
                """
                SELECT i.task_id, b.batch_id, r.time, r.report_id FROM leader_reports AS r
                JOIN task_ids AS i ON i.task = r.task LEFT JOIN leader_batches AS b ON b.batch = r.batch
                WHERE r.state = 2
                """
            ).map { row in
                let time = try row.unsigned("time")
                let scope = try row.optionalID("batch_id", as: BatchID.self).map(BatchScope.batch)
                let place = Place(
                    task: try row.id("task_id", as: TaskID.self),
                    scope: scope ?? .interval(Interval(start: time, duration: 1)))
                return (place, try row.id("report_id", as: ReportID.self))
            }
        }
        for (place, members) in Dictionary(grouping: accepted, by: \.0) {
            let reports = members.map(\.1)
            var checksum = Checksum()
            for report in reports { checksum.toggle(report) }
            let summary = try await store.summary(task: place.task, scope: place.scope)
            #expect(summary.count == UInt64(reports.count), comment, sourceLocation: location)
            #expect(summary.checksum == checksum, comment, sourceLocation: location)
            let sum = try await store.sum(place.scope, task: place.task)
            #expect(sum == reports.reduce(0) { $0 + share($1) }, comment, sourceLocation: location)
        }
        let summed = try await store.engine.read { session in
            try session.integer("SELECT CAST(COALESCE(SUM(reports), 0) AS BIGINT) FROM share_sums WHERE part = 0")
        }
        #expect(summed == Int64(accepted.count), comment, sourceLocation: location)
    }
}
