PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
INSERT INTO grdb_migrations VALUES('tasks 1');
INSERT INTO grdb_migrations VALUES('tasks 2');
INSERT INTO grdb_migrations VALUES('log 1');
INSERT INTO grdb_migrations VALUES('leader 1');
INSERT INTO grdb_migrations VALUES('leader 2');
INSERT INTO grdb_migrations VALUES('leader 3 early withdrawals');
INSERT INTO grdb_migrations VALUES('leader 4 turns');
INSERT INTO grdb_migrations VALUES('leader 5 deferred shares');
INSERT INTO grdb_migrations VALUES('helper 1');
INSERT INTO grdb_migrations VALUES('helper 2');
INSERT INTO grdb_migrations VALUES('helper 3 log');
INSERT INTO grdb_migrations VALUES('helper 4 early withdrawals');
INSERT INTO grdb_migrations VALUES('helper 5 refusal counts');
INSERT INTO grdb_migrations VALUES('witness 1');
INSERT INTO grdb_migrations VALUES('node state 1');
INSERT INTO grdb_migrations VALUES('tasks service');
INSERT INTO grdb_migrations VALUES('peer standing');
CREATE TABLE tasks (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    task_id BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL,
    configuration BLOB NOT NULL,
    collector_config BLOB NOT NULL,
    policy_text BLOB,
    verify_key BLOB NOT NULL
, verify_key_id INTEGER NOT NULL DEFAULT 0, source INTEGER NOT NULL DEFAULT 0, service INTEGER NOT NULL DEFAULT 0);
CREATE TABLE task_other_keys (
    task_id BLOB NOT NULL REFERENCES tasks (task_id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    key_id INTEGER NOT NULL,
    verify_key BLOB NOT NULL,
    PRIMARY KEY (task_id, position)
) WITHOUT ROWID;
CREATE TABLE log_entries (
    idx INTEGER PRIMARY KEY,
    bytes BLOB NOT NULL
);
CREATE TABLE log_submissions (
    entry_hash BLOB NOT NULL PRIMARY KEY,
    idx INTEGER NOT NULL REFERENCES log_entries (idx)
) WITHOUT ROWID;
CREATE TABLE log_checkpoints (
    size INTEGER PRIMARY KEY,
    root BLOB NOT NULL,
    note BLOB NOT NULL,
    cosigned_note BLOB
);
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
    log_index INTEGER, deadline INTEGER, refused_after INTEGER,
    UNIQUE (task_id, report_id)
);
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
CREATE TABLE leader_batches (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    task_id BLOB NOT NULL,
    batch_id BLOB,
    first_time INTEGER,
    end_time INTEGER,
    state INTEGER NOT NULL
);
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
    problem_detail TEXT, share_id TEXT,
    UNIQUE (task_id, collection_id)
);
CREATE TABLE leader_withdrawals (
    sequence INTEGER PRIMARY KEY REFERENCES leader_reports (sequence),
    entry BLOB NOT NULL
);
CREATE TABLE leader_early_withdrawals (
    task_id BLOB NOT NULL,
    report_id BLOB NOT NULL,
    claim_key BLOB NOT NULL,
    PRIMARY KEY (task_id, report_id, claim_key)
) WITHOUT ROWID;
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
CREATE TABLE helper_jobs (
    task_id BLOB NOT NULL,
    job_id BLOB NOT NULL,
    response BLOB,
    PRIMARY KEY (task_id, job_id)
);
CREATE TABLE helper_reports (
    task_id BLOB NOT NULL,
    report_id BLOB NOT NULL,
    time INTEGER NOT NULL,
    batch_id BLOB,
    state INTEGER NOT NULL,
    leaf_hash BLOB,
    output_share BLOB, claim_key BLOB,
    PRIMARY KEY (task_id, report_id)
);
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
);
CREATE TABLE helper_collections (
    task_id BLOB NOT NULL,
    share_id BLOB NOT NULL,
    batch_id BLOB,
    start_time INTEGER,
    end_time INTEGER,
    response BLOB,
    statement BLOB,
    PRIMARY KEY (task_id, share_id)
);
CREATE TABLE helper_log (
    origin TEXT PRIMARY KEY NOT NULL,
    size INTEGER NOT NULL,
    range BLOB NOT NULL
);
CREATE TABLE helper_log_reports (
    task_id BLOB NOT NULL,
    report_id BLOB NOT NULL,
    idx INTEGER NOT NULL,
    time INTEGER NOT NULL,
    batch_id BLOB,
    leaf_hash BLOB NOT NULL, claim_key BLOB,
    PRIMARY KEY (task_id, report_id)
);
CREATE TABLE helper_log_rejections (
    idx INTEGER PRIMARY KEY,
    task_id BLOB NOT NULL,
    report_id BLOB NOT NULL
, claim_key BLOB);
CREATE TABLE helper_refusals (
    task_id BLOB NOT NULL,
    report_id BLOB NOT NULL,
    error INTEGER,
    withdrawal BLOB,
    PRIMARY KEY (task_id, report_id)
) WITHOUT ROWID;
CREATE TABLE helper_log_closes (
    idx INTEGER PRIMARY KEY,
    task_id BLOB NOT NULL,
    batch_id BLOB,
    start_time INTEGER,
    end_time INTEGER,
    entry BLOB NOT NULL
);
CREATE TABLE helper_log_tasks (
    task_id BLOB NOT NULL PRIMARY KEY,
    idx INTEGER NOT NULL,
    leader_key BLOB NOT NULL,
    helper_key BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE helper_early_withdrawals (
    task_id BLOB NOT NULL,
    report_id BLOB NOT NULL,
    claim_key BLOB NOT NULL,
    entry BLOB NOT NULL,
    PRIMARY KEY (task_id, report_id, claim_key)
) WITHOUT ROWID;
CREATE TABLE helper_refusal_counts (
    task_id BLOB NOT NULL,
    error INTEGER NOT NULL,
    reports INTEGER NOT NULL,
    PRIMARY KEY (task_id, error)
) WITHOUT ROWID;
CREATE TABLE witness_logs (
    origin TEXT PRIMARY KEY NOT NULL,
    vkey TEXT NOT NULL,
    size INTEGER,
    root BLOB,
    checkpoint BLOB
);
INSERT INTO witness_logs VALUES('a','a+1',5,X'01',X'02');
INSERT INTO witness_logs VALUES('b','b+1',NULL,NULL,NULL);
CREATE TABLE node_state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    generation INTEGER NOT NULL,
    halted TEXT
);
INSERT INTO node_state VALUES(1,1,'a restore was declared');
CREATE TABLE task_revision (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    revision INTEGER NOT NULL
);
INSERT INTO task_revision VALUES(1,0);
CREATE TABLE peer_standing (
    task_id BLOB PRIMARY KEY NOT NULL,
    state TEXT NOT NULL,
    key_hash BLOB NOT NULL,
    findings BLOB NOT NULL,
    since INTEGER NOT NULL
) WITHOUT ROWID;
DELETE FROM sqlite_sequence;
CREATE INDEX leader_reports_by_state ON leader_reports (task_id, state, sequence);
CREATE INDEX leader_reports_by_time ON leader_reports (task_id, time, state);
CREATE INDEX leader_reports_by_batch ON leader_reports (task_id, batch_id, state)
    WHERE batch_id IS NOT NULL;
CREATE INDEX leader_reports_by_job ON leader_reports (job, position) WHERE state = 1;
CREATE INDEX leader_jobs_pending ON leader_jobs (sequence) WHERE state = 0;
CREATE UNIQUE INDEX leader_batches_by_id ON leader_batches (task_id, batch_id)
    WHERE batch_id IS NOT NULL;
CREATE INDEX leader_batches_by_task ON leader_batches (task_id, sequence);
CREATE INDEX leader_reports_by_deadline ON leader_reports (deadline)
    WHERE state IN (0, 1) AND deadline IS NOT NULL;
CREATE INDEX helper_reports_by_scope ON helper_reports (task_id, batch_id, time, state);
CREATE INDEX helper_log_reports_by_scope ON helper_log_reports (task_id, batch_id, time);
CREATE INDEX helper_log_rejections_by_report ON helper_log_rejections (task_id, report_id);
CREATE INDEX helper_log_closes_by_batch ON helper_log_closes (task_id, batch_id);
CREATE TRIGGER task_revision_insert AFTER INSERT ON tasks BEGIN
    UPDATE task_revision SET revision = revision + 1;
END;
CREATE TRIGGER task_revision_update AFTER UPDATE ON tasks BEGIN
    UPDATE task_revision SET revision = revision + 1;
END;
CREATE TRIGGER task_revision_delete AFTER DELETE ON tasks BEGIN
    UPDATE task_revision SET revision = revision + 1;
END;
COMMIT;
