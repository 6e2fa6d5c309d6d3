// The helper's view of logs, each for itself. Entries are recorded in the transaction that moves the position behind them, so
// each counts exactly once. The position's row takes the place of the lock: whoever moves it makes others wait who would.

import DAP
import Ledger
import Tasks

extension NodeDatabase {
    package func helperLogPosition(origin: String) async throws(DatastoreError) -> HelperLogPosition? {
        try await read { session in
            try session.first("SELECT size, range FROM helper_log WHERE origin = $1", [origin])
                .map { HelperLogPosition(size: try $0.unsigned("size"), range: try $0.bytes("range")) }
        }
    }

    package func advanceHelperLog(
        origin: String, previous: UInt64, to position: HelperLogPosition, entries: [FollowedEntry],
        counting: Set<TaskID>
    ) async throws(DatastoreError) -> Bool {
        let (before, after) = (try previous.stored("log size"), try position.size.stored("log size"))
        return try await write { session in
            try session.execute(
                "INSERT INTO helper_log (origin, size, range) VALUES ($1, 0, $2) ON CONFLICT (origin) DO NOTHING",
                [origin, [UInt8]().blob])
            let moved = try session.returningMany(
                "UPDATE helper_log SET size = $3, range = $4 WHERE origin = $1 AND size = $2 RETURNING log",
                [[origin, before, after, position.range.blob]])
            guard let log = try moved[0]?.integer("log") else { return false }
            try session.record(entries, log, counting: counting)
            return true
        }
    }

    package func loggedTask(_ task: TaskID, in origin: String) async throws(DatastoreError) -> LoggedTask? {
        try await read { session in
            guard let key = try session.taskKey(task), let log = try session.helperLog(origin) else { return nil }
            return try session.first(
                "SELECT idx, leader_key, helper_key FROM helper_log_tasks WHERE log = $1 AND task = $2", [log, key]
            ).map {
                LoggedTask(
                    index: try $0.unsigned("idx"),
                    keys: StatementKeys(leader: try $0.bytes("leader_key"), helper: try $0.bytes("helper_key")))
            }
        }
    }

    package func fixingClose(
        _ task: TaskID, _ scope: BatchScope, in origin: String
    ) async throws(DatastoreError) -> LoggedClose? {
        try await read { session in
            guard let key = try session.taskKey(task), let log = try session.helperLog(origin),
                let (condition, arguments) = scope.loggedOverlap(key, log)
            else { return nil }
            return try session.first(
                "SELECT idx, entry FROM helper_log_closes WHERE \(condition) ORDER BY idx LIMIT 1", arguments
            ).map { LoggedClose(index: try $0.unsigned("idx"), entry: try $0.bytes("entry")) }
        }
    }

    package func forgottenWord(of words: Set<HelperWord>) async throws(DatastoreError) -> HelperWord? {
        try await read { session in
            var rejected: [TaskID: [ReportID]] = [:]
            for word in words {
                switch word {
                case .rejected(let task, let report): rejected[task, default: []].append(report)
                case .close(let terms): if try !session.remembers(terms) { return word }
                case .statement(let task, let scope):
                    guard let key = try session.taskKey(task), try session.isCollected(scope, key) else { return word }
                }
            }
            for (task, reports) in rejected {
                let known = try session.taskKey(task).map { try session.lastWords($0, reports) } ?? [:]
                if let report = reports.first(where: { known[$0] == nil }) { return .rejected(task, report) }
            }
            return nil
        }
    }

    /// That the first entries of the log, as many as `$2` says, do not end the leaf `log`. (`+ 0` keeps the planner from
    /// reading all endings of the log for every leaf.)
    private static var hasNoEnding: String {
        """
        NOT EXISTS (
            SELECT 1 FROM helper_log_endings AS no
            WHERE no.log = log.log AND no.task = log.task AND no.report_id = log.report_id AND no.idx + 0 < $2
                AND (no.claim_key IS NULL OR no.claim_key = log.claim_key))
        """
    }

    package func loggedBatch(
        _ task: TaskID, _ scope: BatchScope, in prefix: LogPrefix
    ) async throws(DatastoreError) -> BatchRoot {
        try await read { session in
            var root = BatchRoot()
            guard let key = try session.taskKey(task), let log = try session.helperLog(prefix.origin) else {
                return root
            }
            guard let leaves = try session.loggedLeaves(key, scope, log, before: prefix.size) else { return root }
            try session.forEach(
                """
                SELECT log.leaf_hash FROM helper_log_reports AS log
                WHERE log.log = $3 AND \(leaves.condition) AND \(Self.hasNoEnding)
                ORDER BY log.idx
                """, leaves.arguments
            ) { root.append(leafHash: try $0.bytes("leaf_hash")) }
            return root
        }
    }

    package func departedLeaves(
        _ task: TaskID, _ scope: BatchScope, in prefix: LogPrefix, limit: Int
    ) async throws(DatastoreError) -> [ReportID] {
        try await read { session in
            guard let key = try session.taskKey(task), let log = try session.helperLog(prefix.origin) else { return [] }
            guard let leaves = try session.loggedLeaves(key, scope, log, before: prefix.size) else { return [] }
            var departed: [ReportID] = []
            // Every leaf is a row that comes back: of a large batch the server would else look for few without a word, for
            // longer than it lets a statement run.
            try session.forEach(
                """
                SELECT log.report_id, CASE WHEN EXISTS (
                        SELECT 1 FROM helper_reports AS own
                        WHERE own.task = log.task AND own.report_id = log.report_id AND own.leaf_hash = log.leaf_hash
                            AND own.state = \(HelperReportState.accepted.sql))
                    AND NOT EXISTS (
                        SELECT 1 FROM helper_log_endings AS late
                        WHERE late.log = log.log AND late.task = log.task AND late.report_id = log.report_id
                            AND (late.claim_key IS NULL OR late.claim_key = log.claim_key)) THEN 1 ELSE 0 END AS is_here
                FROM helper_log_reports AS log
                WHERE log.log = $3 AND \(leaves.condition) AND \(Self.hasNoEnding)
                ORDER BY log.idx
                """, leaves.arguments
            ) { row in
                guard departed.count < limit, try row.integer("is_here") == 0 else { return }
                departed.append(try row.id("report_id", as: ReportID.self))
            }
            return departed
        }
    }
}

extension BatchScope {
    /// What holds for the closes that a log has of the scope's buckets; nil where it names none.
    fileprivate func loggedOverlap(_ task: TaskKey, _ log: Int64) -> (sql: String, arguments: SQLArguments)? {
        overlapCondition(task).map { condition, arguments in
            ("log = $\(arguments.values.count + 1) AND \(condition)", arguments + [log])
        }
    }
}

extension Session {
    /// The number of a log; nil for one of which nothing was read.
    func helperLog(_ origin: String) throws -> Int64? {
        try integer("SELECT log FROM helper_log WHERE origin = $1", [origin])
    }

    /// What holds for the report leaves `log` of a scope in the first entries of a log, `$1` to `$3` being the task, their
    /// number and the log; nil where there is none.
    ///
    /// The leaves of a leader-selected batch are an index in log order. Those of an interval have one by time, which would have
    /// to be sorted: so only where they begin and end is taken from it, and the log is read from there to there. (Plus signs
    /// keep a planner from reading it from its beginning, for the order, and from the index by time.)
    fileprivate func loggedLeaves(
        _ task: TaskKey, _ scope: BatchScope, _ log: Int64, before size: UInt64
    ) throws -> (condition: String, arguments: SQLArguments)? {
        let prefix: SQLArguments = [task, size.clampedToInt64, log]
        switch scope {
        case .batch(let id): return ("log.task = $1 AND log.idx < $2 AND log.batch_id = $4", prefix + [id.blob])
        case .interval(let interval):
            let times = BucketRange(interval).refs
            let span = try first(
                """
                SELECT MIN(idx) AS first, MAX(idx) AS last FROM helper_log_reports
                WHERE log = $3 AND task = $1 AND time >= $4 AND time < $5 AND batch_id IS NULL AND +idx < $2
                """, prefix + [times.lowerBound, times.upperBound])
            guard let first = try span?.optionalInteger("first"), let last = try span?.optionalInteger("last") else {
                return nil
            }
            return (
                """
                +log.task = $1 AND log.idx < $2 AND log.idx >= $6 AND log.idx <= $7
                    AND log.batch_id IS NULL AND +log.time >= $4 AND +log.time < $5
                """, prefix + [times.lowerBound, times.upperBound, first, last]
            )
        }
    }

    fileprivate func remembers(_ terms: CloseEntry.Terms) throws -> Bool {
        guard let task = try taskKey(terms.taskID) else { return false }
        return try exists(
            """
            SELECT 1 AS found FROM helper_closes WHERE task = $1 AND selector = $2 AND root = $3 AND report_count = $4
            """, [task, terms.selector.encoded().blob, terms.root.blob, terms.count.clampedToInt64])
    }

    // MARK: Recording

    /// Records entries in the order of their log.
    ///
    /// - Parameter counting: the tasks for which it counts.
    fileprivate func record(_ entries: [FollowedEntry], _ log: Int64, counting: Set<TaskID>) throws {
        var tasks: [TaskID: TaskKey] = [:]
        for id in Set(entries.map(\.task)).sorted() { tasks[id] = try taskKeyMaking(id) }
        func key(_ id: TaskID) throws -> TaskKey {
            guard let key = tasks[id] else { throw DatastoreError.corrupt("a task has no number") }
            return key
        }
        var reports: [SQLArguments] = []
        var endings: [SQLArguments] = []
        var ended: [(task: TaskKey, report: ReportID, claimKey: [UInt8]?)] = []
        for entry in entries {
            switch entry {
            case .task(let task, let index, let keys):
                try execute(
                    """
                    INSERT INTO helper_log_tasks (log, task, idx, leader_key, helper_key) VALUES ($1, $2, $3, $4, $5)
                    ON CONFLICT (log, task) DO NOTHING
                    """, [log, try key(task), try index.stored("log index"), keys.leader.blob, keys.helper.blob])
            case .report(let task, let report, let index, let time, let batch, let leafHash, let claimKey):
                reports.append([
                    log, try key(task), report.blob, try index.stored("log index"), time.clampedToInt64, batch?.blob,
                    leafHash.blob, claimKey,
                ])
            case .rejected(let task, let report, let index):
                endings.append([log, try index.stored("log index"), try key(task), report.blob, SQLValue.null])
                if counting.contains(task) { ended.append((try key(task), report, nil)) }
            case .withdrawal(let task, let report, let index, let claimKey):
                endings.append([log, try index.stored("log index"), try key(task), report.blob, claimKey.blob])
                if counting.contains(task) { ended.append((try key(task), report, claimKey)) }
            case .close(let task, let index, let scope, let bytes):
                try recordClose(try key(task), log, index, scope, bytes)
            }
        }
        // The first leaf of a report is the one that counts (Protocols/log-entries.md); a copy is no leaf.
        try executeMany(
            """
            INSERT INTO helper_log_reports (log, task, report_id, idx, time, batch_id, leaf_hash, claim_key)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (log, task, report_id) DO NOTHING
            """, reports)
        try executeMany(
            "INSERT INTO helper_log_endings (log, idx, task, report_id, claim_key) VALUES ($1, $2, $3, $4, $5)", endings
        )
        try forgetEarlyWithdrawals(endedBy: ended)
    }

    /// A second close of a bucket is void (Protocols/log-entries.md).
    private func recordClose(
        _ task: TaskKey, _ log: Int64, _ index: UInt64, _ scope: BatchScope, _ entry: [UInt8]
    ) throws {
        if let (condition, arguments) = scope.loggedOverlap(task, log),
            try exists("SELECT 1 AS found FROM helper_log_closes WHERE \(condition) LIMIT 1", arguments)
        {
            return
        }
        try execute(
            """
            INSERT INTO helper_log_closes (log, task, batch_id, start_time, end_time, idx, entry)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            """, [log, task] + scope.columns + [try index.stored("log index"), entry.blob])
    }
}

extension FollowedEntry {
    package var task: TaskID {
        switch self {
        case .task(let task, _, _), .report(let task, _, _, _, _, _, _), .rejected(let task, _, _),
            .withdrawal(let task, _, _, _), .close(let task, _, _, _):
            task
        }
    }

    /// Whether it ends a report.
    package var isEnding: Bool {
        switch self {
        case .rejected, .withdrawal: true
        case .task, .report, .close: false
        }
    }
}
