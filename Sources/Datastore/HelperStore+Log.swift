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

    package func loggedCloses(_ task: TaskID) async throws(DatastoreError) -> [LoggedClose] {
        try await read { db in
            try Row.fetchAll(
                db, sql: "SELECT idx, entry FROM helper_log_closes WHERE task_id = ? ORDER BY idx",
                arguments: [task.blob]
            ).map { LoggedClose(index: try $0.unsigned("idx"), entry: try $0.bytes("entry")) }
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
                        WHERE no.task_id = log.task_id AND no.report_id = log.report_id
                            AND no.idx > log.idx AND no.idx < ?
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
        case .close(let task, let index, let bytes):
            try db.cachedStatement(
                sql: "INSERT INTO helper_log_closes (idx, task_id, entry) VALUES (?, ?, ?)"
            ).execute(arguments: [try index.stored("log index"), task.blob, bytes.blob])
        }
    }
}
