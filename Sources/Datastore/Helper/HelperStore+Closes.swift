// Closes: what the helper can stand by, and the one transaction that fixes a batch for ever. And the comparison of batches
// of uncommitted tasks about which the aggregators disagree: nothing of such a batch has been released yet, and what is
// left out never can be, because its row stays as replay protection.

import DAP
import Ledger
import TaskTypes

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
                let buckets = try session.helperBuckets(scope, key)
            else { return false }
            let leftOut = try session.leaveOut(
                besides: close.count, scope, buckets, key, task, before: standing, vdaf
            ) { page in
                let leaves = try session.leaves(of: page.map(\.id), key, buckets, in: prefix)
                return page.filter { leaves[$0.id] == nil }
            }
            guard leftOut != nil else { return false }
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
                WHERE task = $1 AND report_id IN (\($0)) AND state = \(HelperReportState.accepted.sql)
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
            let buckets = try session.helperBuckets(scope, key)
            let leftOut = try session.leaveOut(
                besides: named.count, scope, buckets, key, task, before: standing, vdaf
            ) { $0.filter { !named.contains($0.report) } }
            if let leftOut, leftOut > 0 { try session.countGeneration() }
            return leftOut
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

    /// Makes a batch one of the named reports alone, if it is open and none of them has left it.
    ///
    /// - Parameters:
    ///   - named: how many there are.
    ///   - buckets: of the batch; nil: this helper has no report of it.
    ///   - before: see ``HelperBucketLife/comparing(_:named:before:now:)``.
    ///   - select: those of a page of accepted reports that are not named.
    /// - Returns: how many were left out; nil where the batch is shut.
    /// - Throws: `.stale` where what was looked at before has changed.
    fileprivate func leaveOut(
        besides named: UInt64, _ scope: BatchScope, _ buckets: BucketRange?, _ task: TaskKey, _ id: TaskID,
        before: HelperStanding, _ vdaf: any TaskVDAF, _ select: ([ReportCursor]) throws -> [ReportCursor]
    ) throws -> UInt64? {
        let stage = try helperStage(scope, task)
        let now = try buckets.map { try standing(task, $0) } ?? before
        let step = HelperBucketLife.comparing(stage, named: named, before: before, now: now)
        if step == .refuse { return nil }
        try requireService(of: task, id: id)
        guard let buckets else { return 0 }
        switch step {
        case .refuse: return nil
        case .stale: throw DatastoreError.stale
        case .agree: return 0
        case .leaveOthersOut:
            let leftOut = try leaveOut(of: buckets, task, vdaf, select)
            guard HelperBucketLife.isComplete(named: named, leftOut: leftOut, now: now) else {
                throw DatastoreError.stale
            }
            return leftOut
        }
    }

    /// Leaves accepted reports out of buckets, a page at a time.
    ///
    /// - Parameter select: which of a page.
    /// - Returns: how many.
    fileprivate func leaveOut(
        of buckets: BucketRange, _ task: TaskKey, _ vdaf: any TaskVDAF,
        _ select: ([ReportCursor]) throws -> [ReportCursor]
    ) throws -> UInt64 {
        var leftOut: UInt64 = 0
        var last: ReportCursor?
        while true {
            let page = try reportPage(
                .helper, task, buckets, after: last.map { ($0.time, $0.report) },
                state: HelperReportState.accepted.rawValue, limit: Self.reportsPerPage)
            guard let end = page.last else { return leftOut }
            last = end
            let selected = try select(page)
            guard !selected.isEmpty else { continue }
            let bucket: (ReportCursor) -> Bucket = { report in
                buckets.kind == Bucket.time(0).kind ? .time(report.time) : .batch(buckets.refs.lowerBound)
            }
            try letGo(Dictionary(grouping: selected, by: bucket).mapValues { $0.map(\.report) }, task, vdaf)
            leftOut += UInt64(selected.count)
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
                AND own.state = \(HelperReportState.accepted.sql) AND own.leaf_hash = log.leaf_hash
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
