// A batch's reports one after the other, for what has to name or hash each of them: closes and comparisons. A page at a
// time, each in a snapshot of its own, so that neither memory nor a transaction lasts as long as the batch is large, and
// none waits for the network. A sealed batch whose reports have all ended stays the same between two pages.
//
// Log order has an index, (task, log_index) over accepted reports. Without it, both engines would sort a batch's rows with
// their entries, on disk, for every page. A plus sign keeps the planner from taking another index for a condition.

import DAP
import Ledger

/// Where the leaves of a batch lie in the log.
package struct LeafSpan: Sendable, Equatable {
    package var count: UInt64
    /// From the index of the first to that behind the last; in between there are entries of other batches.
    package var range: Range<UInt64>

    package init(count: UInt64, range: Range<UInt64>) {
        self.count = count
        self.range = range
    }
}

/// A report of a batch with its place in the log.
package struct LoggedLeaf: Sendable, Equatable {
    package var id: ReportID
    package var index: UInt64
}

extension NodeDatabase {
    package func leafSpan(task: TaskID, scope: BatchScope) async throws(DatastoreError) -> LeafSpan {
        try await read { session in
            guard let (task, buckets) = try session.leaderBatch(scope, of: task) else {
                return LeafSpan(count: 0, range: 0..<0)
            }
            let reports = LeaderReportRange(task, buckets)
            let row = try session.first(
                """
                SELECT COUNT(*) AS n, COALESCE(MIN(r.log_index), 0) AS first, COALESCE(MAX(r.log_index) + 1, 0) AS behind
                FROM leader_reports AS r
                WHERE \(reports.condition) AND r.state = \(ReportState.accepted.sql) AND r.log_index IS NOT NULL
                """,
                reports.arguments)
            guard let row else { throw DatastoreError.corrupt("a count has no row") }
            let (first, end) = (try row.unsigned("first"), try row.unsigned("behind"))
            return LeafSpan(count: try row.unsigned("n"), range: first..<max(first, end))
        }
    }

    package func leaves(
        task: TaskID, scope: BatchScope, in span: Range<UInt64>, limit: Int
    ) async throws(DatastoreError) -> [LoggedLeaf] {
        try await read { session in
            guard let (task, buckets) = try session.leaderBatch(scope, of: task) else { return [] }
            let reports = LeaderReportRange(task, buckets)
            return try session.rows(
                """
                SELECT r.report_id, r.log_index FROM leader_reports AS r
                WHERE r.task = $1 AND r.state = \(ReportState.accepted.sql) AND r.log_index >= $4 AND r.log_index < $5
                    AND \(reports.filter)
                ORDER BY r.log_index LIMIT $6
                """,
                reports.arguments + [span.lowerBound.clampedToInt64, span.upperBound.clampedToInt64, limit]
            ).map { LoggedLeaf(id: try $0.id("report_id", as: ReportID.self), index: try $0.unsigned("log_index")) }
        }
    }

    package func foldLoggedReports<Sum: Sendable>(
        task: TaskID, scope: BatchScope, into initial: Sum,
        _ add: @escaping @Sendable (inout Sum, ReportID, [UInt8]) throws -> Void
    ) async throws(DatastoreError) -> Sum {
        var sum = initial
        let span = try await leafSpan(task: task, scope: scope)
        var next = span.range.lowerBound
        while next < span.range.upperBound {
            let (start, before) = (next, sum)
            let page = try await read { session -> (sum: Sum, next: UInt64)? in
                guard let (task, buckets) = try session.leaderBatch(scope, of: task) else { return nil }
                let reports = LeaderReportRange(task, buckets)
                var sum = before
                var last: UInt64?
                try session.forEach(
                    """
                    SELECT r.report_id, r.log_index, e.bytes FROM leader_reports AS r
                    JOIN log_entries AS e ON e.idx = r.log_index
                    WHERE r.task = $1 AND r.state = \(ReportState.accepted.sql) AND r.log_index >= $4 AND r.log_index < $5
                        AND \(reports.filter)
                    ORDER BY r.log_index LIMIT \(Self.entriesPerPage)
                    """,
                    reports.arguments + [start.clampedToInt64, span.range.upperBound.clampedToInt64]
                ) { row in
                    try add(&sum, try row.id("report_id", as: ReportID.self), try row.bytes("bytes"))
                    last = try row.unsigned("log_index")
                }
                return last.map { (sum, $0 + 1) }
            }
            guard let page else { break }
            sum = page.sum
            next = page.next
        }
        return sum
    }

    private static let entriesPerPage = 4_096

    package func acceptedReports(
        task: TaskID, scope: BatchScope, after last: ReportCursor?, limit: Int
    ) async throws(DatastoreError) -> [ReportCursor] {
        try await read { session in
            guard let (task, buckets) = try session.leaderBatch(scope, of: task) else { return [] }
            return try session.reportPage(
                .leader, task, buckets, after: last.map { ($0.time, $0.report) },
                state: ReportState.accepted.rawValue, limit: limit)
        }
    }

    package func acceptedReports(
        among ids: [ReportID], task: TaskID, scope: BatchScope
    ) async throws(DatastoreError) -> [(id: ReportID, logEntry: [UInt8]?)] {
        try await read { session in
            guard let (task, buckets) = try session.leaderBatch(scope, of: task) else { return [] }
            let reports = LeaderReportRange(task, buckets)
            let rows = try session.rows(reports.arguments, matching: ids.map(\.blob)) { list in
                """
                SELECT r.report_id, e.bytes FROM leader_reports AS r LEFT JOIN log_entries AS e ON e.idx = r.log_index
                WHERE r.task = $1 AND r.report_id IN (\(list)) AND r.state = \(ReportState.accepted.sql)
                    AND \(reports.filter)
                """
            }
            return try rows.map { (try $0.id("report_id", as: ReportID.self), try $0.optionalBytes("bytes")) }
        }
    }
}

/// The reports of a batch among the rows of `leader_reports AS r`, as conditions over `$1` to `$3`.
struct LeaderReportRange {
    let arguments: SQLArguments
    private let isBatch: Bool

    init(_ task: TaskKey, _ buckets: BucketRange) {
        arguments = [task, buckets.refs.lowerBound, buckets.refs.upperBound]
        isBatch = buckets.kind == Bucket.batch(0).kind
    }

    /// For a statement that goes through the batch's reports: an index serves it.
    var condition: String {
        isBatch
            ? "+r.task = $1 AND r.batch = $2 AND $2 < $3"
            : "r.task = $1 AND r.time >= $2 AND r.time < $3 AND r.batch IS NULL"
    }

    /// For a statement that finds reports of the task otherwise.
    var filter: String {
        isBatch ? "+r.batch = $2 AND $2 < $3" : "+r.time >= $2 AND +r.time < $3"
    }
}
