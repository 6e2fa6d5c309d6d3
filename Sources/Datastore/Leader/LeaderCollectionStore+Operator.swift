// Collections for a node's operator: what they wait for, and what may be done about one. That waits for nobody: who works on
// it may be what is wrong.

import DAP

/// A collection that has not ended.
package struct CollectionOverview: Sendable, Equatable {
    package var stored: StoredCollection
    /// Whether a process works on it now.
    package var isLeased: Bool
    /// Milliseconds until its lease runs out, or its pause is over; not positive: it is due.
    package var left: Int64
}

/// What became of an attempt to stop a collection.
package enum CollectionStop: Sendable, Equatable {
    case stopped
    /// The helper may have signed or released something of its batch.
    case tooLate
    /// It has ended.
    case ended
}

extension NodeDatabase {
    /// The collections that have not ended, oldest first.
    package func collectionOverviews() async throws(DatastoreError) -> [CollectionOverview] {
        try await read { session in
            try session.collectionOverviews("c.state < \(CollectionState.finished.sql)", []).sorted {
                $0.stored.key < $1.stored.key
            }
        }
    }

    package func collectionOverview(_ key: Int64) async throws(DatastoreError) -> CollectionOverview? {
        try await read { session in
            try session.collectionOverviews(
                "c.collection = $1 AND c.state < \(CollectionState.finished.sql)", [key]
            ).first
        }
    }

    /// Lets a collection fall due now, whatever pause it has.
    package func retryCollection(_ key: Int64) async throws(DatastoreError) -> JobHurry {
        try await write { try $0.hurry(.collection, key) }
    }

    /// Ends a collection that can still be stopped (``CollectionLife/canBeStopped(_:hasProposal:isHeldUp:)``), whoever works
    /// on it. Its batch is as if it had never been chosen.
    package func stopCollection(
        _ key: Int64, problem: CollectionProblem
    ) async throws(DatastoreError) -> CollectionStop {
        try await write { session in
            guard let task = try session.taskKey(ofCollection: key) else { return .ended }
            try session.lock(.task(task), .exclusive)
            let job = try session.collection(key)
            guard job.state.isActive else { return .ended }
            let buckets = try job.scope.flatMap { try session.leaderBuckets($0, task) }
            let isHeldUp =
                try buckets.map {
                    try session.leaderCounts(task, $0).unfinished > 0 || session.waitingWords(task, $0) != nil
                } ?? false
            let canBeStopped = CollectionLife.canBeStopped(
                job.state, hasProposal: job.proposalSize != nil, isHeldUp: isHeldUp)
            guard canBeStopped else { return .tooLate }
            guard let claim = try session.seize(.collection, key, for: .zero) else { return .ended }
            try session.fail(job, claim, task, problem, .reopened)
            return .stopped
        }
    }
}
