import DAP

/// Carries the rows of a database of schema 1 over into the tables of today: one transaction, at the end of which the
/// former tables are gone. Its steps are the extensions of this type.
///
/// Most of it is one statement a table. Shares are read and sealed a page at a time, and the sums of buckets are made of them,
/// so memory does not grow with a database. The numbers of reports, jobs, batches and collection jobs stay.
///
/// - Precondition: the database has all migrations of schema 1, and the connection checks no foreign keys.
struct FromSchema1 {
    let session: Session

    func run() throws {
        let sequences = try setAside()
        try Migration.makeTables(session, .sqlite)
        try numberTasks()
        try moveNode()
        try moveLog()
        try moveLeaderReports()
        try moveLeaderJobs()
        try moveLeaderBatches()
        try moveHelper()
        let isLogMoved = try moveHelperLog()
        try sealShares()
        try checkCounts(isLogMoved: isLogMoved)
        try dropFormerTables()
        try keepSequences(sequences)
        // The pages in which shares lay open are overwritten, but in the write-ahead log: the file has them until its next
        // checkpoint, whoever comes to that.
        try session.markScrubDue()
    }

    // MARK: Former tables

    /// The name of a former table from now on.
    static let prefix = "v1_"

    private static let tables = [
        "tasks", "task_other_keys", "task_revision", "node_state", "peer_standing", "log_entries", "log_submissions",
        "log_checkpoints", "witness_logs", "leader_reports", "leader_payloads", "leader_output_shares", "leader_jobs",
        "leader_batches", "leader_collections", "leader_withdrawals", "leader_early_withdrawals", "leader_turns",
        "leader_answered", "helper_jobs", "helper_reports", "helper_closes", "helper_collections", "helper_log",
        "helper_log_reports", "helper_log_rejections", "helper_log_closes", "helper_log_tasks", "helper_refusals",
        "helper_early_withdrawals", "helper_refusal_counts",
    ]

    /// Gives the former tables other names, and drops their indexes and triggers, whose names are wanted again.
    ///
    /// - Returns: the last number that each table has given to a row.
    private func setAside() throws -> [(table: String, last: Int64)] {
        let made = try session.rows(
            "SELECT type, name FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL")
        for row in made {
            let kind = try row.text("type") == "index" ? "INDEX" : "TRIGGER"
            try session.execute("DROP \(kind) \(try row.text("name"))")
        }
        let sequences = try session.rows("SELECT name, seq FROM sqlite_sequence").map { row in
            (table: try row.text("name"), last: try row.integer("seq"))
        }
        for table in Self.tables { try session.execute("ALTER TABLE \(table) RENAME TO \(Self.prefix)\(table)") }
        return sequences
    }

    private func dropFormerTables() throws {
        for table in Self.tables where table != "log_entries" {
            try session.execute("DROP TABLE \(Self.prefix)\(table)")
        }
        try session.execute("DROP TABLE \(SchemaVersion.migrations)")
    }

    /// No number is given again, not even that of a row that is gone.
    private func keepSequences(_ sequences: [(table: String, last: Int64)]) throws {
        let kept = ["leader_reports", "leader_jobs", "leader_batches", "leader_collections"]
        for sequence in sequences where kept.contains(sequence.table) {
            let name: SQLArguments = [sequence.table, sequence.last]
            let changed = try session.execute("UPDATE sqlite_sequence SET seq = MAX(seq, $2) WHERE name = $1", name)
            if changed == 0 { try session.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ($1, $2)", name) }
        }
    }

    // MARK: Tasks

    /// Numbers the tasks: those that are stored in their order, then those that other rows are about.
    private func numberTasks() throws {
        try session.execute("INSERT INTO task_ids (task_id) SELECT task_id FROM v1_tasks ORDER BY sequence")
        let others = [
            "leader_reports", "leader_jobs", "leader_batches", "leader_collections", "leader_early_withdrawals",
            "leader_answered", "helper_jobs", "helper_reports", "helper_closes", "helper_collections",
            "helper_log_reports", "helper_log_rejections", "helper_log_closes", "helper_log_tasks", "helper_refusals",
            "helper_early_withdrawals", "helper_refusal_counts",
        ]
        for table in others {
            try session.execute(
                """
                INSERT INTO task_ids (task_id) SELECT DISTINCT task_id FROM v1_\(table)
                WHERE task_id NOT IN (SELECT task_id FROM task_ids)
                """)
        }
    }

    // MARK: What every node has

    private func moveNode() throws {
        for statement in [
            """
            INSERT INTO tasks (task, sequence, name, configuration, collector_config, policy_text, verify_key,
                verify_key_id, source, service)
            SELECT i.task, t.sequence, t.name, t.configuration, t.collector_config, t.policy_text, t.verify_key,
                t.verify_key_id, t.source, t.service
            FROM v1_tasks AS t JOIN task_ids AS i ON i.task_id = t.task_id
            """,
            """
            INSERT INTO task_other_keys (task, position, key_id, verify_key)
            SELECT i.task, k.position, k.key_id, k.verify_key
            FROM v1_task_other_keys AS k JOIN task_ids AS i ON i.task_id = k.task_id
            """,
            "UPDATE task_revision SET revision = (SELECT revision FROM v1_task_revision)",
            """
            UPDATE node_state SET generation = (SELECT generation FROM v1_node_state),
                halted = (SELECT halted FROM v1_node_state)
            """,
            """
            INSERT INTO peer_standing (task_id, state, key_hash, findings, since)
            SELECT task_id, state, key_hash, findings, since FROM v1_peer_standing
            """,
            """
            INSERT INTO witness_logs (origin, vkey, size, root, checkpoint)
            SELECT origin, vkey, size, root, checkpoint FROM v1_witness_logs
            """,
        ] { try session.execute(statement) }
        // What a database contains says whose it is.
        let signs = [
            ("leader", ["leader_reports", "log_entries"]), ("helper", ["helper_reports", "helper_jobs", "helper_log"]),
            ("witness", ["witness_logs"]),
        ]
        let found = try signs.filter { try $0.1.contains { try session.exists("SELECT 1 FROM v1_\($0) LIMIT 1") } }
        // A helper is a witness too, and may have been nothing else yet; but a witness has no tasks.
        let isHelperPerhaps =
            try found.map(\.0) == ["witness"] && session.exists("SELECT 1 FROM v1_tasks LIMIT 1")
        guard found.count == 1, !isHelperPerhaps else { return }
        try session.execute("UPDATE node_state SET role = $1", [found[0].0])
    }

    private func moveLog() throws {
        for statement in [
            // The largest table, and the same as before.
            "DROP TABLE log_entries", "ALTER TABLE v1_log_entries RENAME TO log_entries",
            "UPDATE log_head SET size = (SELECT COALESCE(MAX(idx) + 1, 0) FROM log_entries)",
            "INSERT INTO log_submissions (entry_hash, idx) SELECT entry_hash, idx FROM v1_log_submissions",
            """
            INSERT INTO log_checkpoints (size, root, note, cosigned_note)
            SELECT size, root, note, cosigned_note FROM v1_log_checkpoints
            """,
        ] { try session.execute(statement) }
    }
}
