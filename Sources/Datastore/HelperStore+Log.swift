// The helper's view of the leader's log. Entries are recorded in the transaction that moves the position behind them,
// so each counts exactly once.

import DAP
import GRDB
import Ledger

extension SQLiteDatastore: HelperStore {
    package func helperLogPosition(origin: String) async throws(DatastoreError) -> HelperLogPosition? {
        try await read { db in
            try Row.fetchOne(db, sql: "SELECT size, range FROM helper_log WHERE origin = ?", arguments: [origin])
                .map { HelperLogPosition(size: try $0.unsigned("size"), range: try $0.bytes("range")) }
        }
    }

    package func advanceHelperLog(
        origin: String, previous: UInt64, to position: HelperLogPosition, entries: [FollowedEntry]
    ) async throws(DatastoreError) -> Bool {
        let (before, after) = (try previous.stored("log size"), try position.size.stored("log size"))
        return try await write { db in
            let known = try Int64.fetchOne(db, sql: "SELECT size FROM helper_log WHERE origin = ?", arguments: [origin])
            guard (known ?? 0) == before else { return false }
            try db.execute(
                sql: """
                    INSERT INTO helper_log (origin, size, range) VALUES (?, ?, ?)
                    ON CONFLICT (origin) DO UPDATE SET size = excluded.size, range = excluded.range
                    """,
                arguments: [origin, after, position.range.blob])
            for entry in entries { try Self.record(entry, db) }
            return true
        }
    }

    package func loggedTask(_ task: TaskID) async throws(DatastoreError) -> LoggedTask? {
        try await read { db in
            try Row.fetchOne(db, sql: "SELECT * FROM helper_log_tasks WHERE task_id = ?", arguments: [task.blob]).map {
                LoggedTask(
                    index: try $0.unsigned("idx"),
                    keys: StatementKeys(leader: try $0.bytes("leader_key"), helper: try $0.bytes("helper_key")))
            }
        }
    }

    package func fixingClose(
        _ task: TaskID, _ scope: BatchScope
    ) async throws(DatastoreError) -> LoggedClose? {
        let (condition, arguments) = Self.overlapCondition(scope)
        return try await read { db in
            try Row.fetchOne(
                db,
                sql: "SELECT idx, entry FROM helper_log_closes WHERE task_id = ? AND \(condition) ORDER BY idx LIMIT 1",
                arguments: [task.blob] + arguments
            ).map { LoggedClose(index: try $0.unsigned("idx"), entry: try $0.bytes("entry")) }
        }
    }

    package func remembers(_ word: HelperWord) async throws(DatastoreError) -> Bool {
        try await read { db in
            switch word {
            case .close(let terms):
                try Bool.fetchOne(
                    db,
                    sql: """
                        SELECT 1 FROM helper_closes
                        WHERE task_id = ? AND selector = ? AND root = ? AND report_count = ?
                        """,
                    arguments: [
                        terms.taskID.blob, terms.selector.encoded().blob, terms.root.blob, terms.count.clampedToInt64,
                    ]) ?? false
            case .statement(let task, let scope): try Self.overlaps("helper_collections", task, scope, db)
            case .rejected(let task, let report):
                try Bool.fetchOne(
                    db,
                    sql: """
                        SELECT 1 WHERE EXISTS (
                            SELECT 1 FROM helper_refusals WHERE task_id = :task AND report_id = :report
                        ) OR EXISTS (
                            SELECT 1 FROM helper_reports
                            WHERE task_id = :task AND report_id = :report AND state = :dropped)
                        """,
                    arguments: [
                        "task": task.blob, "report": report.blob, "dropped": HelperReportState.dropped.rawValue,
                    ]) ?? false
            }
        }
    }

    package func loggedBatch(
        _ task: TaskID, _ scope: BatchScope, before index: UInt64
    ) async throws(DatastoreError) -> BatchRoot {
        let (condition, arguments) = Self.scopeCondition(scope)
        return try await read { db in
            var root = BatchRoot()
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT leaf_hash FROM helper_log_reports AS log
                    WHERE task_id = ? AND \(condition) AND idx < ? AND NOT EXISTS (
                        SELECT 1 FROM helper_log_rejections AS no
                        WHERE no.task_id = log.task_id AND no.report_id = log.report_id AND no.idx < ?
                            AND (no.claim_key IS NULL OR no.claim_key = log.claim_key))
                    ORDER BY idx
                    """,
                arguments: [task.blob] + arguments + [index.clampedToInt64, index.clampedToInt64])
            while let row = try rows.next() { root.append(leafHash: try row.bytes("leaf_hash")) }
            return root
        }
    }

    private static func record(_ entry: FollowedEntry, _ db: Database) throws {
        switch entry {
        case .task(let task, let index, let keys):
            try db.execute(
                sql: """
                    INSERT INTO helper_log_tasks (task_id, idx, leader_key, helper_key) VALUES (?, ?, ?, ?)
                    ON CONFLICT DO NOTHING
                    """,
                arguments: [task.blob, try index.stored("log index"), keys.leader.blob, keys.helper.blob])
        case .report(let task, let report, let index, let time, let batch, let leafHash, let claimKey):
            // The first leaf of a report is the one that counts (Protocols/log-entries.md); a copy is no leaf.
            try db.cachedStatement(
                sql: """
                    INSERT INTO helper_log_reports (task_id, report_id, idx, time, batch_id, leaf_hash, claim_key)
                    VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
                    """
            ).execute(arguments: [
                task.blob, report.blob, try index.stored("log index"), time.clampedToInt64, batch?.blob, leafHash.blob,
                claimKey?.blob,
            ])
        case .rejected(let task, let report, let index):
            try db.cachedStatement(
                sql: "INSERT INTO helper_log_rejections (idx, task_id, report_id) VALUES (?, ?, ?)"
            ).execute(arguments: [try index.stored("log index"), task.blob, report.blob])
        case .withdrawal(let task, let report, let index, let claimKey):
            try db.cachedStatement(
                sql: "INSERT INTO helper_log_rejections (idx, task_id, report_id, claim_key) VALUES (?, ?, ?, ?)"
            ).execute(arguments: [try index.stored("log index"), task.blob, report.blob, claimKey.blob])
        case .close(let task, let index, let scope, let bytes):
            // A second close of a bucket is void (Protocols/log-entries.md).
            guard try !overlaps("helper_log_closes", task, scope, db) else { return }
            let (batch, start, end) = columns(of: scope)
            try db.cachedStatement(
                sql: """
                    INSERT INTO helper_log_closes (idx, task_id, batch_id, start_time, end_time, entry)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """
            ).execute(arguments: [try index.stored("log index"), task.blob, batch, start, end, bytes.blob])
        }
    }
}
