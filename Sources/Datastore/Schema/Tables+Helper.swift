extension Tables {
    static func helper(_ dialect: Dialect) -> [String] {
        [
            // An aggregation job and the answer that its creation got; the answer goes when the leader deletes the job. The
            // other columns are about one that waits to be verified (state > 0): whose turn it is, the token of who has it
            // (0: nobody), and when somebody may take it, in milliseconds of the database's clock.
            """
            CREATE TABLE helper_jobs (
                task BIGINT NOT NULL,
                job_id \(dialect.blob) NOT NULL,
                response \(dialect.blob),
                \(waitingColumns.joined(separator: ",\n    ")),
                PRIMARY KEY (task, job_id)
            )
            """,
            waitingIndex,
            // The numbers of leader-selected batches.
            """
            CREATE TABLE helper_batches (
                batch \(dialect.identity),
                task BIGINT NOT NULL,
                batch_id \(dialect.blob) NOT NULL
            )
            """,
            "CREATE UNIQUE INDEX helper_batches_by_id ON helper_batches (task, batch_id)",
            // Every report that this helper ever accepted: the replay protection. state says whether it has left its bucket since;
            // whether it is closed over or collected follows from its bucket. batch: leader-selected mode.
            """
            CREATE TABLE helper_reports (
                report \(dialect.identity),
                task BIGINT NOT NULL,
                report_id \(dialect.blob) NOT NULL,
                time BIGINT NOT NULL,
                batch BIGINT,
                state BIGINT NOT NULL,
                leaf_hash \(dialect.blob),
                claim_key \(dialect.blob)
            )
            """,
            "CREATE UNIQUE INDEX helper_reports_by_id ON helper_reports (task, report_id)",
            "CREATE INDEX helper_reports_by_time ON helper_reports (task, time, report) WHERE batch IS NULL",
            "CREATE INDEX helper_reports_by_batch ON helper_reports (batch, report) WHERE batch IS NOT NULL",
            // From which an accepted report's output share can be taken out of its sum again: that share (kind 0), or where
            // it is smaller, the input share (kind 1). Sealed under the bucket's key.
            """
            CREATE TABLE helper_kept_shares (
                report \(dialect.key),
                share_key BIGINT NOT NULL,
                kind BIGINT NOT NULL,
                share \(dialect.blob) NOT NULL
            )
            """,
            // Numbers of the reports of a bucket: of a time unit (kind 0, ref = time) or a batch (kind 1, ref = batch).
            // dropped: those that have left, which are not among the accepted.
            """
            CREATE TABLE helper_buckets (
                task BIGINT NOT NULL,
                kind BIGINT NOT NULL,
                ref BIGINT NOT NULL,
                accepted BIGINT NOT NULL DEFAULT 0,
                dropped BIGINT NOT NULL DEFAULT 0,
                PRIMARY KEY (task, kind, ref)
            )\(dialect.clustered)
            """,
            // The closes that this helper signed: one per bucket, ever. A row shuts its buckets. New reports are mostly of
            // late times, which few rows reach: so the end is what intervals are found by.
            """
            CREATE TABLE helper_closes (
                task BIGINT NOT NULL,
                selector \(dialect.blob) NOT NULL,
                batch_id \(dialect.blob),
                start_time BIGINT,
                end_time BIGINT,
                leaves_hash \(dialect.blob) NOT NULL,
                root \(dialect.blob) NOT NULL,
                report_count BIGINT NOT NULL,
                signature \(dialect.blob) NOT NULL,
                PRIMARY KEY (task, selector)
            )
            """,
            "CREATE INDEX helper_closes_by_time ON helper_closes (task, end_time)",
            "CREATE INDEX helper_closes_by_batch ON helper_closes (task, batch_id)",
            // Batches that are collected; the interval is the query's, which may be wider than what the leader selected. The
            // answer is in collection_parts, until the leader deletes it.
            """
            CREATE TABLE helper_collections (
                collection \(dialect.identity),
                task BIGINT NOT NULL,
                share_id \(dialect.blob) NOT NULL,
                batch_id \(dialect.blob),
                start_time BIGINT,
                end_time BIGINT,
                statement \(dialect.blob)
            )
            """,
            "CREATE UNIQUE INDEX helper_collections_by_id ON helper_collections (task, share_id)",
            "CREATE INDEX helper_collections_by_time ON helper_collections (task, end_time)",
            "CREATE INDEX helper_collections_by_batch ON helper_collections (task, batch_id)",
            // Buckets whose shares are no longer needed: their rows go in slices, in the background. through: the last
            // report that is gone.
            """
            CREATE TABLE helper_clearings (
                task BIGINT NOT NULL,
                kind BIGINT NOT NULL,
                ref BIGINT NOT NULL,
                end_ref BIGINT NOT NULL,
                through BIGINT NOT NULL,
                PRIMARY KEY (task, kind, ref)
            )\(dialect.clustered)
            """,
            // The helper's last words: either the error or the contributor's withdrawal entry.
            """
            CREATE TABLE helper_refusals (
                task BIGINT NOT NULL,
                report_id \(dialect.blob) NOT NULL,
                error BIGINT,
                withdrawal \(dialect.blob),
                PRIMARY KEY (task, report_id)
            )\(dialect.clustered)
            """,
            """
            CREATE TABLE helper_refusal_counts (
                task BIGINT NOT NULL,
                error BIGINT NOT NULL,
                reports BIGINT NOT NULL,
                PRIMARY KEY (task, error)
            )\(dialect.clustered)
            """,
            // Withdrawals of reports that the leader has promised and that have not come yet. The claim key is part of the
            // key: a leader that promises a report under somebody else's id must not be in the way of its owner.
            """
            CREATE TABLE helper_early_withdrawals (
                task BIGINT NOT NULL,
                report_id \(dialect.blob) NOT NULL,
                claim_key \(dialect.blob) NOT NULL,
                entry \(dialect.blob) NOT NULL,
                PRIMARY KEY (task, report_id, claim_key)
            )\(dialect.clustered)
            """,
            // How many of them there are, of all tasks together.
            """
            CREATE TABLE helper_early_count (
                id \(dialect.key) CHECK (id = 1),
                withdrawals BIGINT NOT NULL
            )
            """,
            "INSERT INTO helper_early_count (id, withdrawals) VALUES (1, 0)",
        ] + waiting(dialect)
    }

    /// The columns of helper_jobs about those that wait, each with what it says of all others.
    static let waitingColumns = [
        "state BIGINT NOT NULL DEFAULT 0", "arrived BIGINT NOT NULL DEFAULT 0", "reports BIGINT NOT NULL DEFAULT 0",
        "bytes BIGINT NOT NULL DEFAULT 0", "attempts BIGINT NOT NULL DEFAULT 0",
        "lease_token BIGINT NOT NULL DEFAULT 0", "due BIGINT NOT NULL DEFAULT 0",
        "request_key BIGINT NOT NULL DEFAULT 0",
    ]

    /// Has the jobs that wait alone, and nobody else pays for it.
    static let waitingIndex = """
        CREATE INDEX helper_jobs_waiting ON helper_jobs (task, job_id) WHERE state > \(HelperJobKept.nothing.sql)
        """

    static func waiting(_ dialect: Dialect) -> [String] {
        [
            // The requests of the jobs that wait, in pieces, each sealed under the job's request_key.
            """
            CREATE TABLE helper_job_requests (
                task BIGINT NOT NULL,
                job_id \(dialect.blob) NOT NULL,
                part BIGINT NOT NULL,
                bytes \(dialect.blob) NOT NULL,
                PRIMARY KEY (task, job_id, part)
            )
            """,
            // How many jobs of each task wait, and the bytes of their requests; those of all tasks under the number 0,
            // which no task has.
            """
            CREATE TABLE helper_waiting (
                task \(dialect.key),
                jobs BIGINT NOT NULL,
                bytes BIGINT NOT NULL
            )
            """,
            "INSERT INTO helper_waiting (task, jobs, bytes) VALUES (0, 0, 0)",
        ]
    }

    /// Puts the number of withdrawals that wait right. Those of tasks that have ended hold no place.
    static let earlyRecount = """
        UPDATE helper_early_count SET withdrawals = (
            SELECT COUNT(*) FROM helper_early_withdrawals AS w
            WHERE w.task NOT IN (SELECT task FROM tasks WHERE service <> \(TaskService.served.rawValue))
        )
        """

    /// The helper's verified view of logs. What it read of a log is that log's alone: an index means nothing in another,
    /// and anybody may write about a task into a log of their own.
    static func helperLog(_ dialect: Dialect) -> [String] {
        [
            """
            CREATE TABLE helper_log (
                log \(dialect.identity),
                origin TEXT NOT NULL UNIQUE,
                size BIGINT NOT NULL,
                range \(dialect.blob) NOT NULL
            )
            """,
            """
            CREATE TABLE helper_log_tasks (
                log BIGINT NOT NULL,
                task BIGINT NOT NULL,
                idx BIGINT NOT NULL,
                leader_key \(dialect.blob) NOT NULL,
                helper_key \(dialect.blob) NOT NULL,
                PRIMARY KEY (log, task)
            )\(dialect.clustered)
            """,
            // The first leaf of each report; a copy is no leaf.
            """
            CREATE TABLE helper_log_reports (
                log BIGINT NOT NULL,
                idx BIGINT NOT NULL,
                task BIGINT NOT NULL,
                report_id \(dialect.blob) NOT NULL,
                time BIGINT NOT NULL,
                batch_id \(dialect.blob),
                leaf_hash \(dialect.blob) NOT NULL,
                claim_key \(dialect.blob),
                PRIMARY KEY (log, idx)
            )\(dialect.clustered)
            """,
            "CREATE UNIQUE INDEX helper_log_reports_by_id ON helper_log_reports (log, task, report_id)",
            """
            CREATE INDEX helper_log_reports_by_time ON helper_log_reports (log, task, time, idx)
                WHERE batch_id IS NULL
            """,
            """
            CREATE INDEX helper_log_reports_by_batch ON helper_log_reports (log, task, batch_id, idx)
                WHERE batch_id IS NOT NULL
            """,
            // Rejections, and with a claim key withdrawals.
            """
            CREATE TABLE helper_log_endings (
                log BIGINT NOT NULL,
                idx BIGINT NOT NULL,
                task BIGINT NOT NULL,
                report_id \(dialect.blob) NOT NULL,
                claim_key \(dialect.blob),
                PRIMARY KEY (log, idx)
            )\(dialect.clustered)
            """,
            // With all that is asked for: else SQLite, which takes a log for a few rows, would read all endings of it for
            // every report.
            "CREATE INDEX helper_log_endings_by_report ON helper_log_endings (log, task, report_id, claim_key)",
            // The close that fixes a bucket, and none that comes after it.
            """
            CREATE TABLE helper_log_closes (
                log BIGINT NOT NULL,
                idx BIGINT NOT NULL,
                task BIGINT NOT NULL,
                batch_id \(dialect.blob),
                start_time BIGINT,
                end_time BIGINT,
                entry \(dialect.blob) NOT NULL,
                PRIMARY KEY (log, idx)
            )\(dialect.clustered)
            """,
            "CREATE INDEX helper_log_closes_by_batch ON helper_log_closes (log, task, batch_id)",
            "CREATE INDEX helper_log_closes_by_time ON helper_log_closes (log, task, end_time)",
        ]
    }
}
