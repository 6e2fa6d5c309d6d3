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

    package func examineProposal(
        _ task: TaskID, _ proposal: CloseProposal
    ) async throws(DatastoreError) -> ProposalExamination {
        try await read { session in
            guard let scope = BatchScope(proposal.selector), let key = try session.taskKey(task) else {
                return .drop(proposal.reportIDs)
            }
            if let signed = try session.helperClose(key, proposal.selector) { return .signed(signed) }
            guard let buckets = try session.helperBuckets(scope, key) else { return .drop(proposal.reportIDs) }
            return try session.examine(proposal, key, buckets)
        }
    }

    package func commitHelperClose(
        _ task: TaskID, _ close: HelperClose, reports: [ReportID], standing: HelperStanding, vdaf: any TaskVDAF
    ) async throws(DatastoreError) -> Bool {
        try await write { session in
            guard let key = try session.lockedTask(task, .exclusive), let scope = BatchScope(close.selector),
                let buckets = try session.helperBuckets(scope, key), try !session.isShut(scope, key)
            else { return false }
            try session.requireService(of: key, id: task)
            let now = try session.standing(key, buckets)
            // Who has left could be one of the proposed; who has joined since cannot, and is dropped.
            guard now.left == standing.left, now.joined >= standing.joined else { throw DatastoreError.stale }
            if now.accepted != reports.count {
                let others = try session.accepted(key, buckets, besides: Set(reports))
                guard others.isProven(by: reports.count, of: now) else { throw DatastoreError.stale }
                try session.drop(others.reports, key, vdaf)
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

    package func reconcileHelperBatch(
        _ task: TaskID, _ scope: BatchScope, leaders: [ReportID], vdaf: any TaskVDAF
    ) async throws(DatastoreError) -> BatchDifference? {
        try await write { session in
            let key = try session.lockedTaskMaking(task, .exclusive)
            guard try !session.isShut(scope, key) else { return nil }
            try session.requireService(of: key, id: task)
            guard let buckets = try session.helperBuckets(scope, key) else {
                return BatchDifference(missing: leaders, dropped: 0)
            }
            let others = try session.accepted(key, buckets, besides: Set(leaders))
            try session.drop(others.reports, key, vdaf)
            return BatchDifference(missing: leaders.filter(others.missing.contains), dropped: UInt64(others.count))
        }
    }
}

/// What differs between the accepted reports of some buckets and others' list of them.
private struct AcceptedDifference {
    /// Accepted and not listed: the numbers of their rows.
    var reports: [Bucket: [Int64]] = [:]
    var count = 0
    /// Listed and not accepted.
    var missing: Set<ReportID>

    /// Whether a list of so many reports, which were examined, is what remains of the accepted ones.
    func isProven(by listed: Int, of standing: HelperStanding) -> Bool {
        missing.isEmpty && standing.accepted == UInt64(listed + count)
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

    /// Looks the accepted reports of some buckets up in a list.
    fileprivate func accepted(
        _ task: TaskKey, _ buckets: BucketRange, besides listed: Set<ReportID>
    ) throws -> AcceptedDifference {
        var difference = AcceptedDifference(missing: listed)
        try forEachAccepted(task, buckets) { row, id, bucket in
            guard difference.missing.remove(id) == nil else { return }
            difference.reports[bucket, default: []].append(row)
            difference.count += 1
        }
        return difference
    }

    // MARK: Examination

    /// Compares each proposed report with what was verified and with what the log has, some hundreds at a time.
    fileprivate func examine(
        _ proposal: CloseProposal, _ task: TaskKey, _ buckets: BucketRange
    ) throws -> ProposalExamination {
        var root = BatchRoot()
        var drops: [ReportID] = []
        var last: UInt64?
        var start = 0
        while start < proposal.reportIDs.count {
            let block = proposal.reportIDs[start..<min(start + Self.examinedAtOnce, proposal.reportIDs.count)]
            let leaves = try leaves(of: block, task, buckets, before: proposal.checkpointSize)
            for id in block {
                guard let leaf = leaves[id] else {
                    drops.append(id)
                    continue
                }
                if let last, leaf.index <= last { return .notInLogOrder(id) }
                last = leaf.index
                root.append(leafHash: leaf.hash)
            }
            start += block.count
        }
        guard drops.isEmpty else { return .drop(drops) }
        return .agreed(root: root.root, count: root.count, standing: try standing(task, buckets))
    }

    private static var examinedAtOnce: Int { 1_024 }

    /// The leaves of those reports that the helper stands by: accepted, in the buckets, and logged with what it verified,
    /// before the checkpoint's size and without an entry that ends them.
    private func leaves(
        of reports: ArraySlice<ReportID>, _ task: TaskKey, _ buckets: BucketRange, before size: UInt64
    ) throws -> [ReportID: (index: UInt64, hash: [UInt8])] {
        let found = try rows([task, size.clampedToInt64], matching: reports.map(\.blob)) {
            """
            SELECT own.report_id, own.time, own.batch, log.idx, log.leaf_hash
            FROM helper_reports AS own JOIN helper_log_reports AS log
                ON log.task = own.task AND log.report_id = own.report_id
            WHERE own.task = $1 AND own.report_id IN (\($0)) AND log.idx < $2
                AND own.state = \(HelperReportState.accepted.rawValue) AND own.leaf_hash = log.leaf_hash
                AND NOT EXISTS (SELECT 1 FROM helper_log_endings AS no
                    WHERE no.task = log.task AND no.report_id = log.report_id
                        AND (no.claim_key IS NULL OR no.claim_key = log.claim_key))
            """
        }
        var leaves: [ReportID: (index: UInt64, hash: [UInt8])] = [:]
        for row in found {
            let bucket = try row.helperBucket()
            guard bucket.kind == buckets.kind, buckets.refs.contains(bucket.ref) else { continue }
            leaves[try row.id("report_id", as: ReportID.self)] = (try row.unsigned("idx"), try row.bytes("leaf_hash"))
        }
        return leaves
    }
}
