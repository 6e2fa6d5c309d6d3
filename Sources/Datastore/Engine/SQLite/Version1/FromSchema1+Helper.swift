// Schema 1 to 2: the helper's rows. The type is in FromSchema1.swift.

extension FromSchema1 {
    func moveHelper() throws {
        for statement in [
            """
            INSERT INTO helper_jobs (task, job_id, response)
            SELECT i.task, j.job_id, j.response FROM v1_helper_jobs AS j JOIN task_ids AS i ON i.task_id = j.task_id
            """,
            """
            INSERT INTO helper_batches (task, batch_id)
            SELECT i.task, r.batch_id FROM v1_helper_reports AS r JOIN task_ids AS i ON i.task_id = r.task_id
            WHERE r.batch_id IS NOT NULL GROUP BY i.task, r.batch_id ORDER BY MIN(r.rowid)
            """,
            // That a report is closed over or collected (1, 2) follows from its bucket. Its number is the row's, which
            // v1_helper_reports keeps as long as it is there.
            """
            INSERT INTO helper_reports (report, task, report_id, time, batch, state, leaf_hash, claim_key)
            SELECT r.rowid, i.task, r.report_id, r.time, b.batch, CASE WHEN r.state = 3 THEN 3 ELSE 0 END, r.leaf_hash,
                r.claim_key
            FROM v1_helper_reports AS r JOIN task_ids AS i ON i.task_id = r.task_id
            LEFT JOIN helper_batches AS b ON b.task = i.task AND b.batch_id = r.batch_id ORDER BY r.rowid
            """,
            """
            INSERT INTO helper_buckets (task, kind, ref, accepted, dropped)
            SELECT task, batch IS NOT NULL, COALESCE(batch, time), SUM(state = 0), SUM(state = 3)
            FROM helper_reports GROUP BY 1, 2, 3
            """,
            """
            INSERT INTO helper_closes (task, selector, batch_id, start_time, end_time, leaves_hash, root, report_count,
                signature)
            SELECT i.task, c.selector, c.batch_id, c.start_time, c.end_time, c.leaves_hash, c.root, c.report_count,
                c.signature
            FROM v1_helper_closes AS c JOIN task_ids AS i ON i.task_id = c.task_id
            """,
            """
            INSERT INTO helper_collections (task, share_id, batch_id, start_time, end_time, statement)
            SELECT i.task, c.share_id, c.batch_id, c.start_time, c.end_time, c.statement
            FROM v1_helper_collections AS c JOIN task_ids AS i ON i.task_id = c.task_id
            """,
            """
            INSERT INTO helper_refusals (task, report_id, error, withdrawal)
            SELECT i.task, r.report_id, r.error, r.withdrawal
            FROM v1_helper_refusals AS r JOIN task_ids AS i ON i.task_id = r.task_id
            """,
            """
            INSERT INTO helper_refusal_counts (task, error, reports)
            SELECT i.task, c.error, c.reports
            FROM v1_helper_refusal_counts AS c JOIN task_ids AS i ON i.task_id = c.task_id
            """,
            """
            INSERT INTO helper_early_withdrawals (task, report_id, claim_key, entry)
            SELECT i.task, w.report_id, w.claim_key, w.entry
            FROM v1_helper_early_withdrawals AS w JOIN task_ids AS i ON i.task_id = w.task_id
            """,
            Tables.earlyRecount,
        ] { try session.execute(statement) }
        try moveAnswers()
    }

    /// Answers have rows of their own.
    private func moveAnswers() throws {
        let collections = try session.rows("SELECT collection, task, share_id FROM helper_collections")
        for row in collections {
            let answer = try session.first(
                """
                SELECT c.response FROM v1_helper_collections AS c JOIN task_ids AS i ON i.task_id = c.task_id
                WHERE i.task = $1 AND c.share_id = $2
                """, [try row.integer("task"), try row.bytes("share_id").blob])
            if let bytes = try answer?.optionalBytes("response") {
                try session.keepParts(.answer, bytes, of: row.integer("collection"))
            }
        }
    }

    /// Schema 1 does not say of which log an entry is. Where the helper has followed one, it is of that one; where it has
    /// followed several, what was read of them is left behind, and each is read anew.
    ///
    /// - Returns: whether it was moved.
    func moveHelperLog() throws -> Bool {
        let isOfOneLog =
            try session.integer("SELECT COUNT(*) FROM v1_helper_log") == 1
            && !session.exists("SELECT 1 FROM v1_helper_log_reports GROUP BY idx HAVING COUNT(*) > 1 LIMIT 1")
        guard isOfOneLog else { return false }
        for statement in [
            "INSERT INTO helper_log (origin, size, range) SELECT origin, size, range FROM v1_helper_log",
            """
            INSERT INTO helper_log_tasks (log, task, idx, leader_key, helper_key)
            SELECT l.log, i.task, t.idx, t.leader_key, t.helper_key
            FROM v1_helper_log_tasks AS t JOIN task_ids AS i ON i.task_id = t.task_id CROSS JOIN helper_log AS l
            """,
            """
            INSERT INTO helper_log_reports (log, idx, task, report_id, time, batch_id, leaf_hash, claim_key)
            SELECT l.log, r.idx, i.task, r.report_id, r.time, r.batch_id, r.leaf_hash, r.claim_key
            FROM v1_helper_log_reports AS r JOIN task_ids AS i ON i.task_id = r.task_id CROSS JOIN helper_log AS l
            ORDER BY r.idx
            """,
            """
            INSERT INTO helper_log_endings (log, idx, task, report_id, claim_key)
            SELECT l.log, r.idx, i.task, r.report_id, r.claim_key
            FROM v1_helper_log_rejections AS r JOIN task_ids AS i ON i.task_id = r.task_id CROSS JOIN helper_log AS l
            """,
            """
            INSERT INTO helper_log_closes (log, idx, task, batch_id, start_time, end_time, entry)
            SELECT l.log, c.idx, i.task, c.batch_id, c.start_time, c.end_time, c.entry
            FROM v1_helper_log_closes AS c JOIN task_ids AS i ON i.task_id = c.task_id CROSS JOIN helper_log AS l
            """,
        ] { try session.execute(statement) }
        return true
    }
}
