// The steps of a collection job behind its sealing: which may follow which is in CollectionLife. What ends something for a
// batch locks its task alone, so that what it has counted stays what it counted.

import Ledger
import TaskTypes

extension NodeDatabase {
    package func recordProposal(size: UInt64, _ lease: CollectionLease) async throws(DatastoreError) {
        let size = try size.stored("checkpoint size")
        try await write { session in
            try session.lock(.task(lease.job.taskKey), .shared)
            try session.move(.propose, lease, "proposal_size = $3", [size])
        }
    }

    package func leaveOut(
        _ reports: [EndedReport], _ lease: CollectionLease, vdaf: any TaskVDAF
    ) async throws(DatastoreError) {
        try await write { session in
            let task = lease.job.taskKey
            try session.lock(.task(task), .exclusive)
            try session.move(.leaveOut, lease, "proposal_size = NULL, share_id = NULL")
            // The batch of a job in this state is sealed.
            try session.end(reports, task: task, vdaf: vdaf) { report, end in
                ReportLife.after(report.stage(in: .sealed), end.leftOut)
            }
        }
    }

    package func recordShareID(_ id: String?, _ lease: CollectionLease) async throws(DatastoreError) {
        try await write { session in
            try session.lock(.task(lease.job.taskKey), .shared)
            try session.move(.nameShare, lease, "share_id = $3", [id])
        }
    }

    package func recordClose(_ closeEntry: [UInt8], _ lease: CollectionLease) async throws(DatastoreError) {
        try await write { session in
            let (key, task) = (lease.job.key, lease.job.taskKey)
            try session.lock(.task(task), .exclusive)
            try session.move(.close, lease, "close_entry = $3, proposal_size = NULL", [closeEntry.blob])
            try session.queueLogEntries([QueuedEntry(word: .close, subject: key, bytes: closeEntry)], of: task)
            try session.countGeneration()
        }
    }

    package func recordHelperShare(
        _ share: [UInt8], statement: [UInt8]?, _ lease: CollectionLease
    ) async throws(DatastoreError) {
        try await write { session in
            try session.lock(.task(lease.job.taskKey), .shared)
            try session.move(.takeShare, lease, "helper_statement = $3", [statement?.blob])
            try session.keepParts(.helperShare, share, of: lease.job.key)
        }
    }

    package func publish(
        response: [UInt8], batchEntry: [UInt8]?, blobs: [NamedBlob] = [], _ lease: CollectionLease
    ) async throws(DatastoreError) {
        try await write { session in
            let (key, task) = (lease.job.key, lease.job.taskKey)
            try session.lock(.task(task), .exclusive)
            try session.move(.publish, lease)
            guard let scope = try session.collection(key).scope else {
                throw DatastoreError.conflict("collection job \(key) has no batch")
            }
            try session.deleteParts(.helperShare, of: key)
            try session.keepParts(.response, response, of: key)
            try session.keep(blobs)
            try session.clearLeaderBatch(scope, task)
            if let batchEntry {
                try session.queueLogEntries([QueuedEntry(word: .batch, subject: key, bytes: batchEntry)], of: task)
            }
            try session.countGeneration()
        }
        await tryToScrub()
    }

    package func finishCollection(_ lease: CollectionLease) async throws(DatastoreError) {
        try await write { session in
            try session.lock(.task(lease.job.taskKey), .shared)
            try session.move(.finish, lease, "lease_token = 0")
        }
    }

    package func failCollection(
        _ lease: CollectionLease, problem: CollectionProblem, batch fate: BatchFate
    ) async throws(DatastoreError) {
        try await write { session in
            let job = try session.held(lease, .exclusive)
            try session.fail(job, lease.claim, lease.job.taskKey, problem, fate)
        }
    }
}

extension Session {
    /// Changes a job under its lease, where it is in one of the states in which that may happen; refuses otherwise. The lease
    /// goes on. A step forgets what was in its way (``CollectionProgress/afterStep``).
    ///
    /// - Parameter assignments: what changes with the state; their arguments are `$3` and so on.
    func move(
        _ move: CollectionMove, _ lease: CollectionLease, _ assignments: String = "", _ arguments: SQLArguments = []
    ) throws {
        try self.move(move, lease.claim, assignments, arguments)
    }

    private func move(
        _ move: CollectionMove, _ claim: LeaseClaim, _ assignments: String = "", _ arguments: SQLArguments = []
    ) throws {
        let all = [move.end.map { "state = \($0.sql), \(Self.stepped)" }, assignments.isEmpty ? nil : assignments]
        let changed = try execute(
            """
            UPDATE leader_collections SET \(all.compactMap(\.self).joined(separator: ", "))
            WHERE collection = $1 AND lease_token = $2 AND state IN (\(CollectionState.sql(move.starts)))
            """,
            [claim.row, claim.token] + arguments)
        guard changed != 1 else { return }
        let isHeld = try exists(
            """
            SELECT 1 FROM leader_collections
            WHERE collection = $1 AND lease_token = $2 AND state < \(CollectionState.finished.sql)
            """, [claim.row, claim.token])
        guard isHeld else { throw DatastoreError.leaseLost }
        throw DatastoreError.conflict("collection job \(claim.row) is not in the state for this step")
    }

    /// A step's part of ``CollectionProgress/afterStep``.
    private static let stepped = """
        failures = 0, refusals = 0, long_requests = 0, long_since = NULL, looks = 0, unfinished = NULL, is_asked = 0, \
        note = NULL
        """

    /// Begins a job anew that failed, because its collector asks again: whatever was in its way is forgotten.
    ///
    /// - Parameter assignments: what changes with the state; their arguments are `$2` and so on.
    func begin(
        anew move: CollectionMove, _ key: Int64, _ assignments: String, _ arguments: SQLArguments
    ) throws {
        guard let state = move.end else { return }
        let changed = try execute(
            """
            UPDATE leader_collections
            SET state = \(state.sql), \(Self.stepped), comparisons = 0, lease_token = 0, due = 0, \(assignments)
            WHERE collection = $1 AND state IN (\(CollectionState.sql(move.starts)))
            """, [key] + arguments)
        guard changed == 1 else {
            throw DatastoreError.conflict("collection job \(key) is not in the state for this step")
        }
    }

    /// Ends a job with an error.
    ///
    /// - Precondition: its task is locked exclusively.
    func fail(
        _ job: StoredCollection, _ claim: LeaseClaim, _ task: TaskKey, _ problem: CollectionProblem, _ wanted: BatchFate
    ) throws {
        let fate = CollectionLife.fate(wanted, isClosed: job.closeEntry != nil)
        try move(
            .fail, claim,
            """
            lease_token = 0, problem_type = $3, problem_detail = $4, proposal_size = NULL, share_id = NULL\
            \(fate == .closed ? "" : ", selector = NULL")
            """,
            [problem.type?.rawValue, problem.detail])
        // One that goes on behind its close asks for the share again.
        try deleteParts(.helperShare, of: job.key)
        if let scope = job.scope { try change(scope, task, .release(fate)) }
    }
}
