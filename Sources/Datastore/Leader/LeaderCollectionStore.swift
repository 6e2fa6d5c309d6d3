import DAP
import Ledger

/// Collection jobs and the batches that they collect.
package protocol LeaderCollectionStore: Sendable {
    /// Creates a collection job, or finds the one that the same bytes created.
    ///
    /// A job that failed starts anew. A job that the collector deleted is not found: the same bytes make a new one under
    /// another id.
    func createCollection(
        task: TaskID, request: [UInt8], interval: Interval?
    ) async throws(DatastoreError) -> CollectionCreation

    /// A job that is not deleted.
    func collection(_ id: CollectionJobID, task: TaskID) async throws(DatastoreError) -> StoredCollection?

    func collection(key: Int64) async throws(DatastoreError) -> StoredCollection?

    /// Jobs on which a driver has to work, deleted ones included, oldest first.
    func activeCollections() async throws(DatastoreError) -> [StoredCollection]

    /// Deletes the resource; returns false where there is none.
    func hideCollection(_ id: CollectionJobID, task: TaskID) async throws(DatastoreError) -> Bool

    /// Chooses the job's batch and closes it to new reports: the interval that was asked for, or the oldest open
    /// batch with enough accepted reports.
    func sealBatch(
        collection key: Int64, interval: Interval?, sizes: ClosedRange<UInt64>
    ) async throws(DatastoreError) -> SealOutcome

    /// How many reports of a batch are still on their way to being accepted or rejected.
    func unfinishedReports(task: TaskID, scope: BatchScope) async throws(DatastoreError) -> UInt64

    /// Streams the batch's accepted reports to compute count, checksum and interval.
    func summary(task: TaskID, scope: BatchScope) async throws(DatastoreError) -> BatchSummary

    /// Streams the batch's output shares into `initial`; the order is that of upload.
    func foldOutputShares<Sum: Sendable>(
        task: TaskID, scope: BatchScope, into initial: Sum,
        _ add: @escaping @Sendable (inout Sum, [UInt8]) throws -> Void
    ) async throws(DatastoreError) -> Sum

    /// Streams id and log entry of the batch's accepted reports in log order into `initial` (tasks that log reports).
    func foldLoggedReports<Sum: Sendable>(
        task: TaskID, scope: BatchScope, into initial: Sum,
        _ add: @escaping @Sendable (inout Sum, ReportID, [UInt8]) throws -> Void
    ) async throws(DatastoreError) -> Sum

    /// Records the leaf list before it is posted to the helper.
    func recordProposal(_ proposal: [UInt8], collection key: Int64) async throws(DatastoreError)

    /// Takes reports out of a sealed batch, with their `rejected` entries in tasks that log reports; the proposal, and a
    /// share that was deferred, are void.
    func dropReports(_ dropped: [RefusedReport], collection key: Int64) async throws(DatastoreError)

    /// Records the helper's name for a share that it has deferred; nil: the request has to be posted again.
    func recordShareID(_ id: String?, collection key: Int64) async throws(DatastoreError)

    /// Streams the ids of the batch's accepted reports, in the order of upload.
    func reportIDs(task: TaskID, scope: BatchScope) async throws(DatastoreError) -> [ReportID]

    /// Whether a batch of the task is closed, in this node's log.
    func hasClosedBatch(_ task: TaskID) async throws(DatastoreError) -> Bool

    /// `sealed` → `closed`: appends the `close` entry.
    func recordClose(_ closeEntry: [UInt8], collection key: Int64) async throws(DatastoreError)

    /// `sealed` or `closed` → `shareReceived`.
    func recordHelperShare(
        _ share: [UInt8], statement: [UInt8]?, collection key: Int64
    ) async throws(DatastoreError)

    /// `shareReceived` → `published`: stores the response, appends the `batch` entry, marks the batch collected and
    /// deletes its output shares.
    func publish(
        response: [UInt8], batchEntry: [UInt8]?, collection key: Int64
    ) async throws(DatastoreError)

    /// `published` → `finished`.
    func finishCollection(_ key: Int64) async throws(DatastoreError)

    /// Ends an active job with an error.
    ///
    /// - Parameter fate: what becomes of its batch, if it has one. After its close was signed that is always `.closed`.
    func failCollection(
        _ key: Int64, problem: CollectionProblem, batch fate: BatchFate
    ) async throws(DatastoreError)

    /// The task's batches, oldest first; in time-interval mode also the buckets that no batch contains.
    func batchStatuses(task: TaskID, limit: Int) async throws(DatastoreError) -> [BatchStatus]
}

/// Everything that the leader keeps about reports, jobs and collections.
package typealias LeaderStore = LeaderReportStore & LeaderJobStore & LeaderCollectionStore
