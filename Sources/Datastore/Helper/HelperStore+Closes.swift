// Closes: what the helper can stand by, and the one transaction that fixes a batch for ever. And the comparison of batches
// of uncommitted tasks about which the aggregators disagree: nothing of such a batch has been released yet, and what is
// dropped never can be, because its row stays as replay protection.

import DAP
import Ledger

extension NodeDatabase {
    package func helperClose(
        _ task: TaskID, _ selector: BatchSelector
    ) async throws(DatastoreError) -> HelperClose? {
        try await read { session in try session.taskKey(task).flatMap { try session.helperClose($0, selector) } }
    }

    package func helperStanding(
        _ task: TaskID, _ scope: BatchScope
    ) async throws(DatastoreError) -> HelperStanding {
        try await read { session in
            guard let key = try session.taskKey(task) else { return HelperStanding(joined: 0, left: 0) }
            return try session.standing(key, session.helperBuckets(scope, key))
        }
    }

    package func examineLeaves(
        _ task: TaskID, _ scope: BatchScope, _ reports: [ReportID], in prefix: LogPrefix
    ) async throws(DatastoreError) -> [ExaminedLeaf?] {
        try await read { session in
            guard let key = try session.taskKey(task), let buckets = try session.helperBuckets(scope, key) else {
                return reports.map { _ in nil }
            }
            let leaves = try session.leaves(of: reports, key, buckets, in: prefix)
            return reports.map { leaves[$0] }
        }
    }

    package func commitHelperClose(
        _ task: TaskID, _ close: HelperClose, in prefix: LogPrefix, standing: HelperStanding, vdaf: any TaskVDAF
    ) async throws(DatastoreError) -> Bool {
        try await write { session in
            guard let key = try session.lockedTask(task, .exclusive), let scope = BatchScope(close.selector),
                let buckets = try session.helperBuckets(scope, key), try !session.isShut(scope, key)
            else { return false }
            try session.requireService(of: key, id: task)
            let now = try session.standing(key, buckets)
            // Who has left could be one of the examined; who has joined since cannot, and is dropped.
            guard now.left == standing.left, now.joined >= standing.joined else { throw DatastoreError.stale }
            if now.accepted != close.count {
                let dropped = try session.drop(in: buckets, key, vdaf) { page in
                    let leaves = try session.leaves(of: page.map(\.id), key, buckets, in: prefix)
                    return page.filter { leaves[$0.id] == nil }
                }
                guard now.accepted == close.count + dropped else { throw DatastoreError.stale }
            }
            try session.execute(
                """
                INSERT INTO helper_closes
                    (task, batch_id, start_time, end_time, selector, leaves_hash, root, report_count, signature)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                """,
                [key] + scope.columns + [
                    close.selector.encoded().blob, close.leavesHash.blob, close.root.blob,
                    try close.count.stored("report count"), close.signature.blob,
                ])
            try session.countGeneration()
            return true
        }
    }

    package func acceptedHelperReports(
        _ task: TaskID, _ scope: BatchScope, _ reports: [ReportID]
    ) async throws(DatastoreError) -> [Int64?] {
        try await read { session in
            guard let key = try session.taskKey(task), let buckets = try session.helperBuckets(scope, key) else {
                return reports.map { _ in nil }
            }
            let found = try session.rows([key], matching: reports.map(\.blob)) {
                """
                SELECT report_id, report, time, batch FROM helper_reports
                WHERE task = $1 AND report_id IN (\($0)) AND state = \(HelperReportState.accepted.rawValue)
                """
            }
            var numbers: [ReportID: Int64] = [:]
            for row in found where try buckets.contains(row.helperBucket()) {
                numbers[try row.id("report_id", as: ReportID.self)] = try row.integer("report")
            }
            return reports.map { numbers[$0] }
        }
    }

    package func reconcileHelperBatch(
        _ task: TaskID, _ scope: BatchScope, named: ReportNumbers, standing: HelperStanding, vdaf: any TaskVDAF
    ) async throws(DatastoreError) -> UInt64? {
        try await write { session in
            let key = try session.lockedTaskMaking(task, .exclusive)
            guard try !session.isShut(scope, key) else { return nil }
            try session.requireService(of: key, id: task)
            guard let buckets = try session.helperBuckets(scope, key) else { return 0 }
            let now = try session.standing(key, buckets)
            // Who has left could be one that was found; who has joined since was not, and is dropped.
            guard now.left == standing.left, now.joined >= standing.joined else { throw DatastoreError.stale }
            guard now.accepted != named.count else { return 0 }
            let dropped = try session.drop(in: buckets, key, vdaf) { $0.filter { !named.contains($0.report) } }
            guard now.accepted == named.count + dropped else { throw DatastoreError.stale }
            if dropped > 0 { try session.countGeneration() }
            return dropped
        }
    }
}

extension Session {
    fileprivate func helperClose(_ task: TaskKey, _ selector: BatchSelector) throws -> HelperClose? {
        try first(
            """
            SELECT leaves_hash, root, report_count, signature FROM helper_closes WHERE task = $1 AND selector = $2
            """, [task, selector.encoded().blob]
        ).map { row in
            HelperClose(
                selector: selector, leavesHash: try row.bytes("leaves_hash"), root: try row.bytes("root"),
                count: try row.unsigned("report_count"), signature: try row.bytes("signature"))
        }
    }

    /// Drops accepted reports of buckets, a page at a time.
    ///
    /// - Parameter select: which of a page.
    /// - Returns: how many.
    fileprivate func drop(
        in buckets: BucketRange, _ task: TaskKey, _ vdaf: any TaskVDAF,
        _ select: ([ReportCursor]) throws -> [ReportCursor]
    ) throws -> UInt64 {
        var dropped: UInt64 = 0
        var last: ReportCursor?
        while true {
            let page = try reportPage(
                .helper, task, buckets, after: last.map { ($0.time, $0.report) },
                state: HelperReportState.accepted.rawValue, limit: Self.reportsPerPage)
            guard let end = page.last else { return dropped }
            last = end
            let selected = try select(page)
            guard !selected.isEmpty else { continue }
            let bucket: (ReportCursor) -> Bucket = { report in
                buckets.kind == Bucket.time(0).kind ? .time(report.time) : .batch(buckets.refs.lowerBound)
            }
            try drop(Dictionary(grouping: selected, by: bucket).mapValues { $0.map(\.report) }, task, vdaf)
            dropped += UInt64(selected.count)
        }
    }

    private static var reportsPerPage: Int { 1_024 }

    /// The leaves of those reports that the helper stands by: accepted, in the buckets, and logged in the prefix with what it
    /// verified, without an entry of that log that ends them.
    fileprivate func leaves(
        of reports: [ReportID], _ task: TaskKey, _ buckets: BucketRange, in prefix: LogPrefix
    ) throws -> [ReportID: ExaminedLeaf] {
        guard let log = try helperLog(prefix.origin) else { return [:] }
        // CROSS keeps SQLite, which takes a log for a few rows, from reading all of it for every block.
        let found = try rows([task, prefix.size.clampedToInt64, log], matching: reports.map(\.blob)) {
            """
            SELECT own.report_id, own.time, own.batch, log.idx, log.leaf_hash
            FROM helper_reports AS own CROSS JOIN helper_log_reports AS log
            WHERE own.task = $1 AND own.report_id IN (\($0))
                AND log.log = $3 AND log.task = own.task AND log.report_id = own.report_id AND log.idx + 0 < $2
                AND own.state = \(HelperReportState.accepted.rawValue) AND own.leaf_hash = log.leaf_hash
                AND NOT EXISTS (SELECT 1 FROM helper_log_endings AS no
                    WHERE no.log = log.log AND no.task = log.task AND no.report_id = log.report_id
                        AND (no.claim_key IS NULL OR no.claim_key = log.claim_key))
            """
        }
        var leaves: [ReportID: ExaminedLeaf] = [:]
        for row in found where try buckets.contains(row.helperBucket()) {
            leaves[try row.id("report_id", as: ReportID.self)] = ExaminedLeaf(
                index: try row.unsigned("idx"), hash: try row.bytes("leaf_hash"))
        }
        return leaves
    }
}
