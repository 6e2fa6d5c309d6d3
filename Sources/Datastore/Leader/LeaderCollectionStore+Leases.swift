// Who works on which collection; the protocol is in LeaderCollectionStore.swift.

import DAP

/// A collection, as whoever holds it sees it.
package struct LeasedCollection: Sendable, Equatable {
    /// As it was when it was taken.
    package let stored: StoredCollection
    /// In the database.
    let taskKey: TaskKey

    package var key: Int64 { stored.key }
    package var task: TaskID { stored.task }
}

package typealias CollectionLease = Lease<LeasedCollection>

extension NodeDatabase {
    package func dueCollections() async throws(DatastoreError) -> [(collection: Int64, task: TaskID)] {
        try await read { session in
            // From task to task in the index of open collections, as with jobs.
            try session.rows(
                """
                WITH RECURSIVE lanes (task) AS (
                    SELECT * FROM (SELECT c.task FROM leader_collections AS c
                        WHERE c.state < \(CollectionState.finished.sql) ORDER BY c.task LIMIT 1) AS head
                    UNION ALL SELECT (SELECT c.task FROM leader_collections AS c
                        WHERE c.state < \(CollectionState.finished.sql) AND c.task > lanes.task ORDER BY c.task LIMIT 1)
                    FROM lanes WHERE lanes.task IS NOT NULL)
                SELECT d.collection, i.task_id FROM (SELECT lanes.task, (
                        SELECT c.collection FROM leader_collections AS c
                        WHERE c.task = lanes.task AND c.state < \(CollectionState.finished.sql)
                            AND c.due <= \(session.dialect.now)
                        ORDER BY c.due LIMIT 1) AS collection FROM lanes WHERE lanes.task IS NOT NULL) AS d
                JOIN task_ids AS i ON i.task = d.task WHERE d.collection IS NOT NULL
                """
            ).map { (collection: try $0.integer("collection"), task: try $0.id("task_id", as: TaskID.self)) }
        }
    }

    package func unparkCollections(_ times: JobTimes) async throws(DatastoreError) -> Int {
        let parked = try await read { session in
            try times.impossible(
                session.rows(
                    """
                    SELECT collection AS row_key, due, due - \(session.dialect.now) AS remaining, lease_token, is_asked
                    FROM leader_collections
                    WHERE state < \(CollectionState.finished.sql) AND due > \(session.dialect.now) + $1
                    """, [times.shortest.milliseconds]))
        }
        guard !parked.isEmpty else { return 0 }
        try await write { try $0.unpark(.collection, parked) }
        return parked.count
    }

    package func acquireCollection(
        of task: TaskID, except own: Set<Int64> = [], for duration: Duration
    ) async throws(DatastoreError) -> CollectionLease? {
        try await write { session in
            guard let key = try session.taskKey(task) else { return nil }
            return try session.acquire(.collection, of: key, atMost: 1, except: own, for: duration).first
                .map { try session.leasedCollection($0, key) }
        }
    }

    package func seizeCollection(
        _ key: Int64, for duration: Duration
    ) async throws(DatastoreError) -> CollectionLease? {
        try await write { session in
            guard let task = try session.taskKey(ofCollection: key) else { return nil }
            return try session.seize(.collection, key, for: duration).map { try session.leasedCollection($0, task) }
        }
    }

    package func renewCollections(
        _ leases: [CollectionLease], for duration: Duration
    ) async throws(DatastoreError) -> Set<Int64> {
        try await write { session in try session.renew(.collection, leases.map(\.claim), for: duration) }
    }

    package func releaseCollection(
        _ lease: CollectionLease, after pause: Duration, _ progress: CollectionProgress?
    ) async throws(DatastoreError) {
        try await write { session in
            guard let progress else { return try session.release(.collection, lease.claim, after: pause) }
            try session.release(
                .collection, lease.claim, after: pause, CollectionProgress.assignments(from: 4), progress.arguments)
        }
    }

    package func holdCollection(
        _ lease: CollectionLease, for duration: Duration, _ progress: CollectionProgress
    ) async throws(DatastoreError) {
        try await write { session in
            try session.hold(
                .collection, lease.claim, for: duration, CollectionProgress.assignments(from: 4), progress.arguments)
        }
    }

    package func hurryCollections(of task: TaskID) async throws(DatastoreError) -> Bool {
        try await write { session in
            guard let key = try session.taskKey(task) else { return false }
            let changed = try session.execute(
                """
                UPDATE leader_collections SET due = 0
                WHERE task = $1 AND state < \(CollectionState.finished.sql) AND lease_token = 0 AND unfinished IS NOT NULL
                """, [key])
            return changed > 0
        }
    }
}

extension Session {
    /// Lets collections fall due that nobody has, and whose pause the peer has not asked for.
    func hurryCollections() throws {
        try execute(
            """
            UPDATE leader_collections SET due = 0
            WHERE state < \(CollectionState.finished.sql) AND lease_token = 0 AND is_asked = 0 AND due > 0
            """)
    }

    func taskKey(ofCollection key: Int64) throws -> TaskKey? {
        try integer("SELECT task FROM leader_collections WHERE collection = $1", [key]).map(TaskKey.init)
    }

    fileprivate func leasedCollection(_ claim: LeaseClaim, _ task: TaskKey) throws -> CollectionLease {
        Lease(LeasedCollection(stored: try collection(claim.row), taskKey: task), claim)
    }

    /// The collection of a lease, its task locked for the transaction. The first of all that its holder does.
    ///
    /// - Throws: `.leaseLost` where somebody else may be at work, or nothing is to be done any more.
    func held(_ lease: CollectionLease, _ mode: LockMode) throws -> StoredCollection {
        try lock(.task(lease.job.taskKey), mode)
        let held = try execute(
            """
            UPDATE leader_collections SET due = due
            WHERE collection = $1 AND lease_token = $2 AND state < \(CollectionState.finished.sql)
            """, [lease.claim.row, lease.claim.token])
        guard held == 1 else { throw DatastoreError.leaseLost }
        return try collection(lease.job.key)
    }
}
