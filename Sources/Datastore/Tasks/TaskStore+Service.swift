// What changes about a stored task: whether it is served, and its verification key, while that has done nothing yet.
// The conformance is in TaskStore+SQLite.swift.

import DAP
import GRDB

extension SQLiteDatastore {
    static func registerTaskServiceMigrations(_ migrator: inout DatabaseMigrator) {
        migrator.registerMigration("tasks service") { db in
            // The revision tells a running node, for the price of one small read, that another process changed tasks.
            try db.execute(
                sql: """
                    ALTER TABLE tasks ADD COLUMN service INTEGER NOT NULL DEFAULT 0;
                    CREATE TABLE task_revision (
                        id INTEGER PRIMARY KEY CHECK (id = 1),
                        revision INTEGER NOT NULL
                    );
                    INSERT INTO task_revision (id, revision) VALUES (1, 0);
                    CREATE TRIGGER task_revision_insert AFTER INSERT ON tasks BEGIN
                        UPDATE task_revision SET revision = revision + 1;
                    END;
                    CREATE TRIGGER task_revision_update AFTER UPDATE ON tasks BEGIN
                        UPDATE task_revision SET revision = revision + 1;
                    END;
                    CREATE TRIGGER task_revision_delete AFTER DELETE ON tasks BEGIN
                        UPDATE task_revision SET revision = revision + 1;
                    END;
                    """)
        }
    }

    package func taskRevision() async throws(DatastoreError) -> Int64 {
        try await read { db in
            guard let revision = try Int64.fetchOne(db, sql: "SELECT revision FROM task_revision") else {
                throw DatastoreError.corrupt("task_revision is empty")
            }
            return revision
        }
    }

    package func replaceVerifyKey(
        _ key: [UInt8], of id: TaskID, peerHasKey: Bool
    ) async throws(DatastoreError) -> KeyReplacement {
        try await write { db in
            let stored = try Row.fetchOne(
                db, sql: "SELECT verify_key FROM tasks WHERE task_id = ?", arguments: [id.blob])
            guard let stored else { throw DatastoreError.conflict("task \(id.base64URL) is not stored") }
            if try stored.bytes("verify_key") == key { return .same }
            // One of the two is empty, whichever role the node has.
            let accepted =
                try Self.count(
                    "leader_reports WHERE task_id = ? AND state = \(ReportState.accepted.rawValue)", id, db)
                + Self.count("helper_reports WHERE task_id = ?", id, db)
            guard accepted == 0 else { return .inUse(accepted: accepted) }
            // The answer may be lost on its way: reports that the helper has are replays in any other job.
            let underWay = try Self.count(
                "leader_reports WHERE task_id = ? AND state = \(ReportState.aggregating.rawValue)", id, db)
            guard underWay == 0 || peerHasKey else { return .underWay(reports: underWay) }
            try db.execute(
                sql: "UPDATE tasks SET verify_key = ? WHERE task_id = ?", arguments: [key.blob, id.blob])
            // A job that was formed with the old key can only end in refusals.
            try Self.endJobs(of: id, db)
            return .replaced
        }
    }

    package func endTask(_ id: TaskID, mayDiscard: Bool) async throws(DatastoreError) -> TaskEnding {
        try await write { db in
            let stored = try Row.fetchOne(
                db, sql: "SELECT service FROM tasks WHERE task_id = ?", arguments: [id.blob])
            guard let stored else { return .unknown }
            guard try stored.code("service", as: TaskService.self) == .served else { return .already }
            let burden = try Self.burden(of: id, db)
            let ending = TaskEnding.decide(burden, mayDiscard: mayDiscard)
            guard case .ended(let discarded) = ending else { return ending }
            let service: TaskService = discarded > 0 ? .discarded : .ended
            try db.execute(
                sql: "UPDATE tasks SET service = ? WHERE task_id = ?", arguments: [service.rawValue, id.blob])
            if !burden.isNothing { try Self.discard(id, db) }
            return ending
        }
    }

    package func burden(of id: TaskID) async throws(DatastoreError) -> TaskBurden {
        try await read { db in try Self.burden(of: id, db) }
    }

    /// Refuses, in the caller's transaction, what would be taken for a task that has ended meanwhile.
    static func requireService(of id: TaskID, _ db: Database) throws {
        let statement = try db.cachedStatement(sql: "SELECT service FROM tasks WHERE task_id = ?")
        guard let service = try Int64.fetchOne(statement, arguments: [id.blob]) else { return }
        if service != TaskService.served.rawValue { throw DatastoreError.notServed(id) }
    }

    private static func burden(of id: TaskID, _ db: Database) throws -> TaskBurden {
        let waiting = "leader_reports WHERE task_id = ? AND state IN (0, 1)"
        let collected = BatchState.collected.rawValue
        var burden = TaskBurden()
        burden.waiting = try count(waiting, id, db)
        burden.promised = try count("\(waiting) AND deadline IS NOT NULL", id, db)
        burden.collections = try count(
            "leader_collections WHERE task_id = ? AND state < \(CollectionState.finished.rawValue)", id, db)
        burden.uncollected =
            try count(
                """
                leader_reports AS r WHERE r.task_id = ? AND r.state = \(ReportState.accepted.rawValue) AND NOT EXISTS (
                    SELECT 1 FROM leader_batches AS b WHERE b.task_id = r.task_id AND b.state = \(collected) AND (
                        b.batch_id = r.batch_id
                        OR b.batch_id IS NULL AND r.batch_id IS NULL AND b.first_time <= r.time AND r.time < b.end_time
                    )
                )
                """, id, db)
            + count("helper_reports WHERE task_id = ? AND state IN (\(helperHolds))", id, db)
        return burden
    }

    private static let helperHolds = "\(HelperReportState.accepted.rawValue), \(HelperReportState.closed.rawValue)"

    /// Gives up whatever the task still owes.
    private static func discard(_ id: TaskID, _ db: Database) throws {
        try endJobs(of: id, db)
        try db.execute(
            sql: "UPDATE leader_collections SET state = ?, problem_detail = ? WHERE task_id = ? AND state < ?",
            arguments: [
                CollectionState.failed.rawValue, "The leader's operator has ended the task.", id.blob,
                CollectionState.finished.rawValue,
            ])
        for sequence in try Int64.fetchAll(
            db,
            sql: """
                SELECT r.sequence FROM leader_reports AS r
                LEFT JOIN leader_output_shares AS o ON o.sequence = r.sequence
                WHERE r.task_id = ? AND (r.state = ? OR r.state = ? AND o.sequence IS NOT NULL)
                """,
            arguments: [id.blob, ReportState.received.rawValue, ReportState.accepted.rawValue])
        {
            try db.execute(
                sql: "UPDATE leader_reports SET state = ?, error = ? WHERE sequence = ?",
                arguments: [ReportState.rejected.rawValue, Int64(ReportError.reportDropped.rawValue), sequence])
            try forget(sequence, db)
        }
        try db.execute(
            sql: """
                UPDATE helper_reports SET state = ?, output_share = NULL
                WHERE task_id = ? AND state IN (\(helperHolds))
                """,
            arguments: [HelperReportState.dropped.rawValue, id.blob])
    }

    /// Ends the task's pending jobs. Their reports wait again, but for those that were taken back meanwhile.
    private static func endJobs(of id: TaskID, _ db: Database) throws {
        let reports = try Int64.fetchAll(
            db, sql: "SELECT sequence FROM leader_reports WHERE task_id = ? AND state = ?",
            arguments: [id.blob, ReportState.aggregating.rawValue])
        for sequence in reports {
            if let withdrawal = try waitingWithdrawal(sequence, db) {
                try withdraw(sequence, entry: withdrawal, db)
                continue
            }
            try db.execute(
                sql: """
                    UPDATE leader_reports SET state = ?, job = NULL, position = NULL, batch_id = NULL, not_before = 0
                    WHERE sequence = ?
                    """,
                arguments: [ReportState.received.rawValue, sequence])
        }
        try db.execute(
            sql: """
                DELETE FROM leader_turns
                WHERE job IN (SELECT sequence FROM leader_jobs WHERE task_id = ? AND state = ?)
                """,
            arguments: [id.blob, JobState.pending.rawValue])
        try db.execute(
            sql: "UPDATE leader_jobs SET state = ?, request = NULL WHERE task_id = ? AND state = ?",
            arguments: [JobState.ended.rawValue, id.blob, JobState.pending.rawValue])
    }

    private static func count(_ rows: String, _ id: TaskID, _ db: Database) throws -> UInt64 {
        UInt64(clamping: try Int64.fetchOne(db, sql: "SELECT COUNT(*) FROM \(rows)", arguments: [id.blob]) ?? 0)
    }
}
