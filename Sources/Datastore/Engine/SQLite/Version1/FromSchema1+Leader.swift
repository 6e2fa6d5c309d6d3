// Schema 1 to 2: the leader's rows. The type is in FromSchema1.swift.

import DAP
import Ledger

extension FromSchema1 {
    func moveLeaderReports() throws {
        for statement in [
            """
            INSERT INTO leader_reports (report, task, report_id, fingerprint, time, state, batch, job, position,
                attempts, not_before, refused_after, error, log_index, deadline)
            SELECT r.sequence, i.task, r.report_id, r.fingerprint, r.time, r.state, b.sequence, r.job, r.position,
                r.attempts, r.not_before, r.refused_after, r.error, r.log_index, r.deadline
            FROM v1_leader_reports AS r JOIN task_ids AS i ON i.task_id = r.task_id
            LEFT JOIN (SELECT task_id, batch_id, sequence FROM v1_leader_batches WHERE batch_id IS NOT NULL) AS b
                ON b.task_id = r.task_id AND b.batch_id = r.batch_id
            ORDER BY r.sequence
            """,
            """
            INSERT INTO leader_buckets (task, time, received, aggregating, accepted, rejected, withdrawn)
            SELECT task, time, \((0...4).map { "SUM(state = \($0))" }.joined(separator: ", "))
            FROM leader_reports GROUP BY task, time
            """,
            """
            INSERT INTO leader_refusals (task, error, reports)
            SELECT task, error, COUNT(*) FROM leader_reports WHERE state = 3 AND error IS NOT NULL
            GROUP BY task, error
            """,
            "INSERT INTO leader_withdrawals (report, entry) SELECT sequence, entry FROM v1_leader_withdrawals",
            """
            INSERT INTO leader_early_withdrawals (task, report_id, claim_key)
            SELECT i.task, w.report_id, w.claim_key
            FROM v1_leader_early_withdrawals AS w JOIN task_ids AS i ON i.task_id = w.task_id
            """,
        ] { try session.execute(statement) }
    }

    func moveLeaderJobs() throws {
        for statement in [
            """
            INSERT INTO leader_jobs (job, task, batch, state, location)
            SELECT j.sequence, i.task, b.sequence, j.state, j.location
            FROM v1_leader_jobs AS j JOIN task_ids AS i ON i.task_id = j.task_id
            LEFT JOIN (SELECT task_id, batch_id, sequence FROM v1_leader_batches WHERE batch_id IS NOT NULL) AS b
                ON b.task_id = j.task_id AND b.batch_id = j.batch_id
            ORDER BY j.sequence
            """,
            // A request in pieces of 1 MiB.
            """
            WITH RECURSIVE parts (job, part) AS (
                SELECT sequence, 0 FROM v1_leader_jobs WHERE request IS NOT NULL AND length(request) > 0
                UNION ALL
                SELECT p.job, p.part + 1 FROM parts AS p JOIN v1_leader_jobs AS j ON j.sequence = p.job
                WHERE (p.part + 1) * 1048576 < length(j.request)
            )
            INSERT INTO leader_job_requests (job, part, bytes)
            SELECT p.job, p.part, substr(j.request, p.part * 1048576 + 1, 1048576)
            FROM parts AS p JOIN v1_leader_jobs AS j ON j.sequence = p.job
            """,
            """
            INSERT INTO leader_turns (job, answer, attempts, may_be_committed, sent_at, not_before, is_asked, reason)
            SELECT job, answer, attempts, may_be_committed, sent_at, not_before, is_asked, reason FROM v1_leader_turns
            """,
            Tables.askedPauses,
            """
            INSERT INTO leader_answered (task, jobs)
            SELECT i.task, a.jobs FROM v1_leader_answered AS a JOIN task_ids AS i ON i.task_id = a.task_id
            """,
        ] { try session.execute(statement) }
    }

    func moveLeaderBatches() throws {
        try session.execute(
            """
            INSERT INTO leader_batches (batch, task, batch_id, first_time, end_time, state)
            SELECT b.sequence, i.task, b.batch_id, b.first_time, b.end_time, b.state
            FROM v1_leader_batches AS b JOIN task_ids AS i ON i.task_id = b.task_id ORDER BY b.sequence
            """)
        try session.execute(
            """
            UPDATE leader_batches SET has_room = CASE WHEN state = 0 THEN 1 ELSE 0 END,
                aggregating = (
                    SELECT COUNT(*) FROM leader_reports AS r WHERE r.batch = leader_batches.batch AND r.state = 1),
                accepted = (
                    SELECT COUNT(*) FROM leader_reports AS r WHERE r.batch = leader_batches.batch AND r.state = 2)
            WHERE batch_id IS NOT NULL
            """)
        try session.execute(
            """
            INSERT INTO leader_collections (collection, task, collection_id, request, hidden, state, watermark, selector,
                close_entry, share_id, helper_statement, problem_type, problem_detail)
            SELECT c.sequence, i.task, c.collection_id, c.request, c.hidden, c.state, c.watermark, c.selector,
                c.close_entry, c.share_id, c.helper_statement, c.problem_type, c.problem_detail
            FROM v1_leader_collections AS c JOIN task_ids AS i ON i.task_id = c.task_id ORDER BY c.sequence
            """)
        try moveLargeParts()
        try moveProposals()
    }

    /// Shares and responses have rows of their own.
    private func moveLargeParts() throws {
        for (kind, column, states) in [
            (CollectionPart.helperShare, "helper_share", "3"), (.response, "response", "4, 5"),
        ] {
            let keys = try session.rows(
                "SELECT sequence FROM v1_leader_collections WHERE state IN (\(states)) AND \(column) IS NOT NULL")
            for key in try keys.map({ try $0.integer("sequence") }) {
                let row = try session.first(
                    "SELECT \(column) AS bytes FROM v1_leader_collections WHERE sequence = $1", [key])
                if let bytes = try row?.optionalBytes("bytes") { try session.keepParts(kind, bytes, of: key) }
            }
        }
    }

    /// A proposal is stored as the size of its checkpoint, from which the reports follow. One whose reports are not those
    /// any more was to be made anew, and is.
    private func moveProposals() throws {
        let keys = try session.rows("SELECT sequence FROM v1_leader_collections WHERE proposal IS NOT NULL")
        for key in try keys.map({ try $0.integer("sequence") }) {
            let row = try session.first(
                "SELECT task_id, proposal FROM v1_leader_collections WHERE sequence = $1", [key])
            guard let row, let proposal = try? CloseProposal(decoding: row.bytes("proposal")),
                let scope = BatchScope(proposal.selector),
                let task = try session.taskKey(row.id("task_id", as: TaskID.self)),
                let buckets = try session.leaderBuckets(scope, task)
            else { continue }
            let size = try proposal.checkpointSize.stored("checkpoint size")
            guard try acceptedReports(buckets, task, below: size) == proposal.reportIDs else { continue }
            try session.execute(
                "UPDATE leader_collections SET proposal_size = $2 WHERE collection = $1", [key, size])
        }
    }

    /// The accepted reports of a batch in log order; nil where one of them stands behind the checkpoint.
    private func acceptedReports(_ buckets: BucketRange, _ task: TaskKey, below size: Int64) throws -> [ReportID]? {
        let scope = buckets.kind == 0 ? "time >= $2 AND time < $3 AND batch IS NULL" : "batch >= $2 AND batch < $3"
        var ids: [ReportID] = []
        var isCovered = true
        try session.forEach(
            """
            SELECT report_id, log_index FROM leader_reports WHERE task = $1 AND state = 2 AND \(scope)
            ORDER BY log_index
            """, [task, buckets.refs.lowerBound, buckets.refs.upperBound]
        ) { row in
            ids.append(try row.id("report_id", as: ReportID.self))
            if try row.optionalInteger("log_index") ?? size >= size { isCovered = false }
        }
        return isCovered ? ids : nil
    }
}
