// Collection: the sums of a batch's buckets are read in one snapshot, and the transaction that marks the batch collected
// deletes them and destroys the keys of all shares, so a crash leaves either all of them or the stored answer.

import DAP
import Ledger
import TaskTypes

extension NodeDatabase {
    package func helperCollection(
        _ task: TaskID, _ share: AggregateShareID
    ) async throws(DatastoreError) -> HelperCollection? {
        try await read { session in try session.taskKey(task).flatMap { try session.helperCollection($0, share) } }
    }

    package func isHelperCollected(_ task: TaskID, _ scope: BatchScope) async throws(DatastoreError) -> Bool {
        try await read { session in
            guard let key = try session.taskKey(task) else { return false }
            return try session.isCollected(scope, key)
        }
    }

    package func sumHelperShares(
        _ task: TaskID, _ scope: BatchScope, vdaf: any TaskVDAF
    ) async throws(DatastoreError) -> HelperSum {
        try await read { session in
            guard let key = try session.taskKey(task), let buckets = try session.helperBuckets(scope, key) else {
                return HelperSum(
                    aggregateShare: vdaf.makeAccumulator().aggregateShare(), count: 0, checksum: Checksum(),
                    standing: HelperStanding(joined: 0, left: 0))
            }
            let sum = try session.sum(key, buckets, vdaf)
            return HelperSum(
                aggregateShare: sum.accumulator.aggregateShare(), count: sum.numbers.reports,
                checksum: sum.numbers.checksum, standing: try session.standing(key, buckets))
        }
    }

    package func commitHelperCollection(
        _ task: TaskID, _ collection: HelperCollectionCommit
    ) async throws(DatastoreError) -> HelperCollectionResult {
        let result = try await write { session in
            let key = try session.lockedTaskMaking(task, .exclusive)
            return try session.collect(collection, key, task)
        }
        if result == .stored { await tryToScrub() }
        return result
    }

    package func deleteHelperCollection(
        _ task: TaskID, _ share: AggregateShareID
    ) async throws(DatastoreError) -> Bool {
        try await write { session in
            guard let key = try session.lockedTask(task, .shared),
                let collection = try session.integer(
                    "SELECT collection FROM helper_collections WHERE task = $1 AND share_id = $2", [key, share.blob]),
                try session.deleteParts(.answer, of: collection)
            else { return false }
            try session.execute("UPDATE helper_collections SET statement = NULL WHERE collection = $1", [collection])
            return true
        }
    }
}

extension Session {
    fileprivate func helperCollection(_ task: TaskKey, _ share: AggregateShareID) throws -> HelperCollection? {
        try first(
            "SELECT collection, statement FROM helper_collections WHERE task = $1 AND share_id = $2",
            [task, share.blob]
        ).map { row in
            HelperCollection(
                response: try keptParts(.answer, of: row.integer("collection")),
                statement: try row.optionalBytes("statement"))
        }
    }

    /// - Precondition: the task is locked exclusively.
    fileprivate func collect(
        _ collection: HelperCollectionCommit, _ task: TaskKey, _ id: TaskID
    ) throws -> HelperCollectionResult {
        if let present = try helperCollection(task, collection.share) { return .present(present) }
        let selected = try helperBuckets(collection.selected, task)
        let step = HelperBucketLife.collecting(
            try helperStage(collection.selected, task),
            isClosedOtherwise: try isClosedOtherwise(collection.queried, besides: collection.selected, task),
            summed: collection.standing, now: try standing(task, selected))
        if step == .refuse { return .overlap }
        try requireService(of: task, id: id)
        guard step == .agree else { return .changed }
        let number = try insert(
            """
            INSERT INTO helper_collections (task, batch_id, start_time, end_time, share_id, statement)
            VALUES ($1, $2, $3, $4, $5, $6) RETURNING collection
            """,
            [task] + collection.queried.columns + [collection.share.blob, collection.answer.statement])
        try keepParts(.answer, collection.answer.response ?? [], of: number)
        if let published = collection.published { try keep([published]) }
        if let queried = try helperBuckets(collection.queried, task) {
            try leaveOutUnselected(of: queried, besides: selected, task)
            try clearHelperBuckets(task, queried)
        }
        try countGeneration()
        return .stored
    }

    /// Whether a bucket of the query is in a signed close of another batch than the selected one. Collecting the query would
    /// take away what the helper has promised to give out under that close alone.
    private func isClosedOtherwise(
        _ queried: BatchScope, besides selected: BatchScope, _ task: TaskKey
    ) throws -> Bool {
        guard let (condition, arguments) = queried.overlapCondition(task) else { return false }
        let selector = "$\(arguments.values.count + 1)"
        return try exists(
            "SELECT 1 AS found FROM helper_closes WHERE \(condition) AND selector <> \(selector) LIMIT 1",
            arguments + [selected.selector.encoded().blob])
    }

    /// What the query covers but the leader did not select can never be collected any more: the helper does not stand by it.
    ///
    /// - Precondition: the sums of the buckets are still there. One that has none was collected before. None is in another
    ///   close.
    private func leaveOutUnselected(of queried: BucketRange, besides selected: BucketRange?, _ task: TaskKey) throws {
        var refs: [Int64] = []
        try forEach(
            """
            SELECT ref FROM share_sums
            WHERE task = $1 AND kind = $2 AND ref >= $3 AND ref < $4 AND part = 0 AND reports > 0
            """, queried.arguments(task)
        ) { row in
            let ref = try row.integer("ref")
            if selected?.refs.contains(ref) != true { refs.append(ref) }
        }
        // Only times can be left out: a leader-selected batch is selected whole.
        var leftOut: [Bucket: Int] = [:]
        for ref in refs.sorted() {
            leftOut[.time(ref)] = try markLeft(BucketRange(.time(ref)), task)
        }
        try countLeaving(leftOut, task)
    }

    /// Marks that all accepted reports of buckets have left, a page at a time: a server ends a statement that takes too long.
    ///
    /// - Returns: how many.
    private func markLeft(_ buckets: BucketRange, _ task: TaskKey) throws -> Int {
        var leftOut = 0
        var last: (time: Int64, report: Int64)?
        while true {
            let page = try reportPage(
                .helper, task, buckets, after: last, state: HelperReportState.accepted.rawValue, limit: 4_096)
            guard let end = page.last else { return leftOut }
            last = (end.time, end.report)
            leftOut += try execute([], matching: page.map { .integer($0.report) }) {
                "UPDATE helper_reports SET state = \(HelperReportState.left.sql) WHERE report IN (\($0))"
            }
        }
    }
}
