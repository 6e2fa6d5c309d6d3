import DAP
import GRDB
import Ledger

// Questions about a batch. Anything that grows with the number of its reports is streamed.

extension SQLiteDatastore: LeaderCollectionStore {
    package func unfinishedReports(task: TaskID, scope: BatchScope) async throws(DatastoreError) -> UInt64 {
        try await read { db in try scope.count([.received, .aggregating], task, db) }
    }

    package func summary(task: TaskID, scope: BatchScope) async throws(DatastoreError) -> BatchSummary {
        try await read { db in
            let rows = try Row.fetchCursor(
                db,
                sql:
                    "SELECT r.report_id, r.time FROM leader_reports AS r WHERE \(scope.condition) AND r.state = :state",
                arguments: scope.arguments(task) &+ ["state": ReportState.accepted.rawValue])
            var summary = BatchSummary()
            var times: (first: UInt64, last: UInt64)?
            while let row = try rows.next() {
                let time = try row.unsigned("time")
                summary.count += 1
                summary.checksum.toggle(try row.id("report_id", as: ReportID.self))
                times = times.map { (min($0.first, time), max($0.last, time)) } ?? (time, time)
            }
            summary.interval = times.map { Interval(from: $0.first, through: $0.last) }
            return summary
        }
    }

    package func reportIDs(task: TaskID, scope: BatchScope) async throws(DatastoreError) -> [ReportID] {
        try await read { db in
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT r.report_id FROM leader_reports AS r
                    WHERE \(scope.condition) AND r.state = :state ORDER BY r.sequence
                    """,
                arguments: scope.arguments(task) &+ ["state": ReportState.accepted.rawValue])
            var ids: [ReportID] = []
            while let row = try rows.next() { ids.append(try row.id("report_id", as: ReportID.self)) }
            return ids
        }
    }

    package func foldOutputShares<Sum: Sendable>(
        task: TaskID, scope: BatchScope, into initial: Sum,
        _ add: @escaping @Sendable (inout Sum, [UInt8]) throws -> Void
    ) async throws(DatastoreError) -> Sum {
        try await read { db in
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT o.output_share FROM leader_reports AS r
                    JOIN leader_output_shares AS o ON o.sequence = r.sequence
                    WHERE \(scope.condition) AND r.state = :state ORDER BY r.sequence
                    """,
                arguments: scope.arguments(task) &+ ["state": ReportState.accepted.rawValue])
            var sum = initial
            while let row = try rows.next() { try add(&sum, try row.bytes("output_share")) }
            return sum
        }
    }

    package func foldLoggedReports<Sum: Sendable>(
        task: TaskID, scope: BatchScope, into initial: Sum,
        _ add: @escaping @Sendable (inout Sum, ReportID, [UInt8]) throws -> Void
    ) async throws(DatastoreError) -> Sum {
        try await read { db in
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT r.report_id, e.bytes FROM leader_reports AS r
                    JOIN log_entries AS e ON e.idx = r.log_index
                    WHERE \(scope.condition) AND r.state = :state ORDER BY r.log_index
                    """,
                arguments: scope.arguments(task) &+ ["state": ReportState.accepted.rawValue])
            var sum = initial
            while let row = try rows.next() {
                try add(&sum, try row.id("report_id", as: ReportID.self), try row.bytes("bytes"))
            }
            return sum
        }
    }

    package func batchStatuses(task: TaskID, limit: Int) async throws(DatastoreError) -> [BatchStatus] {
        try await read { db in
            var found: [BatchStatus] = []
            let rows = try Row.fetchAll(
                db, sql: "SELECT * FROM leader_batches WHERE task_id = ? ORDER BY sequence LIMIT ?",
                arguments: [task.blob, limit])
            for row in rows {
                let state = try row.code("state", as: BatchState.self)
                let scope: BatchScope
                let name: String
                if let id = try row.optionalID("batch_id", as: BatchID.self) {
                    scope = .batch(id)
                    name = id.base64URL
                } else {
                    let first = try row.unsigned("first_time")
                    let end = try row.unsigned("end_time")
                    scope = .interval(Interval(start: first, duration: end - min(first, end)))
                    name = "\(first)+\(end - min(first, end))"
                }
                let count = try scope.count([.accepted], task, db)
                found.append(BatchStatus(batch: name, state: state.name, count: count))
            }
            return found + (try Self.openBuckets(task, limit: limit - found.count, db))
        }
    }

    /// Time buckets with accepted reports that no sealed batch contains. (Leader-selected reports have a batch id.)
    private static func openBuckets(_ task: TaskID, limit: Int, _ db: Database) throws -> [BatchStatus] {
        guard limit > 0 else { return [] }
        return try Row.fetchAll(
            db,
            sql: """
                SELECT r.time AS time, COUNT(*) AS n FROM leader_reports AS r
                WHERE r.task_id = ? AND r.state = ? AND r.batch_id IS NULL AND NOT EXISTS (
                    SELECT 1 FROM leader_batches AS b
                    WHERE b.task_id = r.task_id AND b.batch_id IS NULL
                        AND b.first_time <= r.time AND r.time < b.end_time
                )
                GROUP BY r.time ORDER BY r.time LIMIT ?
                """,
            arguments: [task.blob, ReportState.accepted.rawValue, limit]
        ).map { row in
            BatchStatus(
                batch: "\(try row.unsigned("time"))+1", state: BatchState.open.name, count: try row.unsigned("n"))
        }
    }
}
