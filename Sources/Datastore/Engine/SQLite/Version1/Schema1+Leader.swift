// Schema 1: the leader's tables. See Schema1.swift.

import DAP
import Foundation
import GRDB
import Ledger

extension Schema1 {
    static func registerLeaderMigrations(_ migrator: inout DatabaseMigrator) {
        migrator.registerMigration("leader 1") { db in
            try db.execute(
                sql: """
                    CREATE TABLE leader_reports (
                        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
                        task_id BLOB NOT NULL,
                        report_id BLOB NOT NULL,
                        fingerprint BLOB NOT NULL,
                        time INTEGER NOT NULL,
                        state INTEGER NOT NULL,
                        batch_id BLOB,
                        job INTEGER REFERENCES leader_jobs (sequence),
                        position INTEGER,
                        attempts INTEGER NOT NULL DEFAULT 0,
                        not_before INTEGER NOT NULL DEFAULT 0,
                        error INTEGER,
                        log_index INTEGER,
                        UNIQUE (task_id, report_id)
                    );
                    CREATE INDEX leader_reports_by_state ON leader_reports (task_id, state, sequence);
                    CREATE INDEX leader_reports_by_time ON leader_reports (task_id, time, state);
                    CREATE INDEX leader_reports_by_batch ON leader_reports (task_id, batch_id, state)
                        WHERE batch_id IS NOT NULL;
                    CREATE INDEX leader_reports_by_job ON leader_reports (job, position) WHERE state = 1;

                    CREATE TABLE leader_payloads (
                        sequence INTEGER PRIMARY KEY REFERENCES leader_reports (sequence),
                        metadata BLOB NOT NULL,
                        public_share BLOB NOT NULL,
                        input_share BLOB NOT NULL,
                        helper_share BLOB NOT NULL
                    );
                    CREATE TABLE leader_output_shares (
                        sequence INTEGER PRIMARY KEY REFERENCES leader_reports (sequence),
                        output_share BLOB NOT NULL
                    );

                    CREATE TABLE leader_jobs (
                        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
                        task_id BLOB NOT NULL,
                        batch_id BLOB,
                        state INTEGER NOT NULL,
                        request BLOB,
                        location TEXT
                    );
                    CREATE INDEX leader_jobs_pending ON leader_jobs (sequence) WHERE state = 0;

                    CREATE TABLE leader_batches (
                        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
                        task_id BLOB NOT NULL,
                        batch_id BLOB,
                        first_time INTEGER,
                        end_time INTEGER,
                        state INTEGER NOT NULL
                    );
                    CREATE UNIQUE INDEX leader_batches_by_id ON leader_batches (task_id, batch_id)
                        WHERE batch_id IS NOT NULL;
                    CREATE INDEX leader_batches_by_task ON leader_batches (task_id, sequence);

                    CREATE TABLE leader_collections (
                        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
                        task_id BLOB NOT NULL,
                        collection_id BLOB NOT NULL,
                        request BLOB NOT NULL,
                        hidden INTEGER NOT NULL DEFAULT 0,
                        state INTEGER NOT NULL,
                        watermark INTEGER NOT NULL,
                        selector BLOB,
                        proposal BLOB,
                        close_entry BLOB,
                        helper_share BLOB,
                        helper_statement BLOB,
                        response BLOB,
                        problem_type TEXT,
                        problem_detail TEXT,
                        UNIQUE (task_id, collection_id)
                    );
                    """)
        }
        migrator.registerMigration("leader 2") { db in
            // The time by which a promise has to be kept, and withdrawals of reports that are in a job.
            try db.execute(
                sql: """
                    ALTER TABLE leader_reports ADD COLUMN deadline INTEGER;
                    CREATE INDEX leader_reports_by_deadline ON leader_reports (deadline)
                        WHERE state IN (0, 1) AND deadline IS NOT NULL;
                    CREATE TABLE leader_withdrawals (
                        sequence INTEGER PRIMARY KEY REFERENCES leader_reports (sequence),
                        entry BLOB NOT NULL
                    );
                    """)
        }
        migrator.registerMigration("leader 3 early withdrawals") { db in
            // Reports that were taken back before they came, by the claim key that alone can do it: anybody may name an
            // id that is not its own.
            try db.execute(
                sql: """
                    CREATE TABLE leader_early_withdrawals (
                        task_id BLOB NOT NULL,
                        report_id BLOB NOT NULL,
                        claim_key BLOB NOT NULL,
                        PRIMARY KEY (task_id, report_id, claim_key)
                    ) WITHOUT ROWID;
                    """)
        }
        migrator.registerMigration("leader 4 turns") { db in
            // How the exchange about each pending job has gone: apart from the job's row, which holds the request.
            // leader_answered counts, for each task, the jobs by which reports were accepted; refused_after is that
            // number when a job with the report was refused for the first time.
            try db.execute(
                sql: """
                    CREATE TABLE leader_turns (
                        job INTEGER PRIMARY KEY REFERENCES leader_jobs (sequence),
                        answer INTEGER NOT NULL,
                        attempts INTEGER NOT NULL,
                        may_be_committed INTEGER NOT NULL,
                        sent_at INTEGER NOT NULL,
                        not_before INTEGER NOT NULL,
                        is_asked INTEGER NOT NULL,
                        reason TEXT NOT NULL
                    );
                    CREATE TABLE leader_answered (
                        task_id BLOB NOT NULL PRIMARY KEY,
                        jobs INTEGER NOT NULL
                    ) WITHOUT ROWID;
                    ALTER TABLE leader_reports ADD COLUMN refused_after INTEGER;
                    """)
        }
        migrator.registerMigration("leader 5 deferred shares") { db in
            // The helper's name for a share that it deferred. Batches whose jobs had failed stayed `closing` for ever.
            try db.execute(sql: "ALTER TABLE leader_collections ADD COLUMN share_id TEXT")
            let failed = try Row.fetchAll(
                db,
                sql: """
                    SELECT sequence, task_id, selector, close_entry IS NOT NULL AS signed FROM leader_collections
                    WHERE state = 6 AND selector IS NOT NULL
                    """)
            for row in failed {
                guard let selector = try? BatchSelector(decoding: [UInt8](row["selector"] as Data)),
                    let scope = BatchScope(selector)
                else { continue }
                let isSigned: Bool = row["signed"]
                let task = row["task_id"] as Data
                switch scope {
                case .batch(let id):
                    try db.execute(
                        sql: "UPDATE leader_batches SET state = ? WHERE task_id = ? AND batch_id = ? AND state = 1",
                        arguments: [isSigned ? 5 : 3, task, Data(id.bytes)])
                case .interval(let interval):
                    let change = isSigned ? "UPDATE leader_batches SET state = 5" : "DELETE FROM leader_batches"
                    try db.execute(
                        sql: "\(change) WHERE task_id = ? AND batch_id IS NULL AND first_time = ? AND state = 1",
                        arguments: [task, interval.start.clampedToInt64])
                }
                guard !isSigned else { continue }
                let key: Int64 = row["sequence"]
                try db.execute(
                    sql: "UPDATE leader_collections SET selector = NULL WHERE sequence = ?", arguments: [key])
            }
        }
    }
}
