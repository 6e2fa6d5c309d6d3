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
        try await read { try $0.due(.collection).map { (collection: $0.row, task: $0.task) } }
    }

    package func unparkCollections(_ times: JobTimes) async throws(DatastoreError) -> Int {
        try await unpark(.collection, times)
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
            let assignments = progress == nil ? "" : CollectionProgress.assignments(from: 4)
            try session.release(.collection, lease.claim, after: pause, assignments, progress?.arguments ?? [])
            // Its collector has deleted it meanwhile: whoever takes it next looks whether it can be stopped.
            guard !lease.job.stored.isHidden else { return }
            try session.execute(
                "UPDATE leader_collections SET due = 0 WHERE collection = $1 AND hidden = 1", [lease.claim.row])
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
