import DAP
import Ledger
import TaskTypes

/// Collection jobs and the batches that they collect. One that has not ended is worked on under a lease (``Lease``); whatever
/// changes it needs that, and fails with `.leaseLost` where somebody else may be at work, or it has ended.
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

    /// One collection of each task that is due and in nobody's hands.
    func dueCollections() async throws(DatastoreError) -> [(collection: Int64, task: TaskID)]

    /// Leases the collection of a task that has been due longest.
    ///
    /// - Parameter own: collections that this process works on, however late it is.
    /// - Returns: nil where none is due.
    func acquireCollection(
        of task: TaskID, except own: Set<Int64>, for duration: Duration
    ) async throws(DatastoreError) -> CollectionLease?

    /// Lets collections fall due whose time cannot be right (``DueTime``), because a clock was set back.
    ///
    /// - Returns: how many.
    func unparkCollections(_ times: JobTimes) async throws(DatastoreError) -> Int

    /// Leases a collection whoever has it.
    ///
    /// - Returns: nil where it has ended.
    func seizeCollection(_ key: Int64, for duration: Duration) async throws(DatastoreError) -> CollectionLease?

    /// Renews leases.
    ///
    /// - Returns: the keys of the collections whose lease is lost.
    func renewCollections(_ leases: [CollectionLease], for duration: Duration) async throws(DatastoreError) -> Set<
        Int64
    >

    /// Gives a collection back. It falls due after a pause.
    ///
    /// - Parameter progress: how it goes; nil: as it is stored.
    func releaseCollection(
        _ lease: CollectionLease, after pause: Duration, _ progress: CollectionProgress?
    ) async throws(DatastoreError)

    /// Notes how it goes, and goes on.
    func holdCollection(
        _ lease: CollectionLease, for duration: Duration, _ progress: CollectionProgress
    ) async throws(DatastoreError)

    /// Reports of a task are accepted or rejected: its collections that wait for reports fall due.
    ///
    /// - Returns: whether there is one.
    func hurryCollections(of task: TaskID) async throws(DatastoreError) -> Bool

    /// Deletes the resource; returns false where there is none.
    func hideCollection(_ id: CollectionJobID, task: TaskID) async throws(DatastoreError) -> Bool

    /// Chooses the job's batch and closes it to new reports: the interval that was asked for, or the oldest open
    /// batch with enough accepted reports.
    ///
    /// - Parameters:
    ///   - time: POSIX seconds: reports that may be in a batch later only are not waited for, unless there are too few.
    ///   - isWhole: or unless the task has one batch.
    func sealBatch(
        _ lease: CollectionLease, interval: Interval?, sizes: ClosedRange<UInt64>, at time: UInt64, isWhole: Bool
    ) async throws(DatastoreError) -> SealOutcome

    /// How many reports of a batch are still on their way to being accepted or rejected.
    func unfinishedReports(task: TaskID, scope: BatchScope) async throws(DatastoreError) -> UInt64

    /// What both aggregators compute of a batch besides the share.
    func summary(task: TaskID, scope: BatchScope) async throws(DatastoreError) -> BatchSummary

    /// The sum of the batch's output shares.
    ///
    /// - Parameter vdaf: the task's.
    func aggregateShare(
        task: TaskID, scope: BatchScope, vdaf: any TaskVDAF
    ) async throws(DatastoreError) -> AggregatedBatch

    /// Streams id and log entry of the batch's accepted reports in log order into `initial` (tasks that log reports).
    func foldLoggedReports<Sum: Sendable>(
        task: TaskID, scope: BatchScope, into initial: Sum,
        _ add: @escaping @Sendable (inout Sum, ReportID, [UInt8]) throws -> Void
    ) async throws(DatastoreError) -> Sum

    /// Where the leaves of a sealed batch lie in the log (tasks that log reports).
    func leafSpan(task: TaskID, scope: BatchScope) async throws(DatastoreError) -> LeafSpan

    /// The ids of the batch's leaves in log order, a page at a time: the first of those in a part of the log.
    func leaves(
        task: TaskID, scope: BatchScope, in span: Range<UInt64>, limit: Int
    ) async throws(DatastoreError) -> [LoggedLeaf]

    /// The ids of the batch's accepted reports, none twice, a page at a time.
    ///
    /// - Parameter last: the last one of the page before; nil for the first page.
    func acceptedReports(
        task: TaskID, scope: BatchScope, after last: ReportCursor?, limit: Int
    ) async throws(DatastoreError) -> [ReportCursor]

    /// Those of these reports that are accepted and in the batch, with their log entries (tasks that log reports).
    func acceptedReports(
        among ids: [ReportID], task: TaskID, scope: BatchScope
    ) async throws(DatastoreError) -> [(id: ReportID, logEntry: [UInt8]?)]

    /// Records the checkpoint under which the batch's leaves are proposed to the helper, before they are.
    ///
    /// The leaves are not stored: they are the batch's accepted reports in log order, and those stay the same until the
    /// helper has answered. Nothing joins a sealed batch once none of its reports waits or is in a job (an upload to its
    /// interval and a job into it are refused), and nothing leaves it (a withdrawal is too late) but by
    /// ``leaveOut(_:_:vdaf:)``, which makes the proposal void. So a retry sends the same bytes.
    func recordProposal(size: UInt64, _ lease: CollectionLease) async throws(DatastoreError)

    /// Takes reports out of a sealed batch, with their `rejected` entries in tasks that log reports; the proposal, and a
    /// share that was deferred, are void. Very many are left out in several calls, each as good as any first.
    ///
    /// - Parameter vdaf: the task's; their output shares are taken out of the sums.
    func leaveOut(
        _ reports: [EndedReport], _ lease: CollectionLease, vdaf: any TaskVDAF
    ) async throws(DatastoreError)

    /// Records the helper's name for a share that it has deferred; nil: the request has to be posted again.
    func recordShareID(_ id: String?, _ lease: CollectionLease) async throws(DatastoreError)

    /// Whether a batch of the task is closed, in this node's log.
    func hasClosedBatch(_ task: TaskID) async throws(DatastoreError) -> Bool

    /// `sealed` → `closed`: appends the `close` entry.
    func recordClose(_ closeEntry: [UInt8], _ lease: CollectionLease) async throws(DatastoreError)

    /// `sealed` or `closed` → `shareReceived`.
    func recordHelperShare(
        _ share: [UInt8], statement: [UInt8]?, _ lease: CollectionLease
    ) async throws(DatastoreError)

    /// `shareReceived` → `published`: stores the response, appends the `batch` entry, marks the batch collected, and destroys
    /// the keys of its shares. The rows of those are cleared afterwards, in slices.
    ///
    /// - Parameter blobs: what the entry names and everybody may read.
    func publish(
        response: [UInt8], batchEntry: [UInt8]?, blobs: [NamedBlob], _ lease: CollectionLease
    ) async throws(DatastoreError)

    /// `published` → `finished`.
    func finishCollection(_ lease: CollectionLease) async throws(DatastoreError)

    /// Ends a job with an error, and its lease.
    ///
    /// - Parameter fate: what becomes of its batch, if it has one. After its close was signed that is always `.closed`.
    func failCollection(
        _ lease: CollectionLease, problem: CollectionProblem, batch fate: BatchFate
    ) async throws(DatastoreError)

    /// The task's batches, oldest first; in time-interval mode also the buckets that no batch contains.
    func batchStatuses(task: TaskID, limit: Int) async throws(DatastoreError) -> [BatchStatus]
}

/// Everything that the leader keeps about reports, jobs and collections.
package typealias LeaderStore = LeaderReportStore & LeaderJobStore & LeaderCollectionStore
