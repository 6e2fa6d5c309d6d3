// Schema 1 to 2: what was carried over is counted before the former tables go. The type is in FromSchema1.swift.

extension FromSchema1 {
    /// As much must be there as was there, or nothing is changed: no row of a former table is left behind in silence, because
    /// it belongs to another that is missing.
    ///
    /// - Parameter isLogMoved: what was read of the leader's log was moved, too.
    func checkCounts(isLogMoved: Bool) throws {
        for (table, former) in Self.pairs + (isLogMoved ? Self.logPairs : []) {
            try check(former, "SELECT COUNT(*) FROM \(table)", "SELECT COUNT(*) FROM \(Self.prefix)\(former)")
        }
        for (what, now, then) in Self.sums { try check(what, now, then) }
    }

    private func check(_ what: String, _ now: String, _ then: String) throws {
        guard try session.integer(now) == session.integer(then) else {
            throw DatastoreError.corrupt("\(what): some rows belong to others that are missing")
        }
    }

    /// Tables, and the former ones that have the same number of rows.
    private static let pairs =
        [
            "tasks", "task_other_keys", "peer_standing", "log_submissions", "log_checkpoints", "witness_logs",
            "leader_reports", "leader_payloads", "leader_jobs", "leader_batches", "leader_collections",
            "leader_withdrawals", "leader_early_withdrawals", "leader_turns", "leader_answered", "helper_jobs",
            "helper_reports", "helper_closes", "helper_collections", "helper_refusals", "helper_early_withdrawals",
            "helper_refusal_counts",
        ].map { ($0, $0) } + [("leader_kept_shares", "leader_output_shares")]

    private static let logPairs = [
        ("helper_log", "helper_log"), ("helper_log_tasks", "helper_log_tasks"),
        ("helper_log_reports", "helper_log_reports"), ("helper_log_endings", "helper_log_rejections"),
        ("helper_log_closes", "helper_log_closes"),
    ]

    /// What is counted otherwise than by rows, or lies in rows of its own now.
    private static let sums = [
        // The former table itself, under its name.
        ("log_entries", "SELECT size FROM log_head", "SELECT COUNT(*) FROM log_entries"),
        ("helper_reports", "SELECT COUNT(*) FROM helper_kept_shares", formerHelperShares),
        (
            "shares", "SELECT COALESCE(SUM(reports), 0) FROM share_sums WHERE part = 0",
            "SELECT (SELECT COUNT(*) FROM leader_kept_shares) + (SELECT COUNT(*) FROM helper_kept_shares)"
        ),
        (
            "leader_reports",
            "SELECT COALESCE(SUM(received + aggregating + accepted + rejected + withdrawn), 0) FROM leader_buckets",
            "SELECT COUNT(*) FROM v1_leader_reports"
        ),
        (
            "helper_reports", "SELECT COALESCE(SUM(accepted + dropped), 0) FROM helper_buckets",
            "SELECT COUNT(*) FROM v1_helper_reports"
        ),
        (
            "leader_jobs", "SELECT COALESCE(SUM(LENGTH(bytes)), 0) FROM leader_job_requests",
            "SELECT COALESCE(SUM(LENGTH(request)), 0) FROM v1_leader_jobs"
        ),
        (
            "leader_collections", "SELECT COALESCE(SUM(LENGTH(bytes)), 0) FROM collection_parts WHERE kind IN (0, 1)",
            """
            SELECT COALESCE(SUM(LENGTH(CASE WHEN state = 3 THEN helper_share ELSE response END)), 0)
            FROM v1_leader_collections WHERE state IN (3, 4, 5)
            """
        ),
        (
            "helper_collections", "SELECT COALESCE(SUM(LENGTH(bytes)), 0) FROM collection_parts WHERE kind = 2",
            "SELECT COALESCE(SUM(LENGTH(response)), 0) FROM v1_helper_collections"
        ),
    ]

    private static let formerHelperShares = """
        SELECT COUNT(*) FROM v1_helper_reports AS v CROSS JOIN helper_reports AS r
        WHERE r.report = v.rowid AND \(isUncollected)
        """
}
