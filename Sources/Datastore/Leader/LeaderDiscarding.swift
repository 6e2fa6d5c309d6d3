// What a leader gives up with a task that its operator has ended.

import DAP

extension Session {
    /// Ends, as dropped, every report that waits and every accepted one that is in no collected batch. Their shares go; the
    /// keys that they lie under are the caller's to destroy.
    ///
    /// Here reports are counted by reading: it happens once in the life of a task, at its operator's wish, and only where
    /// nothing is logged.
    ///
    /// - Precondition: the task is locked exclusively, and has no pending jobs.
    func discardLeaderReports(_ task: TaskKey) throws {
        var counters = LeaderCounters()
        try forEach(
            """
            SELECT time, state, batch, COUNT(*) AS reports FROM leader_reports AS r WHERE \(Self.discarded)
            GROUP BY time, state, batch
            """, [task]
        ) { row in
            let batch = try row.optionalInteger("batch")
            counters.move(
                try row.integer("reports"), time: try row.integer("time"),
                from: ReportPlace(state: try row.code("state", as: ReportState.self), batch: batch),
                to: ReportPlace(state: .rejected, batch: batch, error: .reportDropped))
        }
        for table in ["leader_payloads", "leader_kept_shares"] {
            try execute(
                """
                DELETE FROM \(table) WHERE report IN (SELECT r.report FROM leader_reports AS r WHERE \(Self.discarded))
                """, [task])
        }
        try execute(
            """
            UPDATE leader_reports SET state = 3, error = \(ReportError.reportDropped.rawValue)
            WHERE report IN (SELECT r.report FROM leader_reports AS r WHERE \(Self.discarded))
            """, [task])
        try write(counters, of: task)
    }

    /// Selects such reports of task `$1` among the rows of `leader_reports AS r`. Sealed intervals are disjoint: the last
    /// one that begins before a report's time is the only one that may contain it.
    private static var discarded: String {
        let collected = BatchState.collected.rawValue
        return """
            r.task = $1 AND (r.state = 0 OR r.state = 2 AND CASE WHEN r.batch IS NULL
                THEN COALESCE((
                    SELECT CASE WHEN b.state = \(collected) AND r.time < b.end_time THEN 1 ELSE 0 END
                    FROM leader_batches AS b WHERE b.task = r.task AND b.batch_id IS NULL AND b.first_time <= r.time
                    ORDER BY b.first_time DESC LIMIT 1), 0)
                ELSE COALESCE((
                    SELECT CASE WHEN b.state = \(collected) THEN 1 ELSE 0 END
                    FROM leader_batches AS b WHERE b.batch = r.batch), 0)
                END = 0)
            """
    }
}
