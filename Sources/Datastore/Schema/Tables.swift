// Schema 6: the tables of every store, for both engines. A database has the tables of both roles: they are cheap when
// empty, and one way of making them is easier to trust than two. docs/data-model.md draws them.
//
// What holds for all of them:
// - Tasks, batches, reports and jobs are named by numbers; the ids of the standards stand once, in the row that they name.
// - What is counted has counters, changed in the transaction that changes what they count; nothing is counted by reading.
// - The fate of a batch is one row. Closing or collecting it changes none of its reports.
// - What is large lies in rows of its own, of at most 1 MiB, because both engines write a whole row anew where one of
//   its columns changes. Longer are only the shares of one report (leader_payloads, and the kept shares), in the largest
//   tasks: their rows are inserted and deleted, and never changed. An entry of the log has at most 65,535 bytes, the
//   answer to an aggregation job some 60 bytes for each of at most 10,000 reports.
// - Rows that protect from replays stay for ever; shares go with their bucket's key, and their rows in slices.

/// The definition of all tables.
enum Tables {
    /// One statement each, in the order in which they can be run.
    static func definitions(_ dialect: Dialect) -> [String] {
        node(dialect) + tasks(dialect) + log(dialect) + shares(dialect) + leaderReports(dialect)
            + leaderBatches(dialect) + helper(dialect) + helperLog(dialect) + witness(dialect)
    }

    static func node(_ dialect: Dialect) -> [String] {
        [
            // What a node must notice about its own database, see NodeStateStore. generation is what commands have counted,
            // and processes before schema 5; run is of that time. forgotten: the greatest number of all runs that have no row
            // any more.
            """
            CREATE TABLE node_state (
                id \(dialect.key) CHECK (id = 1),
                generation BIGINT NOT NULL,
                halted TEXT,
                role TEXT,
                run \(dialect.blob),
                \(forgottenRuns)
            )
            """,
            runs(dialect), runIndexes[0], runIndexes[1], duties,
            "INSERT INTO node_state (id, generation) VALUES (1, 0)",
            // The row with an empty task id was about the nodes until schema 4, which has node_peers for that.
            """
            CREATE TABLE peer_standing (
                task_id \(dialect.blob) PRIMARY KEY NOT NULL,
                state TEXT NOT NULL,
                key_hash \(dialect.blob) NOT NULL,
                findings \(dialect.blob) NOT NULL,
                since BIGINT NOT NULL
            )\(dialect.clustered)
            """,
            keys(dialect), peers(dialect),
        ]
    }

    /// What each process of the node has counted, from its start on: the run's random name, its first number and its last, how
    /// many deeds those are, and the first number of the run that its file was in before (0: it was new; null: there was no
    /// file), and the process, by its number and by the name that operators see. is_open is 0 once another start has found the process gone.
    static func runs(_ dialect: Dialect) -> String {
        """
        CREATE TABLE node_runs (
            first \(dialect.key),
            run \(dialect.blob) NOT NULL,
            \(runColumns.joined(separator: ",\n    "))
        )
        """
    }

    /// What schema 5 has added to the starts that schema 3 knew.
    static let runColumns = [
        "last BIGINT NOT NULL DEFAULT 0", "deeds BIGINT NOT NULL DEFAULT 0", "follows BIGINT",
        "process BIGINT NOT NULL DEFAULT 0", "name TEXT", "is_open BIGINT NOT NULL DEFAULT 0",
    ]

    static let forgottenRuns = "forgotten BIGINT NOT NULL DEFAULT 0"

    static let runIndexes = [
        "CREATE UNIQUE INDEX node_runs_by_run ON node_runs (run)",
        "CREATE INDEX node_runs_open ON node_runs (first) WHERE is_open = 1",
    ]

    /// The numbers of former starts, each of which counted on from the one before.
    static let formerRuns = """
        UPDATE node_runs SET
            last = COALESCE((SELECT MIN(n.first) - 1 FROM node_runs AS n WHERE n.first > node_runs.first),
                (SELECT generation FROM node_state)),
            follows = COALESCE((SELECT MAX(n.first) FROM node_runs AS n WHERE n.first < node_runs.first), 0)
        """

    /// Fingerprints of the keys that the node has used the database with, by their names.
    static func keys(_ dialect: Dialect) -> String {
        """
        CREATE TABLE node_keys (
            name TEXT PRIMARY KEY NOT NULL,
            fingerprint \(dialect.blob) NOT NULL
        )\(dialect.clustered)
        """
    }

    /// What the last handshake with each peer said of the nodes as such: a row for each peer and role of this node.
    static func peers(_ dialect: Dialect) -> String {
        """
        CREATE TABLE node_peers (
            role TEXT NOT NULL,
            url TEXT NOT NULL,
            state TEXT NOT NULL,
            findings \(dialect.blob) NOT NULL,
            since BIGINT NOT NULL,
            PRIMARY KEY (role, url)
        )\(dialect.clustered)
        """
    }

    /// What one process at a time does for the whole node: who has it (0: nobody), until when by the database's clock in
    /// milliseconds, and what the holder calls itself.
    static let duties = """
        CREATE TABLE duties (
            name TEXT PRIMARY KEY NOT NULL,
            token BIGINT NOT NULL,
            until BIGINT NOT NULL,
            holder TEXT NOT NULL
        )
        """

    static func tasks(_ dialect: Dialect) -> [String] {
        [
            // The number of every task that the database has heard of, stored or not: a helper reads about tasks in the
            // leader's log before it is told of them.
            """
            CREATE TABLE task_ids (
                task \(dialect.identity),
                task_id \(dialect.blob) NOT NULL UNIQUE
            )
            """,
            // sequence is the order in which they were added. role is what this node is in the task; in rows of schema 3,
            // which do not say it, the first that node_state names.
            """
            CREATE TABLE tasks (
                task \(dialect.key) REFERENCES task_ids (task),
                sequence BIGINT NOT NULL UNIQUE,
                name TEXT NOT NULL,
                configuration \(dialect.blob) NOT NULL,
                collector_config \(dialect.blob) NOT NULL,
                policy_text \(dialect.blob),
                verify_key \(dialect.blob) NOT NULL,
                verify_key_id BIGINT NOT NULL,
                source BIGINT NOT NULL,
                service BIGINT NOT NULL,
                role TEXT
            )
            """,
            """
            CREATE TABLE task_other_keys (
                task BIGINT NOT NULL REFERENCES tasks (task),
                position BIGINT NOT NULL,
                key_id BIGINT NOT NULL,
                verify_key \(dialect.blob) NOT NULL,
                PRIMARY KEY (task, position)
            )\(dialect.clustered)
            """,
            // Tells a running node, for the price of one small read, that another process changed tasks.
            """
            CREATE TABLE task_revision (
                id \(dialect.key) CHECK (id = 1),
                revision BIGINT NOT NULL
            )
            """,
            "INSERT INTO task_revision (id, revision) VALUES (1, 0)",
            taskFiles(dialect),
        ]
    }

    /// The files of a leader's tasks, as their operator added them, for those who know a task by its URL alone.
    static func taskFiles(_ dialect: Dialect) -> String {
        """
        CREATE TABLE task_files (
            task \(dialect.key) REFERENCES tasks (task),
            bytes \(dialect.blob) NOT NULL
        )
        """
    }

    static func log(_ dialect: Dialect) -> [String] {
        [
            """
            CREATE TABLE log_entries (
                idx \(dialect.key),
                bytes \(dialect.blob) NOT NULL
            )
            """,
            // How many entries there are, and how often some were added: whoever adds some finds both as they were read.
            """
            CREATE TABLE log_head (
                id \(dialect.key) CHECK (id = 1),
                size BIGINT NOT NULL,
                fence BIGINT NOT NULL DEFAULT 0
            )
            """,
            "INSERT INTO log_head (id, size) VALUES (1, 0)",
            """
            CREATE TABLE log_submissions (
                entry_hash \(dialect.blob) PRIMARY KEY NOT NULL,
                idx BIGINT NOT NULL
            )\(dialect.clustered)
            """,
            """
            CREATE TABLE log_checkpoints (
                size \(dialect.key),
                root \(dialect.blob) NOT NULL,
                note \(dialect.blob) NOT NULL,
                cosigned_note \(dialect.blob)
            )
            """,
        ] + logQueue(dialect) + [blobs(dialect)]
    }

    /// What entries and statements name by its hash, in parts of 256 KiB; size: of the whole, in bytes.
    static func blobs(_ dialect: Dialect) -> String {
        """
        CREATE TABLE blobs (
            hash \(dialect.blob) NOT NULL,
            part BIGINT NOT NULL,
            size BIGINT NOT NULL,
            bytes \(dialect.blob) NOT NULL,
            PRIMARY KEY (hash, part)
        )
        """
    }

    /// Entries that have no place in the log yet. word: QueuedWord; subject: the row of the report or the collection that it is
    /// about. not_before: POSIX seconds, 0 for at once; stage and turn: where it stands among those that wait until the same
    /// time. bucket_kind, bucket_ref: where its report is added up.
    static func logQueue(_ dialect: Dialect) -> [String] {
        [
            """
            CREATE TABLE log_queue (
                entry \(dialect.identity),
                task BIGINT NOT NULL,
                word BIGINT NOT NULL,
                subject BIGINT,
                bucket_kind BIGINT,
                bucket_ref BIGINT,
                not_before BIGINT NOT NULL,
                stage BIGINT NOT NULL,
                turn BIGINT NOT NULL,
                bytes \(dialect.blob) NOT NULL
            )
            """,
            "CREATE INDEX log_queue_due ON log_queue (not_before, stage, turn, entry)",
            "CREATE UNIQUE INDEX log_queue_by_subject ON log_queue (task, word, subject)",
            """
            CREATE INDEX log_queue_by_bucket ON log_queue (task, bucket_kind, bucket_ref, not_before)
                WHERE bucket_ref IS NOT NULL
            """,
        ]
    }

    static func witness(_ dialect: Dialect) -> [String] {
        [
            // One row a log, with the newest checkpoint that was cosigned.
            """
            CREATE TABLE witness_logs (
                origin TEXT PRIMARY KEY NOT NULL,
                vkey TEXT NOT NULL,
                size BIGINT,
                root \(dialect.blob),
                checkpoint \(dialect.blob)
            )
            """
        ]
    }

    /// Shares at rest and their sums, of either role.
    static func shares(_ dialect: Dialect) -> [String] {
        [
            // The keys that shares are sealed under, one or more a bucket. Destroyed when the bucket is collected, and
            // with them every share, wherever copies of its row may lie. ref: the time (kind 0) or the batch (kind 1). Of no
            // task (0, kind 2): the key of a helper's stored request, in use (ref 1) or free.
            """
            CREATE TABLE share_keys (
                share_key \(dialect.identity),
                task BIGINT NOT NULL,
                kind BIGINT NOT NULL,
                ref BIGINT NOT NULL,
                secret \(dialect.blob) NOT NULL
            )
            """,
            "CREATE INDEX share_keys_by_bucket ON share_keys (task, kind, ref)",
            // The sum of the accepted, uncollected reports of a bucket. Part 0 has the numbers, and like every part a piece
            // of the sealed aggregate share, at most 1 MiB of it.
            """
            CREATE TABLE share_sums (
                task BIGINT NOT NULL,
                kind BIGINT NOT NULL,
                ref BIGINT NOT NULL,
                part BIGINT NOT NULL,
                reports BIGINT NOT NULL,
                checksum \(dialect.blob) NOT NULL,
                first_time BIGINT NOT NULL,
                last_time BIGINT NOT NULL,
                share_key BIGINT NOT NULL,
                share \(dialect.blob) NOT NULL,
                PRIMARY KEY (task, kind, ref, part)
            )
            """,
            // What of a collection is as long as an aggregate share, in pieces. A leader's: the helper's sealed share
            // (kind 0) until there is the response (kind 1). A helper's: the answer (kind 2).
            """
            CREATE TABLE collection_parts (
                collection BIGINT NOT NULL,
                kind BIGINT NOT NULL,
                part BIGINT NOT NULL,
                bytes \(dialect.blob) NOT NULL,
                PRIMARY KEY (collection, kind, part)
            )
            """,
            // Keys were destroyed, and copies of them may still lie where they were written: a row for each transaction
            // that destroyed some, until the engine has cleaned up after it (Scrubbing.swift).
            "CREATE TABLE scrubs_due (scrub \(dialect.identity))",
        ]
    }
}
