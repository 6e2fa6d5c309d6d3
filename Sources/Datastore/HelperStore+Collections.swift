// Collection: output shares are summed by streaming and deleted in the transaction that marks their batch collected, so
// a crash leaves either all of them or the stored answer.

import DAP
import GRDB
import Ledger

extension SQLiteDatastore {
    package func helperCollection(
        _ task: TaskID, _ share: AggregateShareID
    ) async throws(DatastoreError) -> HelperCollection? {
        try await read { db in try Self.fetchCollection(task, share, db) }
    }

    package func isHelperCollected(_ task: TaskID, _ scope: BatchScope) async throws(DatastoreError) -> Bool {
        try await read { db in try Self.overlaps("helper_collections", task, scope, db) }
    }

    package func sumHelperShares(
        _ task: TaskID, _ scope: BatchScope, closed: Bool, into accumulator: any OutputShareAccumulator
    ) async throws(DatastoreError) -> HelperSum {
        try await read { db in
            var sum = HelperSum(accumulator: accumulator, count: 0, checksum: Checksum())
            let (condition, arguments) = Self.scopeCondition(scope)
            let rows = try Row.fetchCursor(
                db,
                sql:
                    """
                    SELECT report_id, output_share FROM helper_reports
                    WHERE task_id = ? AND state = ? AND \(condition)
                    """,
                arguments: [task.blob, Self.summed(closed).rawValue] + arguments)
            while let row = try rows.next() {
                let id = try row.id("report_id", as: ReportID.self)
                do {
                    try sum.accumulator.add(try row.bytes("output_share"))
                } catch {
                    throw DatastoreError.corrupt("output share of report \(id.hex): \(error)")
                }
                sum.count += 1
                sum.checksum.toggle(id)
            }
            return sum
        }
    }

    package func commitHelperCollection(
        _ task: TaskID, _ collection: HelperCollectionCommit
    ) async throws(DatastoreError) -> HelperCollectionResult {
        try await write { db in
            if let present = try Self.fetchCollection(task, collection.share, db) { return .present(present) }
            guard try !Self.overlaps("helper_collections", task, collection.selected, db) else { return .overlap }
            let state = Self.summed(collection.closed)
            // Reports join a batch until it is collected, and leave it when the leader compares it with its own.
            var (count, checksum) = (UInt64(0), Checksum())
            try Self.forEachReport(in: collection.selected, of: task, state: state, db) {
                count += 1
                checksum.toggle($0)
            }
            guard count == collection.count, checksum == collection.checksum else { return .changed }
            let (batch, start, end) = Self.columns(of: collection.queried)
            try db.execute(
                sql: """
                    INSERT INTO helper_collections
                        (task_id, share_id, batch_id, start_time, end_time, response, statement)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    task.blob, collection.share.blob, batch, start, end, collection.answer.response?.blob,
                    collection.answer.statement?.blob,
                ])
            try Self.update(
                "SET state = \(HelperReportState.collected.rawValue), output_share = NULL", in: collection.selected,
                of: task, state: state, db)
            // What the query covers but the leader did not select can never be collected any more.
            try Self.update(
                "SET state = \(HelperReportState.dropped.rawValue), output_share = NULL", in: collection.queried,
                of: task,
                state: .accepted, db)
            try Self.countGeneration(db)
            return .stored
        }
    }

    package func deleteHelperCollection(
        _ task: TaskID, _ share: AggregateShareID
    ) async throws(DatastoreError) -> Bool {
        try await write { db in
            try db.execute(
                sql: """
                    UPDATE helper_collections SET response = NULL, statement = NULL
                    WHERE task_id = ? AND share_id = ? AND response IS NOT NULL
                    """,
                arguments: [task.blob, share.blob])
            return db.changesCount == 1
        }
    }

    /// Which reports make up a batch: those of the signed close, or all accepted ones where there are no closes.
    private static func summed(_ closed: Bool) -> HelperReportState { closed ? .closed : .accepted }

    private static func fetchCollection(
        _ task: TaskID, _ share: AggregateShareID, _ db: Database
    ) throws -> HelperCollection? {
        try Row.fetchOne(
            db, sql: "SELECT response, statement FROM helper_collections WHERE task_id = ? AND share_id = ?",
            arguments: [task.blob, share.blob]
        ).map { HelperCollection(response: $0.optionalBytes("response"), statement: $0.optionalBytes("statement")) }
    }

    /// Streams the ids of a scope's reports that are in `state`.
    static func forEachReport(
        in scope: BatchScope, of task: TaskID, state: HelperReportState, _ db: Database,
        _ body: (ReportID) throws -> Void
    ) throws {
        let (condition, arguments) = scopeCondition(scope)
        let rows = try Row.fetchCursor(
            db, sql: "SELECT report_id FROM helper_reports WHERE task_id = ? AND state = ? AND \(condition)",
            arguments: [task.blob, state.rawValue] + arguments)
        while let row = try rows.next() { try body(try row.id("report_id", as: ReportID.self)) }
    }
}
