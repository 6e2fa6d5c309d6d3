extension Tables {
    static func leaderReports(_ dialect: Dialect) -> [String] {
        [
            // Every report that was ever acknowledged: the replay protection. `report` grows with every upload.
            // batch: leader-selected mode, from its job on. deadline: of the promise, in POSIX seconds. not_before: when it may
            // be in a job; turn: its place among those that may from the same time on, 0 where they go in the order of upload.
            """
            CREATE TABLE leader_reports (
                report \(dialect.identity),
                task BIGINT NOT NULL,
                report_id \(dialect.blob) NOT NULL,
                fingerprint \(dialect.blob) NOT NULL,
                time BIGINT NOT NULL,
                state BIGINT NOT NULL,
                batch BIGINT,
                job BIGINT,
                position BIGINT,
                attempts BIGINT NOT NULL DEFAULT 0,
                not_before BIGINT NOT NULL DEFAULT 0,
                refused_after BIGINT,
                error BIGINT,
                log_index BIGINT,
                deadline BIGINT,
                turn BIGINT NOT NULL DEFAULT 0
            )
            """,
            "CREATE UNIQUE INDEX leader_reports_by_id ON leader_reports (task, report_id)",
            // Where batches are intervals. An upload is often a transaction of its own, and each index one more page of it:
            // so this one takes a report in with its job, many at a time.
            """
            CREATE INDEX leader_reports_by_time ON leader_reports (task, time, report)
                WHERE state = \(ReportState.accepted.sql) AND batch IS NULL
            """,
            "CREATE INDEX leader_reports_by_batch ON leader_reports (batch, report) WHERE batch IS NOT NULL",
            // The leaves of a batch in log order, for its close.
            """
            CREATE INDEX leader_reports_by_log ON leader_reports (task, log_index)
                WHERE state = \(ReportState.accepted.sql) AND log_index IS NOT NULL
            """,
            waitingReports,
            """
            CREATE INDEX leader_reports_by_job ON leader_reports (job, position)
                WHERE state = \(ReportState.aggregating.sql)
            """,
            """
            CREATE INDEX leader_reports_by_deadline ON leader_reports (deadline)
                WHERE state IN (\(ReportState.unfinished)) AND deadline IS NOT NULL
            """,
            // What a job needs of a report; goes when the report is accepted or ends. input_share is sealed under the key of
            // the report's time, helper_share to the helper by the client.
            """
            CREATE TABLE leader_payloads (
                report \(dialect.key),
                share_key BIGINT NOT NULL,
                metadata \(dialect.blob) NOT NULL,
                public_share \(dialect.blob) NOT NULL,
                input_share \(dialect.blob) NOT NULL,
                helper_share \(dialect.blob) NOT NULL
            )
            """,
            // From which an accepted report's output share can be taken out of its sum again: that share (kind 0), or where
            // it is smaller, the input share (kind 1). Sealed under the bucket's key.
            """
            CREATE TABLE leader_kept_shares (
                report \(dialect.key),
                share_key BIGINT NOT NULL,
                kind BIGINT NOT NULL,
                share \(dialect.blob) NOT NULL
            )
            """,
            // Numbers of the reports of a time unit, by state.
            """
            CREATE TABLE leader_buckets (
                task BIGINT NOT NULL,
                time BIGINT NOT NULL,
                received BIGINT NOT NULL DEFAULT 0,
                aggregating BIGINT NOT NULL DEFAULT 0,
                accepted BIGINT NOT NULL DEFAULT 0,
                rejected BIGINT NOT NULL DEFAULT 0,
                withdrawn BIGINT NOT NULL DEFAULT 0,
                PRIMARY KEY (task, time)
            )\(dialect.clustered)
            """,
            // How many reports ended for each reason, by its number in the standard.
            """
            CREATE TABLE leader_refusals (
                task BIGINT NOT NULL,
                error BIGINT NOT NULL,
                reports BIGINT NOT NULL,
                PRIMARY KEY (task, error)
            )\(dialect.clustered)
            """,
            // Withdrawals of reports that are in a job.
            """
            CREATE TABLE leader_withdrawals (
                report \(dialect.key),
                entry \(dialect.blob) NOT NULL
            )
            """,
            // Reports that were taken back before they came, by the claim key that alone can do it: anybody may name an id
            // that is not its own.
            """
            CREATE TABLE leader_early_withdrawals (
                task BIGINT NOT NULL,
                report_id \(dialect.blob) NOT NULL,
                claim_key \(dialect.blob) NOT NULL,
                PRIMARY KEY (task, report_id, claim_key)
            )\(dialect.clustered)
            """,
            // An aggregation job, as narrow as it is often looked at. state: JobState. lease_token: of who works on it, 0 for
            // nobody. due: when somebody may take it, in milliseconds of the database's clock: when its lease runs out, or
            // its pause is over.
            """
            CREATE TABLE leader_jobs (
                job \(dialect.identity),
                task BIGINT NOT NULL,
                batch BIGINT,
                state BIGINT NOT NULL,
                location TEXT,
                lease_token BIGINT NOT NULL DEFAULT 0,
                due BIGINT NOT NULL DEFAULT 0
            )
            """,
            openJobs,
            // The bytes that a job is sent with, in pieces.
            """
            CREATE TABLE leader_job_requests (
                job BIGINT NOT NULL,
                part BIGINT NOT NULL,
                bytes \(dialect.blob) NOT NULL,
                PRIMARY KEY (job, part)
            )
            """,
            // How the exchange about each pending job has gone.
            """
            CREATE TABLE leader_turns (
                job \(dialect.key),
                answer BIGINT NOT NULL,
                attempts BIGINT NOT NULL,
                may_be_committed BIGINT NOT NULL,
                sent_at BIGINT NOT NULL,
                not_before BIGINT NOT NULL,
                is_asked BIGINT NOT NULL,
                reason TEXT NOT NULL
            )
            """,
            // By how many jobs of each task reports were accepted; refused_after is that number when a job with the report
            // was refused for the first time.
            """
            CREATE TABLE leader_answered (
                task \(dialect.key),
                jobs BIGINT NOT NULL
            )
            """,
        ]
    }

    /// The reports that wait for a job, in the order in which they go into one.
    static let waitingReports = """
        CREATE INDEX leader_reports_waiting ON leader_reports (task, not_before, turn, report)
            WHERE state = \(ReportState.received.sql)
        """

    /// The jobs that have not ended, those of a task in the order in which they fall due.
    static let openJobs = """
        CREATE INDEX leader_jobs_open ON leader_jobs (task, due) WHERE state <> \(JobState.ended.sql)
        """

    /// Lets jobs of a database without leases wait for as long as their helper has asked for.
    static let askedPauses = """
        UPDATE leader_jobs SET due = (
            SELECT t.not_before * 1000 FROM leader_turns AS t WHERE t.job = leader_jobs.job)
        WHERE state = \(JobState.pending.sql) AND job IN (SELECT job FROM leader_turns WHERE is_asked = 1)
        """

    /// Who works on a collection (lease_token and due as in leader_jobs), and how it has gone since its last step: what
    /// CollectionPatience goes by. is_asked: the peer has asked for the pause. long_since: when a request was said to be too
    /// long for the first time in a row, in POSIX seconds. unfinished: how many reports it waited for at the last look. note:
    /// what it waits for, for people.
    static let collectionTurns = [
        "lease_token BIGINT NOT NULL DEFAULT 0", "due BIGINT NOT NULL DEFAULT 0", "is_asked BIGINT NOT NULL DEFAULT 0",
        "failures BIGINT NOT NULL DEFAULT 0", "refusals BIGINT NOT NULL DEFAULT 0",
        "long_requests BIGINT NOT NULL DEFAULT 0", "long_since BIGINT", "comparisons BIGINT NOT NULL DEFAULT 0",
        "looks BIGINT NOT NULL DEFAULT 0", "unfinished BIGINT", "note TEXT",
    ]

    /// The collections that are under way, those of a task in the order in which they fall due.
    static let openCollections = """
        CREATE INDEX leader_collections_open ON leader_collections (task, due)
            WHERE state < \(CollectionState.finished.sql)
        """

    /// Jobs that failed behind their close and were deleted: the same request goes on from there.
    static let collectionsLeft = """
        CREATE INDEX leader_collections_left ON leader_collections (task, collection)
            WHERE hidden = 1 AND state = \(CollectionState.failed.sql) AND close_entry IS NOT NULL
        """

    static func leaderBatches(_ dialect: Dialect) -> [String] {
        [
            // Leader-selected batches from their first job on; intervals from the moment that they are sealed. aggregating
            // and accepted count the reports of a leader-selected one (an interval's stand in leader_buckets). has_room: of one
            // that is open, as far as is known, so that a job passes none that is full.
            """
            CREATE TABLE leader_batches (
                batch \(dialect.identity),
                task BIGINT NOT NULL,
                batch_id \(dialect.blob),
                first_time BIGINT,
                end_time BIGINT,
                state BIGINT NOT NULL,
                aggregating BIGINT NOT NULL DEFAULT 0,
                accepted BIGINT NOT NULL DEFAULT 0,
                has_room BIGINT NOT NULL DEFAULT 0
            )
            """,
            "CREATE UNIQUE INDEX leader_batches_by_id ON leader_batches (task, batch_id) WHERE batch_id IS NOT NULL",
            "CREATE INDEX leader_batches_by_time ON leader_batches (task, first_time) WHERE batch_id IS NULL",
            "CREATE INDEX leader_batches_by_state ON leader_batches (task, state, batch)",
            "CREATE INDEX leader_batches_with_room ON leader_batches (task, batch) WHERE has_room = 1",
            """
            CREATE TABLE leader_collections (
                collection \(dialect.identity),
                task BIGINT NOT NULL,
                collection_id \(dialect.blob) NOT NULL,
                request \(dialect.blob) NOT NULL,
                hidden BIGINT NOT NULL DEFAULT 0,
                state BIGINT NOT NULL,
                watermark BIGINT NOT NULL,
                selector \(dialect.blob),
                proposal_size BIGINT,
                close_entry \(dialect.blob),
                share_id TEXT,
                helper_statement \(dialect.blob),
                problem_type TEXT,
                problem_detail TEXT,
                \(collectionTurns.joined(separator: ",\n    "))
            )
            """,
            "CREATE UNIQUE INDEX leader_collections_by_id ON leader_collections (task, collection_id)",
            openCollections, collectionsLeft,
            // Batches whose shares are no longer needed: their rows go in slices, in the background. through: the last
            // report that is gone.
            """
            CREATE TABLE leader_clearings (
                batch \(dialect.key),
                through BIGINT NOT NULL
            )
            """,
            shownStatus(dialect),
        ]
    }

    /// What the public status of a task is until the end of a window of its log, in POSIX seconds.
    static func shownStatus(_ dialect: Dialect) -> String {
        """
        CREATE TABLE shown_status (
            task \(dialect.key) REFERENCES task_ids (task),
            until BIGINT NOT NULL,
            json \(dialect.blob) NOT NULL
        )
        """
    }
}
