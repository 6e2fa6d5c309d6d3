import DAP
import GRDB
import Ledger

// The steps of a collection job. Each is one transaction that names the states it starts from: a step that was done
// before the node was killed cannot be done again.

extension SQLiteDatastore {
    package func sealBatch(
        collection key: Int64, interval: Interval?, sizes: ClosedRange<UInt64>
    ) async throws(DatastoreError) -> SealOutcome {
        try await write { db in
            let job = try Self.fetchCollection(key, db)
            guard job.state == .waiting else {
                throw DatastoreError.conflict("collection job \(key) has its batch already")
            }
            let unfinished = try Self.unfinished(upTo: job.watermark, interval: interval, job.task, db)
            guard unfinished == 0 else { return .notReady(unfinished) }
            let scope: BatchScope
            if let interval {
                if let closed = try Self.adoptClosed(job, interval, db) { return .sealed(closed) }
                if try Self.overlapsSealed(interval, job.task, db) { return .overlap }
                scope = .interval(interval)
                let count = try scope.count([.accepted], job.task, db)
                if count < sizes.lowerBound { return .tooFew(count) }
                if count > sizes.upperBound { return .tooMany(count) }
                try db.execute(
                    sql: "INSERT INTO leader_batches (task_id, first_time, end_time, state) VALUES (?, ?, ?, ?)",
                    arguments: [
                        job.task.blob, interval.start.clampedToInt64, (interval.end ?? .max).clampedToInt64,
                        BatchState.closing.rawValue,
                    ])
            } else {
                let (found, largest) = try Self.oldestOpenBatch(atLeast: sizes.lowerBound, job.task, db)
                guard let found else {
                    guard let closed = try Self.adoptClosed(job, nil, db) else { return .tooFew(largest) }
                    return .sealed(closed)
                }
                scope = .batch(found)
                try db.execute(
                    sql: "UPDATE leader_batches SET state = ? WHERE task_id = ? AND batch_id = ?",
                    arguments: [BatchState.closing.rawValue, job.task.blob, found.blob])
            }
            try db.execute(
                sql: "UPDATE leader_collections SET state = ?, selector = ? WHERE sequence = ?",
                arguments: [CollectionState.sealed.rawValue, scope.selector.encoded().blob, key])
            return .sealed(scope)
        }
    }

    /// A batch that both have closed, and whose job failed and was deleted by its collector: nobody else can collect it,
    /// so the same request goes on from there. (Leader-selected: after the batches that can be chosen.)
    private static func adoptClosed(
        _ job: StoredCollection, _ interval: Interval?, _ db: Database
    ) throws -> BatchScope? {
        guard let closed = try deletedBehindClose(job.task, request: job.request, interval, db),
            let scope = closed.scope
        else { return nil }
        try db.execute(
            sql: """
                UPDATE leader_collections SET state = ?, selector = ?, close_entry = ? WHERE sequence = ?;
                UPDATE leader_collections SET selector = NULL, close_entry = NULL WHERE sequence = ?
                """,
            arguments: [
                CollectionState.closed.rawValue, scope.selector.encoded().blob, closed.closeEntry?.blob, job.key,
                closed.key,
            ])
        try setBatchState(.closing, scope, job.task, db)
        return scope
    }

    /// The oldest such job of the same request.
    static func deletedBehindClose(
        _ task: TaskID, request: [UInt8], _ interval: Interval?, _ db: Database
    ) throws -> StoredCollection? {
        try Row.fetchAll(
            db,
            sql: """
                SELECT * FROM leader_collections
                WHERE task_id = ? AND request = ? AND hidden = 1 AND state = ? AND close_entry IS NOT NULL
                ORDER BY sequence
                """,
            arguments: [task.blob, request.blob, CollectionState.failed.rawValue]
        ).map(storedCollection).first { interval == nil || $0.scope == interval.map(BatchScope.interval) }
    }

    private static func unfinished(
        upTo watermark: Int64, interval: Interval?, _ task: TaskID, _ db: Database
    ) throws -> UInt64 {
        let first = interval?.start.clampedToInt64 ?? 0
        let end = interval.map { ($0.end ?? .max).clampedToInt64 } ?? .max
        let found = try Int64.fetchOne(
            db,
            sql: """
                SELECT COUNT(*) FROM leader_reports
                WHERE task_id = ? AND state IN (?, ?) AND sequence <= ? AND time >= ? AND time < ?
                """,
            arguments: [
                task.blob, ReportState.received.rawValue, ReportState.aggregating.rawValue, watermark, first, end,
            ])
        return UInt64(clamping: found ?? 0)
    }

    /// The oldest batch that can be collected; one that the helper refused before only where there is no other.
    private static func oldestOpenBatch(
        atLeast minimum: UInt64, _ task: TaskID, _ db: Database
    ) throws -> (found: BatchID?, largest: UInt64) {
        let open = try Row.fetchAll(
            db,
            sql: "SELECT batch_id FROM leader_batches WHERE task_id = ? AND state IN (?, ?) ORDER BY state, sequence",
            arguments: [task.blob, BatchState.open.rawValue, BatchState.disputed.rawValue])
        var largest: UInt64 = 0
        for row in open {
            let id = try row.id("batch_id", as: BatchID.self)
            let count = try BatchScope.batch(id).count([.accepted], task, db)
            // An empty batch is never worth collecting, whatever the minimum.
            if count >= max(minimum, 1) { return (id, count) }
            largest = max(largest, count)
        }
        return (nil, largest)
    }

    package func recordProposal(_ proposal: [UInt8], collection key: Int64) async throws(DatastoreError) {
        try await write { db in
            try Self.advance(key, from: [.sealed], set: "proposal = :proposal", ["proposal": proposal.blob], db)
        }
    }

    package func dropReports(_ dropped: [RefusedReport], collection key: Int64) async throws(DatastoreError) {
        try await write { db in
            let job = try Self.fetchCollection(key, db)
            try Self.refuse(dropped, from: .accepted, job.task, db)
            try Self.advance(key, from: [.sealed], set: "proposal = NULL, share_id = NULL", [:], db)
        }
    }

    package func recordShareID(_ id: String?, collection key: Int64) async throws(DatastoreError) {
        try await write { db in
            try Self.advance(key, from: [.sealed, .closed], set: "share_id = :id", ["id": id], db)
        }
    }

    package func hasClosedBatch(_ task: TaskID) async throws(DatastoreError) -> Bool {
        try await read { db in
            try Bool.fetchOne(
                db,
                sql: """
                    SELECT EXISTS (
                        SELECT 1 FROM leader_collections WHERE task_id = ? AND close_entry IS NOT NULL
                    )
                    """,
                arguments: [task.blob]) ?? false
        }
    }

    package func recordClose(_ closeEntry: [UInt8], collection key: Int64) async throws(DatastoreError) {
        try await write { db in
            try Self.appendLogEntries([closeEntry], db)
            try Self.countGeneration(db)
            try Self.advance(
                key, from: [.sealed], set: "state = :state, close_entry = :entry, proposal = NULL",
                ["state": CollectionState.closed.rawValue, "entry": closeEntry.blob], db)
        }
    }

    package func recordHelperShare(
        _ share: [UInt8], statement: [UInt8]?, collection key: Int64
    ) async throws(DatastoreError) {
        try await write { db in
            try Self.advance(
                key, from: [.sealed, .closed],
                set: "state = :state, helper_share = :share, helper_statement = :statement",
                [
                    "state": CollectionState.shareReceived.rawValue, "share": share.blob,
                    "statement": statement?.blob,
                ], db)
        }
    }

    package func publish(
        response: [UInt8], batchEntry: [UInt8]?, collection key: Int64
    ) async throws(DatastoreError) {
        try await write { db in
            let job = try Self.fetchCollection(key, db)
            guard let scope = job.scope else { throw DatastoreError.conflict("collection job \(key) has no batch") }
            try Self.advance(
                key, from: [.shareReceived], set: "state = :state, response = :response",
                ["state": CollectionState.published.rawValue, "response": response.blob], db)
            if let batchEntry { try Self.appendLogEntries([batchEntry], db) }
            try Self.countGeneration(db)
            try Self.setBatchState(.collected, scope, job.task, db)
            try db.execute(
                sql: """
                    DELETE FROM leader_output_shares
                    WHERE sequence IN (SELECT r.sequence FROM leader_reports AS r WHERE \(scope.condition))
                    """,
                arguments: scope.arguments(job.task))
        }
    }

    package func finishCollection(_ key: Int64) async throws(DatastoreError) {
        try await write { db in
            try Self.advance(
                key, from: [.published], set: "state = :state", ["state": CollectionState.finished.rawValue], db)
        }
    }

    package func failCollection(
        _ key: Int64, problem: CollectionProblem, batch fate: BatchFate
    ) async throws(DatastoreError) {
        try await write { db in
            let job = try Self.fetchCollection(key, db)
            // What is signed stays, whoever asks.
            let fate = job.closeEntry == nil ? fate : .closed
            if let scope = job.scope { try Self.release(scope, fate, job.task, db) }
            try Self.advance(
                key, from: [.waiting, .sealed, .closed, .shareReceived],
                set: """
                    state = :state, problem_type = :type, problem_detail = :detail, proposal = NULL, share_id = NULL,
                    selector = CASE WHEN :closed THEN selector ELSE NULL END
                    """,
                [
                    "state": CollectionState.failed.rawValue, "type": problem.type?.rawValue,
                    "detail": problem.detail, "closed": fate == .closed,
                ], db)
        }
    }

    /// Gives a sealed batch back, as far as its fate allows.
    static func release(_ scope: BatchScope, _ fate: BatchFate, _ task: TaskID, _ db: Database) throws {
        switch (fate, scope) {
        case (.closed, _): try setBatchState(.closed, scope, task, db)
        case (.reopened, .batch): try setBatchState(.open, scope, task, db)
        case (.disputed, .batch): try setBatchState(.disputed, scope, task, db)
        case (.lost, .batch): try setBatchState(.lost, scope, task, db)
        case (_, .interval(let interval)):
            try db.execute(
                sql: """
                    DELETE FROM leader_batches
                    WHERE task_id = ? AND batch_id IS NULL AND first_time = ? AND state = ?
                    """,
                arguments: [task.blob, interval.start.clampedToInt64, BatchState.closing.rawValue])
        }
    }

    static func setBatchState(_ state: BatchState, _ scope: BatchScope, _ task: TaskID, _ db: Database) throws {
        switch scope {
        case .batch(let id):
            try db.execute(
                sql: "UPDATE leader_batches SET state = ? WHERE task_id = ? AND batch_id = ?",
                arguments: [state.rawValue, task.blob, id.blob])
        case .interval(let interval):
            // Sealed intervals of a task are disjoint, so the start names one.
            try db.execute(
                sql: "UPDATE leader_batches SET state = ? WHERE task_id = ? AND batch_id IS NULL AND first_time = ?",
                arguments: [state.rawValue, task.blob, interval.start.clampedToInt64])
        }
        guard db.changesCount == 1 else { throw DatastoreError.corrupt("a sealed batch has no row") }
    }

    /// Changes a job that is in one of `states`; refuses otherwise.
    private static func advance(
        _ key: Int64, from states: [CollectionState], set assignments: String,
        _ arguments: [String: (any DatabaseValueConvertible)?], _ db: Database
    ) throws {
        let list = states.map { String($0.rawValue) }.joined(separator: ", ")
        var all = arguments
        all["key"] = key
        try db.execute(
            sql: "UPDATE leader_collections SET \(assignments) WHERE sequence = :key AND state IN (\(list))",
            arguments: StatementArguments(all))
        guard db.changesCount == 1 else {
            throw DatastoreError.conflict("collection job \(key) is not in the state for this step")
        }
    }
}
