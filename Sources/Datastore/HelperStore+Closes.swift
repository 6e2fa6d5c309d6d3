// Closes: what the helper can stand by, and the one transaction that fixes a batch for ever.

import DAP
import GRDB
import Ledger

extension SQLiteDatastore {
    package func helperClose(
        _ task: TaskID, _ selector: BatchSelector
    ) async throws(DatastoreError) -> HelperClose? {
        try await read { db in try Self.fetchClose(task, selector, db) }
    }

    private static func fetchClose(_ task: TaskID, _ selector: BatchSelector, _ db: Database) throws -> HelperClose? {
        try Row.fetchOne(
            db, sql: "SELECT * FROM helper_closes WHERE task_id = ? AND selector = ?",
            arguments: [task.blob, selector.encoded().blob]
        ).map { row in
            HelperClose(
                selector: selector, leavesHash: try row.bytes("leaves_hash"), root: try row.bytes("root"),
                count: try row.unsigned("report_count"), signature: try row.bytes("signature"))
        }
    }

    package func examineProposal(
        _ task: TaskID, _ proposal: CloseProposal
    ) async throws(DatastoreError) -> ProposalExamination {
        guard let scope = BatchScope(proposal.selector) else { return .drop(proposal.reportIDs) }
        return try await read { db in
            if let signed = try Self.fetchClose(task, proposal.selector, db) { return .signed(signed) }
            let statement = try db.cachedStatement(
                sql: """
                    SELECT log.idx, log.leaf_hash, own.time, own.batch_id,
                        own.leaf_hash = log.leaf_hash AND own.state = ? AS stands,
                        EXISTS (SELECT 1 FROM helper_log_rejections AS no
                            WHERE no.task_id = own.task_id AND no.report_id = own.report_id
                                AND (no.claim_key IS NULL OR no.claim_key = log.claim_key)) AS rejected
                    FROM helper_reports AS own JOIN helper_log_reports AS log USING (task_id, report_id)
                    WHERE own.task_id = ? AND own.report_id = ?
                    """)
            var leafHashes: [[UInt8]] = []
            var drops: [ReportID] = []
            var last: UInt64?
            for id in proposal.reportIDs {
                let row = try Row.fetchOne(
                    statement, arguments: [HelperReportState.accepted.rawValue, task.blob, id.blob])
                guard let row, row["stands"] == true, row["rejected"] == false,
                    try row.unsigned("idx") < proposal.checkpointSize, try Self.isInside(row, scope)
                else {
                    drops.append(id)
                    continue
                }
                let index = try row.unsigned("idx")
                if let last, index <= last { return .notInLogOrder(id) }
                last = index
                leafHashes.append(try row.bytes("leaf_hash"))
            }
            return drops.isEmpty ? .agreed(leafHashes: leafHashes) : .drop(drops)
        }
    }

    package func commitHelperClose(
        _ task: TaskID, _ close: HelperClose, reports: [ReportID]
    ) async throws(DatastoreError) -> Bool {
        guard let scope = BatchScope(close.selector) else { return false }
        return try await write { db in
            guard try !Self.isShut(task, scope, db) else { return false }
            let (batch, start, end) = Self.columns(of: scope)
            try db.execute(
                sql: """
                    INSERT INTO helper_closes
                        (task_id, selector, batch_id, start_time, end_time, leaves_hash, root, report_count, signature)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    task.blob, close.selector.encoded().blob, batch, start, end, close.leavesHash.blob, close.root.blob,
                    try close.count.stored("report count"), close.signature.blob,
                ])
            let keep = try db.cachedStatement(
                sql: "UPDATE helper_reports SET state = ? WHERE task_id = ? AND report_id = ? AND state = ?")
            for id in reports {
                try keep.execute(arguments: [
                    HelperReportState.closed.rawValue, task.blob, id.blob, HelperReportState.accepted.rawValue,
                ])
                guard db.changesCount == 1 else {
                    throw DatastoreError.conflict("report \(id.hex) left the batch while its close was signed")
                }
            }
            try Self.update(
                "SET state = \(HelperReportState.dropped.rawValue), output_share = NULL", in: scope, of: task,
                state: .accepted, db)
            try Self.countGeneration(db)
            return true
        }
    }

    /// The columns that a scope fills in helper_closes and helper_collections.
    static func columns(of scope: BatchScope) -> (batch: DatabaseValueConvertible?, start: Int64?, end: Int64?) {
        switch scope {
        case .batch(let id): (id.blob, nil, nil)
        case .interval(let interval):
            (nil, interval.start.clampedToInt64, (interval.end ?? .max).clampedToInt64)
        }
    }

    /// Changes the reports of a scope that are in `state`.
    static func update(
        _ change: String, in scope: BatchScope, of task: TaskID, state: HelperReportState, _ db: Database
    ) throws {
        let (condition, arguments) = scopeCondition(scope)
        try db.execute(
            sql: "UPDATE helper_reports \(change) WHERE task_id = ? AND state = ? AND \(condition)",
            arguments: [task.blob, state.rawValue] + arguments)
    }

    /// SQL that holds for the reports of a scope.
    static func scopeCondition(_ scope: BatchScope) -> (sql: String, arguments: StatementArguments) {
        switch scope {
        case .batch(let id): ("batch_id = ?", [id.blob])
        case .interval(let interval):
            (
                "batch_id IS NULL AND time >= ? AND time < ?",
                [interval.start.clampedToInt64, (interval.end ?? interval.start).clampedToInt64]
            )
        }
    }

    private static func isInside(_ row: Row, _ scope: BatchScope) throws -> Bool {
        let batch = try row.optionalID("batch_id", as: BatchID.self)
        let time = try row.unsigned("time")
        return switch scope {
        case .batch(let id): batch == id
        case .interval(let interval): batch == nil && interval.contains(time)
        }
    }
}
