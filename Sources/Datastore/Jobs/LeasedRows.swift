import DAP

/// A table whose rows are worked on under leases: it has the columns `lease_token` and `due` (see ``Lease``).
struct LeasedRows: Sendable {
    let table: String
    /// The column of its key.
    let key: String
    /// The condition under which there is something to do, spelt as in the partial index of the rows that fall due.
    let open: String
    /// Whether the peer has asked for the row's pause, as an expression.
    let isAsked: String

    /// The leader's aggregation jobs, which fall due task by task.
    static let aggregation = LeasedRows(
        table: "leader_jobs", key: "job", open: "state <> \(JobState.ended.sql)", isAsked: askedTurn)
    /// Those of them of which nothing was ever sent.
    static let forming = LeasedRows(
        table: "leader_jobs", key: "job",
        open: "state <> \(JobState.ended.sql) AND state = \(JobState.forming.sql)", isAsked: askedTurn)

    private static let askedTurn =
        "COALESCE((SELECT t.is_asked FROM leader_turns AS t WHERE t.job = leader_jobs.job), 0)"

    /// The leader's collections, likewise.
    static let collection = LeasedRows(
        table: "leader_collections", key: "collection", open: "state < \(CollectionState.finished.sql)",
        isAsked: "is_asked")

    static let all = [aggregation, collection]
}

/// What became of an operator's wish that a job is worked on now.
package enum JobHurry: Sendable, Equatable {
    /// Whoever looks for work next takes it.
    case due
    /// A process works on it now, and its lease has so many milliseconds left: nothing was changed.
    case held(left: Int64)
    /// It has ended.
    case ended
}

extension Session {
    // MARK: Looking

    /// Of each task that has rows that are due, that which has been due longest. From task to task in the index of open rows: two
    /// steps for each that has some, however many there are, and none for a task that has none.
    func due(_ kind: LeasedRows) throws -> [(row: Int64, task: TaskID)] {
        try rows(
            """
            WITH RECURSIVE lanes (task) AS (
                SELECT * FROM (SELECT o.task FROM \(kind.table) AS o WHERE \(kind.open) ORDER BY o.task LIMIT 1) AS head
                UNION ALL SELECT (SELECT o.task FROM \(kind.table) AS o
                    WHERE \(kind.open) AND o.task > lanes.task ORDER BY o.task LIMIT 1)
                FROM lanes WHERE lanes.task IS NOT NULL)
            SELECT d.row_key, i.task_id FROM (SELECT lanes.task, (SELECT o.\(kind.key) FROM \(kind.table) AS o
                WHERE o.task = lanes.task AND \(kind.open) AND o.due <= \(dialect.now)
                ORDER BY o.due LIMIT 1) AS row_key FROM lanes WHERE lanes.task IS NOT NULL) AS d
            JOIN task_ids AS i ON i.task = d.task WHERE d.row_key IS NOT NULL
            """
        ).map { (row: try $0.integer("row_key"), task: try $0.id("task_id", as: TaskID.self)) }
    }

    // MARK: Taking

    /// Leases rows of a task that are due, those first that have been due longest. Rows that somebody else is just taking
    /// are passed over.
    ///
    /// - Parameter own: rows that the caller works on, which it does not take from itself when it has been slow.
    /// - Returns: none where nothing is due.
    func acquire(
        _ kind: LeasedRows, of task: TaskKey, atMost limit: Int, except own: Set<Int64> = [], for duration: Duration
    ) throws -> [LeaseClaim] {
        let due = try rows(
            """
            SELECT \(kind.key) AS key FROM \(kind.table)
            WHERE task = $1 AND \(kind.open) AND due <= \(dialect.now) ORDER BY due LIMIT $2\(dialect.skipLocked)
            """, [task, limit + own.count]
        ).map { try $0.integer("key") }.filter { !own.contains($0) }
        return try due.prefix(limit).map { try seize(kind, $0, for: duration) }.compactMap(\.self)
    }

    /// Leases a row whoever has it: whatever that one stores from now on fails.
    ///
    /// - Returns: nil where there is nothing to do about it any more.
    func seize(_ kind: LeasedRows, _ row: Int64, for duration: Duration) throws -> LeaseClaim? {
        let claim = LeaseClaim(row: row, token: LeaseClaim.randomToken())
        let changed = try execute(
            """
            UPDATE \(kind.table) SET lease_token = $2, due = \(dialect.now) + $3
            WHERE \(kind.key) = $1 AND \(kind.open)
            """, [row, claim.token, duration.milliseconds])
        return changed == 1 ? claim : nil
    }

    /// Lets a row fall due now that nobody has, whatever pause it has: at an operator's wish.
    func hurry(_ kind: LeasedRows, _ row: Int64) throws -> JobHurry {
        let changed = try execute(
            "UPDATE \(kind.table) SET due = 0 WHERE \(kind.key) = $1 AND \(kind.open) AND lease_token = 0", [row])
        if changed == 1 { return .due }
        let held = try first(
            """
            SELECT due - \(dialect.now) AS remaining FROM \(kind.table)
            WHERE \(kind.key) = $1 AND \(kind.open) AND lease_token <> 0
            """, [row])
        guard let left = try held?.integer("remaining") else { return .ended }
        return left > 0 ? .held(left: left) : .due
    }

    // MARK: Holding

    /// Stores something under a lease, and keeps it. The first statement of what its holder stores.
    ///
    /// - Parameter assignments: what else changes in the row, beginning with a comma; their arguments are `$4` and so on.
    /// - Throws: `.leaseLost` where somebody else may be at work, or nothing is to be done any more.
    func hold(
        _ kind: LeasedRows, _ claim: LeaseClaim, for duration: Duration, _ assignments: String = "",
        _ arguments: SQLArguments = []
    ) throws {
        let changed = try execute(
            """
            UPDATE \(kind.table) SET due = \(dialect.now) + $3\(assignments)
            WHERE \(kind.key) = $1 AND lease_token = $2 AND \(kind.open)
            """, [claim.row, claim.token, duration.milliseconds] + arguments)
        guard changed == 1 else { throw DatastoreError.leaseLost }
    }

    /// Gives a lease back: the row falls due after a pause. The first statement of what its holder stores last.
    ///
    /// - Parameter assignments: as in ``hold(_:_:for:_:_:)``; a state that is over ends the work.
    /// - Throws: `.leaseLost`.
    func release(
        _ kind: LeasedRows, _ claim: LeaseClaim, after pause: Duration, _ assignments: String = "",
        _ arguments: SQLArguments = []
    ) throws {
        try hold(kind, claim, for: pause, ", lease_token = 0\(assignments)", arguments)
    }

    /// Renews leases.
    ///
    /// - Returns: the rows whose lease was lost.
    func renew(_ kind: LeasedRows, _ claims: [LeaseClaim], for duration: Duration) throws -> Set<Int64> {
        let ordered = claims.sorted { $0.row < $1.row }
        let changed = try executeMany(
            """
            UPDATE \(kind.table) SET due = \(dialect.now) + $3
            WHERE \(kind.key) = $1 AND lease_token = $2 AND \(kind.open)
            """, ordered.map { [$0.row, $0.token, duration.milliseconds] })
        return Set(zip(ordered, changed).filter { $1 == 0 }.map(\.0.row))
    }

    // MARK: Hurrying

    /// Lets rows fall due that nobody has, and whose pause the peer has not asked for.
    ///
    /// - Parameter task: nil for all tasks.
    func hurryAll(_ kind: LeasedRows, of task: TaskKey? = nil) throws {
        let waiting = "\(kind.open) AND lease_token = 0 AND due > 0 AND \(kind.isAsked) = 0"
        if let task {
            try execute("UPDATE \(kind.table) SET due = 0 WHERE task = $1 AND \(waiting)", [task])
        } else {
            try execute("UPDATE \(kind.table) SET due = 0 WHERE \(waiting)")
        }
    }

    // MARK: Clocks

    /// The rows that stand further ahead than anybody puts one, and when they were to fall due.
    func parked(_ kind: LeasedRows, _ times: JobTimes) throws -> [(row: Int64, due: Int64)] {
        try times.impossible(
            rows(
                """
                SELECT \(kind.key) AS row_key, due, due - \(dialect.now) AS remaining, lease_token,
                    \(kind.isAsked) AS is_asked
                FROM \(kind.table) WHERE \(kind.open) AND due > \(dialect.now) + $1
                """, [times.shortest.milliseconds]))
    }

    /// Lets rows fall due that stand further ahead than anybody puts one (``DueTime/isPossible(left:longest:)``). Whoever
    /// holds one and is alive may still be the first to say so: its token stays.
    ///
    /// - Parameter rows: which, and when they were to fall due.
    func unpark(_ kind: LeasedRows, _ rows: [(row: Int64, due: Int64)]) throws {
        try executeMany(
            "UPDATE \(kind.table) SET due = 0 WHERE \(kind.key) = $1 AND due = $2 AND \(kind.open)",
            rows.sorted { $0.row < $1.row }.map { [$0.row, $0.due] })
    }

    /// Ends the leases of processes that are gone.
    ///
    /// - Parameter living: those that are there; asked once the leases were read.
    func endLeases(_ kind: LeasedRows, sparing living: () throws -> Set<Int64>) throws {
        let held = try rows(
            "SELECT \(kind.key) AS key, lease_token FROM \(kind.table) WHERE \(kind.open) AND lease_token <> 0"
        ).map { (key: try $0.integer("key"), token: try $0.integer("lease_token")) }
        guard !held.isEmpty else { return }
        let spared = try living()
        let ended = held.filter { !spared.contains(ProcessNumber.holder(ofToken: $0.token)) }
        // One that was taken or ended meanwhile stays.
        try executeMany(
            """
            UPDATE \(kind.table) SET lease_token = 0, due = 0
            WHERE \(kind.key) = $1 AND lease_token = $2 AND \(kind.open)
            """, ended.sorted { $0.key < $1.key }.map { [$0.key, $0.token] })
    }
}

extension NodeDatabase {
    /// Lets rows fall due whose time cannot be right (``DueTime``), because a clock was set back.
    ///
    /// - Returns: how many.
    func unpark(_ kind: LeasedRows, _ times: JobTimes) async throws(DatastoreError) -> Int {
        let parked = try await read { try $0.parked(kind, times) }
        guard !parked.isEmpty else { return 0 }
        try await write { try $0.unpark(kind, parked) }
        return parked.count
    }
}

extension Duration {
    /// In whole milliseconds, as leases count; a pause is never shorter for that.
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000)
        let whole = overflow ? Int64.max / 2 : product
        return min(whole, .max / 2) + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    }
}
