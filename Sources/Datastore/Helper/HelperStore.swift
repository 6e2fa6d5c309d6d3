import DAP
import Ledger
import TaskTypes

/// What a helper keeps about its work. Every method is one transaction, durable when it returns.
package protocol HelperStore: Sendable {
    // MARK: Aggregation jobs

    /// The job of that id, if the leader created it.
    func helperJob(_ task: TaskID, _ job: AggregationJobID) async throws(DatastoreError) -> HelperJob?

    /// Finishes a job: adds the accepted reports to the sums of their buckets and stores the response at once.
    ///
    /// Reports whose bucket is closed or collected, or that were accepted before, turn into rejections here, where no
    /// concurrent job can come between check and insertion.
    ///
    /// An answer that says nothing but 'too early' is not kept, unless the job has waited: nothing was committed, and the
    /// leader may form the very same job again when the time has come.
    ///
    /// - Parameters:
    ///   - verifyKey: the one with which the outcomes were found; nil: nobody compares it.
    ///   - keepsLastWords: keep which reports were rejected, for ever (tasks that log reports).
    ///   - vdaf: the task's.
    ///   - lease: under which a job was verified that waits; nil: the leader waits for the answer. The request goes.
    /// - Returns: The encoded `AggregationJobResp` to send: the stored one if the job was finished before.
    /// - Throws: `.stale` if the task does not have this verification key any more, `.leaseLost` if the lease has ended:
    ///   nothing has changed.
    func commitHelperJob(
        _ task: TaskID, _ job: AggregationJobID, outcomes: [HelperOutcome], verifyKey: VerifyKey?,
        keepsLastWords: Bool, vdaf: any TaskVDAF, lease: HelperJobLease?
    ) async throws(DatastoreError) -> [UInt8]

    /// Forgets a job's response, keeping what protects from replays, or a job that waits, of which no report is accepted.
    /// False if there is no such job.
    func deleteHelperJob(_ task: TaskID, _ job: AggregationJobID) async throws(DatastoreError) -> Bool

    // MARK: Jobs that wait

    /// Keeps a job's request until somebody verifies it.
    ///
    /// - Parameters:
    ///   - lease: of who verifies it already.
    ///   - duration: of the lease.
    ///   - room: how much may wait, with this job.
    func keepHelperJob(
        _ job: WaitingHelperJob, request: [UInt8], lease: HelperJobLease?, for duration: Duration, room: HelperJobRoom
    ) async throws(DatastoreError) -> HelperJobKeeping

    /// All jobs that wait, in no order. There are no more than there is room for.
    func waitingHelperJobs() async throws(DatastoreError) -> [WaitingHelperJob]

    /// Takes a job that waits and that nobody has, for a while.
    ///
    /// - Returns: its request; nil where it does not wait any more, or somebody has it.
    func leaseHelperJob(_ lease: HelperJobLease, for duration: Duration) async throws(DatastoreError) -> [UInt8]?

    /// Goes on with a job that was taken.
    ///
    /// - Throws: `.leaseLost` where it was taken by others, answered or deleted.
    func renewHelperJob(_ lease: HelperJobLease, for duration: Duration) async throws(DatastoreError)

    /// Puts a job off that was taken: somebody verifies it after a pause.
    ///
    /// - Throws: `.leaseLost`, as above.
    func releaseHelperJob(_ lease: HelperJobLease, after pause: Duration) async throws(DatastoreError)

    /// Forgets a job that was taken and can never be verified. None of its reports is accepted, and the leader may post
    /// it again.
    ///
    /// - Throws: `.leaseLost`, as above.
    func forgetHelperJob(_ lease: HelperJobLease) async throws(DatastoreError)

    /// Forgets a job that waits, for the node's operator, whoever has it. None of its reports is accepted, and the leader,
    /// which hears that there is no such job, may post it again.
    ///
    /// - Returns: false where it does not wait.
    func forgetHelperJob(_ task: TaskID, _ job: AggregationJobID) async throws(DatastoreError) -> Bool

    /// Forgets the answer to a job whose reports were all too early, if that is what it says: the leader posts the job
    /// again, after it has deleted the answer without success or without having heard of it.
    func forgetPassingAnswer(_ task: TaskID, _ job: AggregationJobID) async throws(DatastoreError)

    // MARK: Rejections and last words

    /// How many reports of the task this helper has rejected for good in aggregation jobs, by reason.
    func helperRejectionCounts(_ task: TaskID) async throws(DatastoreError) -> [ReportError: UInt64]

    /// Takes a report back for its contributor, before its batch is closed.
    ///
    /// - Parameter early: where the report is not here yet, the withdrawal is kept for when it comes, as long as there is
    ///   room. Nil: it is not kept, because nobody promised the report.
    func withdrawHelperReport(
        _ withdrawal: WithdrawalEntry, early: EarlyRoom?, vdaf: any TaskVDAF
    ) async throws(DatastoreError) -> WithdrawalOutcome

    /// The helper's last word on each of these reports; nil for those that it stands by or has never seen.
    func helperLastWords(_ task: TaskID, _ reports: [ReportID]) async throws(DatastoreError) -> [HelperLastWord?]

    // MARK: Closes

    /// The close that this helper signed for exactly this selector.
    func helperClose(_ task: TaskID, _ selector: BatchSelector) async throws(DatastoreError) -> HelperClose?

    /// How often reports have joined and left a batch.
    func helperStanding(_ task: TaskID, _ scope: BatchScope) async throws(DatastoreError) -> HelperStanding

    /// The leaves of these reports, in their order; nil for one that this helper does not stand by: not accepted in the
    /// batch, not logged in the prefix with what it verified, or logged as ended.
    func examineLeaves(
        _ task: TaskID, _ scope: BatchScope, _ reports: [ReportID], in prefix: LogPrefix
    ) async throws(DatastoreError) -> [ExaminedLeaf?]

    /// Records a signed close, which puts its reports out of reach of later changes, and leaves all others of its buckets out.
    ///
    /// That nothing but the examined reports is closed over is proven here, without a list of them: none has left the
    /// buckets since `standing` was read, each was accepted after that, and the log has no other leaves of the batch. So
    /// what is accepted and has no such leaf is left out, and the rest has to be as many as the close says.
    ///
    /// - Parameters:
    ///   - close: over reports each of which was examined, and that are as many as the leaves that the prefix has of the
    ///     batch.
    ///   - prefix: of the task's log, up to the checkpoint of the proposal.
    ///   - standing: of the buckets, read before the first was examined.
    /// - Returns: false if a bucket is closed or collected already; nothing changes then.
    /// - Throws: `.stale` where reports have left the buckets since: ``departedLeaves(_:_:in:limit:)`` says which.
    func commitHelperClose(
        _ task: TaskID, _ close: HelperClose, in prefix: LogPrefix, standing: HelperStanding, vdaf: any TaskVDAF
    ) async throws(DatastoreError) -> Bool

    /// Reports of the batch, as the prefix has it, that this helper does not stand by, in the order of the log. Behind an
    /// examination that found none, those that have left since.
    func departedLeaves(
        _ task: TaskID, _ scope: BatchScope, in prefix: LogPrefix, limit: Int
    ) async throws(DatastoreError) -> [ReportID]

    /// The bucket of a report that this helper stands by and that has this claim key; nil for any other.
    func helperBucket(
        of report: ReportID, claimKey: [UInt8], in task: TaskID
    ) async throws(DatastoreError) -> BatchScope?

    // MARK: Collection

    /// The numbers of these reports, in their order; nil for one that is not accepted in the batch.
    func acceptedHelperReports(
        _ task: TaskID, _ scope: BatchScope, _ reports: [ReportID]
    ) async throws(DatastoreError) -> [Int64?]

    /// Makes an uncollected batch of an uncommitted task what the leader also holds: leaves out every accepted report that the
    /// leader does not name, for good.
    ///
    /// - Parameters:
    ///   - named: the numbers of those that it names.
    ///   - standing: of the batch, read before they were looked up.
    /// - Returns: how many reports were left out; nil where a bucket is collected, and nothing has changed.
    /// - Throws: `.stale` where reports have left the batch since.
    func reconcileHelperBatch(
        _ task: TaskID, _ scope: BatchScope, named: ReportNumbers, standing: HelperStanding, vdaf: any TaskVDAF
    ) async throws(DatastoreError) -> UInt64?

    /// The stored answer to an aggregate share request.
    func helperCollection(_ task: TaskID, _ share: AggregateShareID) async throws(DatastoreError) -> HelperCollection?

    /// The sum of a batch's accepted reports, in one snapshot. Those of a bucket that is closed are the close's.
    func sumHelperShares(
        _ task: TaskID, _ scope: BatchScope, vdaf: any TaskVDAF
    ) async throws(DatastoreError) -> HelperSum

    /// Whether some bucket of the scope is collected.
    func isHelperCollected(_ task: TaskID, _ scope: BatchScope) async throws(DatastoreError) -> Bool

    /// Marks a batch collected, makes its shares unreadable for ever and keeps the answer, with the share that is published.
    func commitHelperCollection(
        _ task: TaskID, _ collection: HelperCollectionCommit
    ) async throws(DatastoreError) -> HelperCollectionResult

    /// Forgets the answer, keeping that the batch is collected. False if there is no such share.
    func deleteHelperCollection(_ task: TaskID, _ share: AggregateShareID) async throws(DatastoreError) -> Bool

    // MARK: The leader's log
    //
    // A helper may follow several logs, and anybody may write about a task into a log of their own: so what is asked about
    // a task is asked about one log, the one that counts for it.

    /// How far this helper has read and verified the log.
    func helperLogPosition(origin: String) async throws(DatastoreError) -> HelperLogPosition?

    /// Records verified entries and the position behind them.
    ///
    /// - Parameter counting: the tasks for which this log counts. What another log says of a task is recorded, as what that log
    ///   says, and nothing follows from it: its keeper could else let go what waits for another leader's reports.
    /// - Returns: false if the position is not `previous` any more; nothing changes then.
    func advanceHelperLog(
        origin: String, previous: UInt64, to position: HelperLogPosition, entries: [FollowedEntry],
        counting: Set<TaskID>
    ) async throws(DatastoreError) -> Bool

    /// The task's entry in a log, where it was read.
    func loggedTask(_ task: TaskID, in origin: String) async throws(DatastoreError) -> LoggedTask?

    /// The first close in a log that both aggregators signed and that shares a bucket with the scope: the only one
    /// that counts for those buckets.
    func fixingClose(
        _ task: TaskID, _ scope: BatchScope, in origin: String
    ) async throws(DatastoreError) -> LoggedClose?

    /// A word that the log has from this helper, and that the database does not know it has given; nil where it knows all.
    func forgottenWord(of words: Set<HelperWord>) async throws(DatastoreError) -> HelperWord?

    /// The batch as every reader of a log sees it at a position: the report leaves of the scope in the prefix that no
    /// `rejected` or `withdrawal` entry in it takes back.
    func loggedBatch(_ task: TaskID, _ scope: BatchScope, in prefix: LogPrefix) async throws(DatastoreError)
        -> BatchRoot
}

// The conformance: HelperStore+Jobs.swift (with HelperJobCommit.swift and HelperVerdict.swift), HelperStore+Waiting.swift,
// HelperStore+LastWords.swift, HelperStore+Closes.swift (with comparisons), HelperStore+Collections.swift and
// HelperStore+Log.swift. What several of them need of a transaction is in HelperBuckets.swift, HelperReports.swift and
// HelperEarlyWithdrawals.swift.
extension NodeDatabase: HelperStore {}
