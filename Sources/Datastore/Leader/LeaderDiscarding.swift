// What a leader gives up with a task that its operator has ended.

import DAP

extension Session {
    /// Discards every report that waits and every accepted one that is in no collected batch. Their shares go; the
    /// keys that they lie under are the caller's to destroy.
    ///
    /// Here reports are counted by reading: it happens once in the life of a task, at its operator's wish, and only where
    /// nothing is logged. All in one transaction and a page at a time, so that no statement takes as long as the task is
    /// large: a server ends those that take too long.
    ///
    /// - Precondition: the task is locked exclusively, and has no pending jobs.
    func discardLeaderReports(_ task: TaskKey) throws {
        var counters = LeaderCounters()
        var last: [UInt8] = []
        while true {
            let page = try rows(
                """
                SELECT \(ReportRow.columns), \(Self.batchState) AS batch_state
                FROM leader_reports AS r WHERE r.task = $1 AND r.report_id > $2 ORDER BY r.report_id LIMIT $3
                """, [task, last.blob, Self.discardedPerPage])
            guard let end = page.last else { break }
            last = try end.bytes("report_id")
            let changes = try page.compactMap { row -> ReportChange? in
                let report = try ReportRow(row)
                let batch =
                    try row.optionalInteger("batch_state") == nil
                    ? nil : row.code("batch_state", as: BatchState.self)
                let stage = report.place.stage(in: BatchLife.stage(batch))
                guard case .move(let move) = ReportLife.after(stage, .discard) else { return nil }
                return ReportChange(report, move)
            }
            try discard(changes)
            for change in changes {
                counters.move(time: change.report.time, from: change.report.place, to: change.end)
            }
        }
        try write(counters, of: task)
    }

    private static var discardedPerPage: Int { 4_096 }

    private func discard(_ changes: [ReportChange]) throws {
        let reports = changes.map { SQLValue.integer($0.report.number) }
        for table in ["leader_payloads", "leader_kept_shares"] {
            try execute([], matching: reports) { "DELETE FROM \(table) WHERE report IN (\($0))" }
        }
        for (end, changes) in Dictionary(grouping: changes, by: \.move) {
            try execute(
                [end.error.map { Int($0.rawValue) }], matching: changes.map { .integer($0.report.number) }
            ) {
                "UPDATE leader_reports SET state = \(end.state.sql), error = $1 WHERE report IN (\($0))"
            }
        }
    }

    /// The state of the batch of an accepted report among the rows of `leader_reports AS r`; null where it is in none that has
    /// a row. Sealed intervals are disjoint: the last one that begins before a report's time is the only one that may contain
    /// it.
    private static var batchState: String {
        """
        CASE WHEN r.state <> \(ReportState.accepted.sql) THEN NULL WHEN r.batch IS NULL
            THEN (
                SELECT CASE WHEN r.time < b.end_time THEN b.state END
                FROM leader_batches AS b WHERE b.task = r.task AND b.batch_id IS NULL AND b.first_time <= r.time
                ORDER BY b.first_time DESC LIMIT 1)
            ELSE (SELECT b.state FROM leader_batches AS b WHERE b.batch = r.batch) END
        """
    }
}
