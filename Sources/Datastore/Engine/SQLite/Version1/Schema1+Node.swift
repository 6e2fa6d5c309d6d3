// Schema 1: tasks, the log, the witness and the node itself. See Schema1.swift.

import GRDB

extension Schema1 {
    static func registerTaskMigrations(_ migrator: inout DatabaseMigrator) {
        migrator.registerMigration("tasks 1") { db in
            try db.execute(
                sql: """
                    CREATE TABLE tasks (
                        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
                        task_id BLOB NOT NULL UNIQUE,
                        name TEXT NOT NULL,
                        configuration BLOB NOT NULL,
                        collector_config BLOB NOT NULL,
                        policy_text BLOB,
                        verify_key BLOB NOT NULL
                    )
                    """)
        }
        // `verify_key` stays the key that a leader uses; its id and the other keys came later.
        migrator.registerMigration("tasks 2") { db in
            try db.execute(
                sql: """
                    ALTER TABLE tasks ADD COLUMN verify_key_id INTEGER NOT NULL DEFAULT 0;
                    ALTER TABLE tasks ADD COLUMN source INTEGER NOT NULL DEFAULT 0;
                    CREATE TABLE task_other_keys (
                        task_id BLOB NOT NULL REFERENCES tasks (task_id) ON DELETE CASCADE,
                        position INTEGER NOT NULL,
                        key_id INTEGER NOT NULL,
                        verify_key BLOB NOT NULL,
                        PRIMARY KEY (task_id, position)
                    ) WITHOUT ROWID;
                    """)
        }
    }

    static func registerLogMigrations(_ migrator: inout DatabaseMigrator) {
        migrator.registerMigration("log 1") { db in
            try db.execute(
                sql: """
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
                    """)
        }
    }

    static func registerWitnessMigrations(_ migrator: inout DatabaseMigrator) {
        migrator.registerMigration("witness 1") { db in
            try db.execute(
                sql: """
                    CREATE TABLE witness_logs (
                        origin TEXT PRIMARY KEY NOT NULL,
                        vkey TEXT NOT NULL,
                        size INTEGER,
                        root BLOB,
                        checkpoint BLOB
                    )
                    """)
        }
    }

    static func registerNodeStateMigrations(_ migrator: inout DatabaseMigrator) {
        migrator.registerMigration("node state 1") { db in
            try db.execute(
                sql: """
                    CREATE TABLE node_state (
                        id INTEGER PRIMARY KEY CHECK (id = 1),
                        generation INTEGER NOT NULL,
                        halted TEXT
                    );
                    INSERT INTO node_state (id, generation) VALUES (1, 0);
                    """)
        }
    }

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

    static func registerStandingMigrations(_ migrator: inout DatabaseMigrator) {
        migrator.registerMigration("peer standing") { db in
            // The row with an empty task id is about the nodes.
            try db.execute(
                sql: """
                    CREATE TABLE peer_standing (
                        task_id BLOB PRIMARY KEY NOT NULL,
                        state TEXT NOT NULL,
                        key_hash BLOB NOT NULL,
                        findings BLOB NOT NULL,
                        since INTEGER NOT NULL
                    ) WITHOUT ROWID;
                    """)
        }
    }
}
