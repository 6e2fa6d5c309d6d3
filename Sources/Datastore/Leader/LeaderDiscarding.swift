// What a leader gives up with a task that its operator has ended.

import DAP

extension Session {
    /// Ends, as dropped, every report that waits and every accepted one that is in no collected batch. Their shares go; the
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
                SELECT \(ReportRow.columns), CASE WHEN \(Self.isDiscarded) THEN 1 ELSE 0 END AS discarded
                FROM leader_reports AS r WHERE r.task = $1 AND r.report_id > $2 ORDER BY r.report_id LIMIT $3
                """, [task, last.blob, Self.discardedPerPage])
            guard let end = page.last else { break }
            last = try end.bytes("report_id")
            let reports = try page.filter { try $0.integer("discarded") == 1 }.map(ReportRow.init)
            try discard(reports.map { .integer($0.number) })
            for report in reports {
                counters.move(
                    time: report.time, from: report.place,
                    to: ReportPlace(state: .rejected, batch: report.place.batch, error: .reportDropped))
            }
        }
        try write(counters, of: task)
    }

    private static var discardedPerPage: Int { 4_096 }

    private func discard(_ reports: [SQLValue]) throws {
        for table in ["leader_payloads", "leader_kept_shares"] {
            try execute([], matching: reports) { "DELETE FROM \(table) WHERE report IN (\($0))" }
        }
        try execute([], matching: reports) {
            """
            UPDATE leader_reports SET state = \(ReportState.rejected.rawValue), error = \(ReportError.reportDropped.rawValue)
            WHERE report IN (\($0))
            """
        }
    }

    /// Holds for such reports among the rows of `leader_reports AS r`. Sealed intervals are disjoint: the last one that begins
    /// before a report's time is the only one that may contain it.
    private static var isDiscarded: String {
        let collected = BatchState.collected.rawValue
        return """
            (r.state = 0 OR r.state = 2 AND CASE WHEN r.batch IS NULL
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
