// Reading reports: those that wait for a job, where one stands, how many there are. The conformance is in
// LeaderReportStore+Upload.swift.

import DAP

extension NodeDatabase {
    package func tasksWithWaitingReports() async throws(DatastoreError) -> Set<TaskID> {
        try await read { session in
            // One step in the index of waiting reports for each task, however many wait.
            let found = try session.rows(
                """
                SELECT i.task_id FROM tasks AS t JOIN task_ids AS i ON i.task = t.task
                WHERE (SELECT r.report FROM leader_reports AS r WHERE r.task = t.task
                    AND r.state = \(ReportState.received.sql)
                    ORDER BY r.not_before, r.turn, r.report LIMIT 1) IS NOT NULL
                """)
            return Set(try found.map { try $0.id("task_id", as: TaskID.self) })
        }
    }

    package func waitingReports(
        task: TaskID, now: UInt64, limit: Int, payloadLimit: Int
    ) async throws(DatastoreError) -> [WaitingReport] {
        try await read { session in
            guard let key = try session.taskKey(task) else { return [] }
            return try session.waitingReports(
                session.waitingRows(key, now: now, limit: limit, payloadLimit: payloadLimit, isTaking: false).rows)
        }
    }

    package func standing(of report: ReportID, task: TaskID) async throws(DatastoreError) -> ReportStanding {
        try await read { session in
            let found = try session.first(
                """
                SELECT r.state, r.error, r.log_index FROM leader_reports AS r JOIN task_ids AS i ON i.task = r.task
                WHERE i.task_id = $1 AND r.report_id = $2
                """, [task.blob, report.blob])
            guard let row = found else { return .unknown }
            switch try row.code("state", as: ReportState.self) {
            case .received, .aggregating: return .pending
            case .accepted: return .accepted(logIndex: try row.optionalUnsigned("log_index"))
            case .rejected: return .rejected(try row.code("error", as: ReportError.self))
            case .withdrawn: return .withdrawn
            }
        }
    }

    package func reportCounts(task: TaskID) async throws(DatastoreError) -> ReportCounts {
        try await read { session in
            guard let key = try session.taskKey(task) else { return ReportCounts() }
            return try session.leaderCounts(of: key)
        }
    }
}

extension Session {
    /// No report is put off by more seconds than this or its window: where one seems to be, the clock was wrong then or is now.
    private static let longestWait: UInt64 = 7_200

    /// The oldest reports that wait for a job and may be in one, without their shares: the columns that
    /// ``waitingReports(_:)`` reads. Those of a window are in the order of their random turns, and so is whatever is cut off: how
    /// jobs and batches are filled must not tell the order of upload.
    ///
    /// - Parameters:
    ///   - window: for how many seconds new reports wait before they are in a job.
    ///   - isTaking: passes over those that another transaction is just taking into a job.
    /// - Returns: also whether there may be more.
    func waitingRows(
        _ task: TaskKey, now: UInt64, window: UInt64 = 0, limit: Int, payloadLimit: Int, isTaking: Bool
    ) throws -> (rows: [SQLRow], isCut: Bool) {
        // Those that were never put off, those whose time has come, and those of a wrong clock: three ranges of an index, so
        // that none is passed that has to wait.
        let taking = isTaking ? dialect.skipLocked : ""
        let ranges = [
            ("never", "not_before = 0 AND turn = 0", "report"),
            ("due", "not_before > 0 AND not_before <= $2", "not_before, turn, report"),
            ("odd", "not_before > $3", "not_before, turn, report"),
        ].map { name, condition, order in
            """
            SELECT * FROM (SELECT report, report_id, time, attempts, refused_after, not_before, turn FROM leader_reports
            WHERE task = $1 AND state = \(ReportState.received.sql) AND \(condition)
            ORDER BY \(order) LIMIT $4\(taking)) AS \(name)
            """
        }
        let candidates = try rows(
            ranges.joined(separator: " UNION ALL "),
            [
                task, now.clampedToInt64, (now + min(.max - now, max(Self.longestWait, window))).clampedToInt64, limit,
            ]
        ).map { row in
            let (number, turn) = (try row.integer("report"), try row.integer("turn"))
            let start = try turn > 0 ? row.integer("not_before") : 0
            return (number: number, rank: (start, turn, number), row: row)
        }.sorted { $0.rank < $1.rank }.prefix(limit)
        let sizes = try payloadSizes(of: candidates.map(\.number))
        var taken: [SQLRow] = []
        var size = 0
        for (number, _, row) in candidates where size < payloadLimit {
            size += sizes[number] ?? 0
            taken.append(row)
        }
        return (taken, taken.count == limit || size >= payloadLimit)
    }

    /// Reports with their payloads, in the order of `rows`, which have the columns report, report_id, time, attempts and
    /// refused_after.
    func waitingReports(_ rows: [SQLRow]) throws -> [WaitingReport] {
        var payloads = try payloads(
            of: try rows.map { (number: try $0.integer("report"), id: try $0.id("report_id", as: ReportID.self)) })
        return try rows.map { row in
            let number = try row.integer("report")
            guard let payload = payloads.removeValue(forKey: number) else {
                throw DatastoreError.corrupt("a report that waits for its job has no payload")
            }
            return WaitingReport(
                sequence: number, reportID: try row.id("report_id", as: ReportID.self), time: try row.unsigned("time"),
                attempts: Int(try row.integer("attempts")), refusedAfter: try row.optionalUnsigned("refused_after"),
                payload: payload)
        }
    }

    /// The payloads of reports by the number of their row, with the leader's input shares opened. As many as may be in
    /// memory.
    func payloads(of reports: [(number: Int64, id: ReportID)]) throws -> [Int64: ReportPayload] {
        let found = try rows([], matching: reports.map { .integer($0.number) }) {
            """
            SELECT report, share_key, metadata, public_share, input_share, helper_share FROM leader_payloads
            WHERE report IN (\($0))
            """
        }
        let keys = try shareKeys(Set(try found.map { try $0.integer("share_key") }))
        let ids = Dictionary(reports.map { ($0.number, $0.id) }) { first, _ in first }
        var payloads: [Int64: ReportPayload] = [:]
        payloads.reserveCapacity(found.count)
        for row in found {
            let number = try row.integer("report")
            guard let key = keys[try row.integer("share_key")], let id = ids[number] else { throw Self.keyIsGone }
            payloads[number] = ReportPayload(
                metadata: try row.bytes("metadata"), publicShare: try row.bytes("public_share"),
                inputShare: try key.open(row.bytes("input_share"), of: id.bytes),
                helperShare: try row.bytes("helper_share"))
        }
        return payloads
    }

    /// How many bytes the payloads of reports have, without reading them.
    fileprivate func payloadSizes(of reports: [Int64]) throws -> [Int64: Int] {
        let found = try rows([], matching: reports.map(SQLValue.integer)) {
            """
            SELECT report, CAST(LENGTH(metadata) + LENGTH(public_share) + LENGTH(input_share) + LENGTH(helper_share)
                AS BIGINT) AS size
            FROM leader_payloads WHERE report IN (\($0))
            """
        }
        return Dictionary(
            try found.map { (try $0.integer("report"), Int(try $0.integer("size")) - ShareKey.overhead) }
        ) { first, _ in first }
    }

    // MARK: Numbers

    /// How many reports of a task are in each state.
    func leaderCounts(of task: TaskKey) throws -> ReportCounts {
        var counts = ReportCounts()
        let sums = ["received", "aggregating", "accepted", "withdrawn"]
            .map { "CAST(COALESCE(SUM(\($0)), 0) AS BIGINT) AS \($0)" }.joined(separator: ", ")
        if let row = try first("SELECT \(sums) FROM leader_buckets WHERE task = $1", [task]) {
            counts.received = try row.unsigned("received")
            counts.aggregating = try row.unsigned("aggregating")
            counts.accepted = try row.unsigned("accepted")
            counts.withdrawn = try row.unsigned("withdrawn")
        }
        for row in try rows("SELECT error, reports FROM leader_refusals WHERE task = $1 AND reports > 0", [task]) {
            counts.rejected[try row.code("error", as: ReportError.self)] = try row.unsigned("reports")
        }
        return counts
    }

    /// What a task owes as a leader.
    func leaderBurden(of task: TaskKey) throws -> LeaderBurden {
        let counts = try leaderCounts(of: task)
        let waiting = counts.received + counts.aggregating
        // A task logs all of its reports, or none. (The plus sign keeps a planner from the index of ids, which has all
        // reports that the task ever had, and leads it to that of the promised ones without an end.)
        let isPromising = try exists(
            """
            SELECT 1 AS found FROM leader_reports
            WHERE +task = $1 AND state IN (\(ReportState.unfinished)) AND deadline IS NOT NULL LIMIT 1
            """, [task])
        // Sealed intervals of a task are disjoint, and it has either those or leader-selected batches.
        let collected =
            try integer(
                """
                SELECT CAST(COALESCE(SUM(k.accepted), 0) AS BIGINT) FROM leader_batches AS b JOIN leader_buckets AS k
                    ON k.task = b.task AND k.time >= b.first_time AND k.time < b.end_time
                WHERE b.task = $1 AND b.batch_id IS NULL AND b.state = \(BatchState.collected.sql)
                """, [task]) ?? 0
        let collectedBatches =
            try integer(
                """
                SELECT CAST(COALESCE(SUM(accepted), 0) AS BIGINT) FROM leader_batches
                WHERE task = $1 AND batch_id IS NOT NULL AND state = \(BatchState.collected.sql)
                """, [task]) ?? 0
        let gone = UInt64(clamping: collected) + UInt64(clamping: collectedBatches)
        return LeaderBurden(
            accepted: counts.accepted, aggregating: counts.aggregating, waiting: waiting,
            promised: isPromising ? waiting : 0, uncollected: counts.accepted - min(counts.accepted, gone))
    }
}

/// What a task owes as a leader, in reports.
struct LeaderBurden: Sendable, Equatable {
    /// Ever.
    let accepted: UInt64
    let aggregating: UInt64
    /// Neither accepted nor ended, those in jobs included.
    let waiting: UInt64
    /// Those of them that the log must say the end of.
    let promised: UInt64
    /// Accepted, in no collected batch.
    let uncollected: UInt64
}
