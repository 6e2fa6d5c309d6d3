// Schema 1: the helper's tables. See Schema1.swift.

import GRDB

extension Schema1 {
    static func registerHelperMigrations(_ migrator: inout DatabaseMigrator) {
        migrator.registerMigration("helper 1") { db in
            // An aggregation job and the answer that its creation got; the answer goes when the leader deletes the job.
            try db.execute(
                sql: """
                    CREATE TABLE helper_jobs (
                        task_id BLOB NOT NULL,
                        job_id BLOB NOT NULL,
                        response BLOB,
                        PRIMARY KEY (task_id, job_id)
                    )
                    """)
            // Every report that this helper ever accepted. The primary key is the replay protection, so rows stay for
            // ever; output shares go as soon as nothing can need them.
            try db.execute(
                sql: """
                    CREATE TABLE helper_reports (
                        task_id BLOB NOT NULL,
                        report_id BLOB NOT NULL,
                        time INTEGER NOT NULL,
                        batch_id BLOB,
                        state INTEGER NOT NULL,
                        leaf_hash BLOB,
                        output_share BLOB,
                        PRIMARY KEY (task_id, report_id)
                    )
                    """)
            try db.execute(
                sql: "CREATE INDEX helper_reports_by_scope ON helper_reports (task_id, batch_id, time, state)")
            // The closes that this helper signed: one per bucket, ever.
            try db.execute(
                sql: """
                    CREATE TABLE helper_closes (
                        task_id BLOB NOT NULL,
                        selector BLOB NOT NULL,
                        batch_id BLOB,
                        start_time INTEGER,
                        end_time INTEGER,
                        leaves_hash BLOB NOT NULL,
                        root BLOB NOT NULL,
                        report_count INTEGER NOT NULL,
                        signature BLOB NOT NULL,
                        PRIMARY KEY (task_id, selector)
                    )
                    """)
            // Batches that are collected; the interval is the query's, which may be wider than what the leader
            // selected.
            try db.execute(
                sql: """
                    CREATE TABLE helper_collections (
                        task_id BLOB NOT NULL,
                        share_id BLOB NOT NULL,
                        batch_id BLOB,
                        start_time INTEGER,
                        end_time INTEGER,
                        response BLOB,
                        statement BLOB,
                        PRIMARY KEY (task_id, share_id)
                    )
                    """)
            // This helper's verified view of the leader's log.
            try db.execute(
                sql: """
                    CREATE TABLE helper_log (
                        origin TEXT PRIMARY KEY NOT NULL,
                        size INTEGER NOT NULL,
                        range BLOB NOT NULL
                    )
                    """
            )
            try db.execute(
                sql: """
                    CREATE TABLE helper_log_reports (
                        task_id BLOB NOT NULL,
                        report_id BLOB NOT NULL,
                        idx INTEGER NOT NULL,
                        time INTEGER NOT NULL,
                        batch_id BLOB,
                        leaf_hash BLOB NOT NULL,
                        PRIMARY KEY (task_id, report_id)
                    )
                    """)
            try db.execute(
                sql: "CREATE INDEX helper_log_reports_by_scope ON helper_log_reports (task_id, batch_id, time)")
            try db.execute(
                sql: """
                    CREATE TABLE helper_log_rejections (
                        idx INTEGER PRIMARY KEY,
                        task_id BLOB NOT NULL,
                        report_id BLOB NOT NULL
                    )
                    """)
            try db.execute(
                sql: "CREATE INDEX helper_log_rejections_by_report ON helper_log_rejections (task_id, report_id)")
            try db.execute(
                sql: """
                    CREATE TABLE helper_log_closes (
                        idx INTEGER PRIMARY KEY,
                        task_id BLOB NOT NULL,
                        entry BLOB NOT NULL
                    )
                    """)
            try db.execute(sql: "CREATE INDEX helper_log_closes_by_task ON helper_log_closes (task_id)")
        }
        migrator.registerMigration("helper 2") { db in
            // Claim keys decide who may withdraw. A row of helper_log_rejections with a claim key is a withdrawal.
            // helper_refusals has either the error or the contributor's withdrawal entry.
            try db.execute(
                sql: """
                    ALTER TABLE helper_reports ADD COLUMN claim_key BLOB;
                    ALTER TABLE helper_log_reports ADD COLUMN claim_key BLOB;
                    ALTER TABLE helper_log_rejections ADD COLUMN claim_key BLOB;
                    CREATE TABLE helper_refusals (
                        task_id BLOB NOT NULL,
                        report_id BLOB NOT NULL,
                        error INTEGER,
                        withdrawal BLOB,
                        PRIMARY KEY (task_id, report_id)
                    ) WITHOUT ROWID;
                    """)
        }
        migrator.registerMigration("helper 3 log") { db in
            // What counts in the log is what comes first behind its task's entry, with valid signatures; so the log is
            // read anew from its beginning, and only that is kept. helper_log_closes has the close that fixes a bucket
            // and none that comes after it.
            try db.execute(
                sql: """
                    DELETE FROM helper_log;
                    DELETE FROM helper_log_reports;
                    DELETE FROM helper_log_rejections;
                    DROP TABLE helper_log_closes;
                    CREATE TABLE helper_log_closes (
                        idx INTEGER PRIMARY KEY,
                        task_id BLOB NOT NULL,
                        batch_id BLOB,
                        start_time INTEGER,
                        end_time INTEGER,
                        entry BLOB NOT NULL
                    );
                    CREATE INDEX helper_log_closes_by_batch ON helper_log_closes (task_id, batch_id);
                    CREATE TABLE helper_log_tasks (
                        task_id BLOB NOT NULL PRIMARY KEY,
                        idx INTEGER NOT NULL,
                        leader_key BLOB NOT NULL,
                        helper_key BLOB NOT NULL
                    ) WITHOUT ROWID;
                    """)
        }
        migrator.registerMigration("helper 4 early withdrawals") { db in
            // Withdrawals of reports that the leader has promised and that have not come yet. The claim key is part of
            // the key: a leader that promises a report under somebody else's id must not be in the way of its owner.
            try db.execute(
                sql: """
                    CREATE TABLE helper_early_withdrawals (
                        task_id BLOB NOT NULL,
                        report_id BLOB NOT NULL,
                        claim_key BLOB NOT NULL,
                        entry BLOB NOT NULL,
                        PRIMARY KEY (task_id, report_id, claim_key)
                    ) WITHOUT ROWID;
                    """)
        }
        migrator.registerMigration("helper 5 refusal counts") { db in
            // How many reports were rejected for good, by the reason's number in the standard.
            try db.execute(
                sql: """
                    CREATE TABLE helper_refusal_counts (
                        task_id BLOB NOT NULL,
                        error INTEGER NOT NULL,
                        reports INTEGER NOT NULL,
                        PRIMARY KEY (task_id, error)
                    ) WITHOUT ROWID;
                    """)
        }
    }
}
