// Schema 1 to 2: shares, which lay open in the database, are sealed under a key of their bucket, and the sums are made that
// schema 1 made when a batch was collected. The type is in FromSchema1.swift.

import DAP
import TaskTypes
import Tasks

extension FromSchema1 {
    func sealShares() throws {
        try sealPayloads()
        var sums = FormerSums(session: session)
        try forEachPage(
            """
            SELECT o.sequence AS report, o.output_share, r.task, r.time, r.batch, r.report_id
            FROM v1_leader_output_shares AS o JOIN leader_reports AS r ON r.report = o.sequence
            WHERE r.state = 2 AND o.sequence > $1 ORDER BY o.sequence LIMIT $2
            """
        ) { try sums.add($0, .leader) }
        try forEachPage(
            """
            SELECT v.rowid AS report, v.output_share, r.task, r.time, r.batch, r.report_id
            FROM v1_helper_reports AS v JOIN helper_reports AS r ON r.report = v.rowid
            WHERE v.rowid > $1 AND \(Self.isUncollected) ORDER BY v.rowid LIMIT $2
            """
        ) { try sums.add($0, .helper) }
    }

    /// Holds for a report of a helper, `v` before and `r` now, whose share somebody needs. What was collected with a wider
    /// query than its batch is left as it is: nobody can collect it any more.
    static let isUncollected = """
        v.output_share IS NOT NULL AND r.state = 0 AND NOT EXISTS (
            SELECT 1 FROM helper_collections AS c WHERE c.task = r.task AND (
                c.batch_id = v.batch_id
                OR v.batch_id IS NULL AND c.start_time <= r.time AND r.time < c.end_time))
        """

    private func sealPayloads() throws {
        var keys: [Int64: [Int64: ShareKey]] = [:]
        try forEachPage(
            """
            SELECT p.sequence AS report, p.metadata, p.public_share, p.input_share, p.helper_share, r.task, r.time,
                r.report_id
            FROM v1_leader_payloads AS p JOIN leader_reports AS r ON r.report = p.sequence
            WHERE p.sequence > $1 ORDER BY p.sequence LIMIT $2
            """
        ) { rows in
            let payloads = try rows.map { row -> SQLArguments in
                let (task, time) = (try row.integer("task"), try row.integer("time"))
                let key = try keys[task]?[time] ?? session.shareKey(TaskKey(value: task), .time(time))
                keys[task, default: [:]][time] = key
                return [
                    try row.value("report"), key.number, try row.value("metadata"), try row.value("public_share"),
                    try key.seal(row.bytes("input_share"), of: row.bytes("report_id")).blob,
                    try row.value("helper_share"),
                ]
            }
            try session.executeMany(
                """
                INSERT INTO leader_payloads (report, share_key, metadata, public_share, input_share, helper_share)
                VALUES ($1, $2, $3, $4, $5, $6)
                """, payloads)
        }
    }

    /// Rows in the order of `report`, some at a time.
    ///
    /// - Parameter sql: selects those behind `$1`, `$2` at most.
    private func forEachPage(_ sql: String, _ body: ([SQLRow]) throws -> Void) throws {
        var last = Int64.min
        while true {
            let page = try session.rows(sql, [last, Self.pageSize])
            guard let end = page.last else { return }
            try body(page)
            last = try end.integer("report")
        }
    }

    private static let pageSize = 256
}

/// Makes the sums of reports that schema 1 had accepted and not collected.
private struct FormerSums {
    let session: Session
    private var vdafs: [TaskKey: any TaskVDAF] = [:]

    init(session: Session) {
        self.session = session
    }

    /// Keeps the reports' output shares, and adds them to the sums of their buckets.
    mutating func add(_ rows: [SQLRow], _ table: KeptShares) throws {
        var changes: [TaskKey: [Bucket: BucketChange]] = [:]
        var kept: [SQLArguments] = []
        for row in rows {
            let task = TaskKey(value: try row.integer("task"))
            let bucket = try row.optionalInteger("batch").map(Bucket.batch) ?? .time(row.integer("time"))
            let id = try row.id("report_id", as: ReportID.self)
            let share = try row.bytes("output_share")
            let key = try session.shareKey(task, bucket)
            kept.append([
                try row.value("report"), key.number, KeptKind.output.rawValue,
                try key.seal(share, of: KeptKind.output.owner(id)).blob,
            ])
            changes[task, default: [:]][bucket, default: BucketChange()].added.append(
                SummedReport(id: id, time: try row.integer("time"), outputShare: share))
        }
        try session.executeMany(
            "INSERT INTO \(table.table) (report, share_key, kind, share) VALUES ($1, $2, $3, $4)", kept)
        for (task, changes) in changes {
            try session.changeSums(table, task, changes, vdaf(of: task))
        }
    }

    /// The type of a stored task, which says how its shares are added.
    private mutating func vdaf(of task: TaskKey) throws -> any TaskVDAF {
        if let known = vdafs[task] { return known }
        let row = try session.first(
            """
            SELECT i.task_id, t.configuration FROM task_ids AS i LEFT JOIN tasks AS t ON t.task = i.task
            WHERE i.task = $1
            """, [task])
        guard let row else { throw DatastoreError.corrupt("task_ids has no row of a task") }
        do {
            let vdaf = try makeTaskVDAF(TaskConfiguration(decoding: row.bytes("configuration")).validated().vdaf)
            vdafs[task] = vdaf
            return vdaf
        } catch {
            let id = try row.id("task_id", as: TaskID.self)
            throw DatastoreError.corrupt(
                "task \(id.base64URL) cannot be read (\(error)), and reports of it wait to be collected: end it with the "
                    + "version of cairn that wrote it")
        }
    }
}
