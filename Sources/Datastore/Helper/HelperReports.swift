// The helper's reports inside a transaction of its store: which are accepted, and how they leave.

import Ledger
import TaskTypes

extension BucketRange {
    /// What holds for the rows of helper_reports in these buckets.
    func helperReports(_ task: TaskKey) -> (sql: String, arguments: SQLArguments) {
        kind == 0
            ? (
                "task = $1 AND batch IS NULL AND time >= $2 AND time < $3",
                [task, refs.lowerBound, refs.upperBound]
            ) : ("task = $1 AND batch = $2", [task, refs.lowerBound])
    }
}

extension SQLRow {
    /// The bucket of a row of helper_reports.
    func helperBucket() throws -> Bucket {
        try optionalInteger("batch").map(Bucket.batch) ?? .time(integer("time"))
    }
}

extension Session {
    /// Lets accepted reports of buckets go that are not shut: they leave their sums, and count for nothing any more.
    ///
    /// - Parameter reports: the numbers of their rows.
    /// - Precondition: the task is locked exclusively.
    func letGo(_ reports: [Bucket: [Int64]], _ task: TaskKey, _ vdaf: any TaskVDAF) throws {
        for (bucket, rows) in reports.sorted(by: { Bucket.inOrder($0.key, $1.key) }) {
            let changed = try executeMany(
                """
                UPDATE helper_reports SET state = \(HelperReportState.left.sql)
                WHERE report = $1 AND state = \(HelperReportState.accepted.sql)
                """, rows.map { [$0] })
            guard changed.allSatisfy({ $0 == 1 }) else {
                throw DatastoreError.corrupt("a report that is to leave its bucket is not accepted")
            }
            try takeOut(.helper, task, bucket, rows, vdaf)
        }
        try countLeaving(reports.mapValues(\.count), task)
    }

    // MARK: The task's numbers

    /// How many reports this helper has ever accepted.
    func helperAcceptedEver(_ task: TaskKey) throws -> UInt64 {
        UInt64(
            clamping: try integer(
                "SELECT CAST(COALESCE(SUM(accepted + dropped), 0) AS BIGINT) AS n FROM helper_buckets WHERE task = $1",
                [task]) ?? 0)
    }

    /// How many accepted reports are in no collected batch, and not given up.
    func helperUncollected(_ task: TaskKey) throws -> UInt64 {
        UInt64(
            clamping: try integer(
                """
                SELECT CAST(COALESCE(SUM(b.accepted), 0) AS BIGINT) AS n FROM helper_buckets AS b
                WHERE b.task = $1 AND \(Self.hasSum)
                """, [task]) ?? 0)
    }

    /// Reports by state, in words, for the operator.
    func helperStateCounts(of task: TaskKey) throws -> [String: UInt64] {
        let numbers = try first(
            """
            SELECT CAST(COALESCE(SUM(b.accepted), 0) AS BIGINT) AS accepted,
                CAST(COALESCE(SUM(b.dropped), 0) AS BIGINT) AS dropped,
                CAST(COALESCE(SUM(CASE WHEN \(Self.isIn("helper_collections")) THEN b.accepted ELSE 0 END), 0)
                    AS BIGINT) AS collected,
                CAST(COALESCE(SUM(CASE WHEN \(Self.hasSum) THEN b.accepted ELSE 0 END), 0) AS BIGINT) AS uncollected,
                CAST(COALESCE(SUM(CASE WHEN \(Self.hasSum) AND \(Self.isIn("helper_closes")) THEN b.accepted ELSE 0 END), 0)
                    AS BIGINT) AS closed
            FROM helper_buckets AS b WHERE b.task = $1
            """, [task])
        guard let numbers else { throw DatastoreError.corrupt("a sum of helper_buckets is no row") }
        let (accepted, collected) = (try numbers.unsigned("accepted"), try numbers.unsigned("collected"))
        let (uncollected, closed) = (try numbers.unsigned("uncollected"), try numbers.unsigned("closed"))
        guard accepted >= collected + uncollected, uncollected >= closed else {
            throw DatastoreError.corrupt("helper_buckets counts less than nothing")
        }
        // What is neither collected nor in a sum was given up with the task.
        return [
            "accepted": uncollected - closed, "closed": closed, "collected": collected,
            "dropped": try numbers.unsigned("dropped") + (accepted - collected - uncollected),
        ]
    }

    /// Gives up whatever the task still has of reports. That they are left out follows from the task's row. The keys of their
    /// shares are the caller's to destroy.
    ///
    /// - Precondition: the task is locked exclusively.
    func discardHelperReports(_ task: TaskKey) throws {
        guard try exists("SELECT 1 AS found FROM helper_buckets WHERE task = $1 LIMIT 1", [task]) else { return }
        try execute(
            """
            INSERT INTO helper_clearings (task, kind, ref, end_ref, through)
            SELECT task, kind, ref, ref + 1, CAST($2 AS BIGINT) FROM helper_buckets WHERE task = $1
            ON CONFLICT (task, kind, ref) DO NOTHING
            """, [task, Int64.min])
    }

    /// Holds for a bucket `b` whose sum has not been collected or given up.
    private static var hasSum: String {
        """
        EXISTS (SELECT 1 FROM share_sums AS s
            WHERE s.task = b.task AND s.kind = b.kind AND s.ref = b.ref AND s.part = 0)
        """
    }

    /// Holds for a bucket `b` of a signed close or a collection.
    private static func isIn(_ table: String) -> String {
        """
        (EXISTS (SELECT 1 FROM \(table) AS c
            WHERE b.kind = 0 AND c.task = b.task AND c.end_time > b.ref AND c.start_time <= b.ref)
        OR EXISTS (SELECT 1 FROM helper_batches AS i JOIN \(table) AS c
            ON c.task = i.task AND c.batch_id = i.batch_id WHERE b.kind = 1 AND i.batch = b.ref))
        """
    }
}
