import DAP
import Ledger

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
    /// - Parameters:
    ///   - recordsRefusals: keep which reports were refused, for ever (tasks that log reports).
    ///   - vdaf: the task's.
    /// An answer that says nothing but 'too early' is not kept: nothing was committed, and the leader may form the very
    /// same job again when the time has come.
    ///
    /// - Returns: The encoded `AggregationJobResp` to send: the stored one if the job was finished before.
    func commitHelperJob(
        _ task: TaskID, _ job: AggregationJobID, outcomes: [HelperOutcome], recordsRefusals: Bool,
        vdaf: any TaskVDAF
    ) async throws(DatastoreError) -> [UInt8]

    /// Forgets a job's response, keeping what protects from replays. False if there is no such job.
    func deleteHelperJob(_ task: TaskID, _ job: AggregationJobID) async throws(DatastoreError) -> Bool

    // MARK: Refusals

    /// How many reports of the task this helper has refused for good in aggregation jobs, by reason.
    func helperRefusalCounts(_ task: TaskID) async throws(DatastoreError) -> [ReportError: UInt64]

    /// Takes a report back for its contributor, before its batch is closed.
    ///
    /// - Parameter earlyLimit: where the report is not here yet, the withdrawal is kept for when it comes, as long as
    ///   there are fewer such withdrawals than this in all. Nil: it is not kept, because nobody promised the report.
    func withdrawHelperReport(
        _ withdrawal: WithdrawalEntry, earlyLimit: Int?, vdaf: any TaskVDAF
    ) async throws(DatastoreError) -> WithdrawalOutcome

    /// The helper's last word on each of these reports; nil for those that it stands by or has never seen.
    func helperRefusals(_ task: TaskID, _ reports: [ReportID]) async throws(DatastoreError) -> [HelperRefusal?]

    // MARK: Closes

    /// The close that this helper signed for exactly this selector.
    func helperClose(_ task: TaskID, _ selector: BatchSelector) async throws(DatastoreError) -> HelperClose?

    /// Compares a proposal with the accepted reports and with the log as this helper has read it, unless a close was
    /// signed meanwhile.
    func examineProposal(_ task: TaskID, _ proposal: CloseProposal) async throws(DatastoreError) -> ProposalExamination

    /// Records a signed close, which puts its reports out of reach of later changes, and drops all others of its buckets.
    ///
    /// - Parameters:
    ///   - reports: those of the close, each of which was examined: accepted, and of its buckets.
    ///   - standing: of the buckets, when they were examined.
    /// - Returns: false if a bucket is closed or collected already; nothing changes then.
    /// - Throws: `.stale` where reports have left the buckets since: they are to be examined anew.
    func commitHelperClose(
        _ task: TaskID, _ close: HelperClose, reports: [ReportID], standing: HelperStanding, vdaf: any TaskVDAF
    ) async throws(DatastoreError) -> Bool

    // MARK: Collection

    /// Makes an uncollected batch of an uncommitted task what the leader also holds: drops every accepted report that the
    /// leader does not name, for good.
    ///
    /// - Returns: what the leader named and this helper has not accepted, and how many reports were dropped; nil where a
    ///   bucket is collected, and nothing has changed.
    func reconcileHelperBatch(
        _ task: TaskID, _ scope: BatchScope, leaders: [ReportID], vdaf: any TaskVDAF
    ) async throws(DatastoreError) -> BatchDifference?

    /// The stored answer to an aggregate share request.
    func helperCollection(_ task: TaskID, _ share: AggregateShareID) async throws(DatastoreError) -> HelperCollection?

    /// The sum of a batch's accepted reports, in one snapshot. Those of a bucket that is closed are the close's.
    func sumHelperShares(
        _ task: TaskID, _ scope: BatchScope, vdaf: any TaskVDAF
    ) async throws(DatastoreError) -> HelperSum

    /// Whether some bucket of the scope is collected.
    func isHelperCollected(_ task: TaskID, _ scope: BatchScope) async throws(DatastoreError) -> Bool

    /// Marks a batch collected, makes its shares unreadable for ever and keeps the answer.
    func commitHelperCollection(
        _ task: TaskID, _ collection: HelperCollectionCommit
    ) async throws(DatastoreError) -> HelperCollectionResult

    /// Forgets the answer, keeping that the batch is collected. False if there is no such share.
    func deleteHelperCollection(_ task: TaskID, _ share: AggregateShareID) async throws(DatastoreError) -> Bool

    // MARK: The leader's log

    /// How far this helper has read and verified the log.
    func helperLogPosition(origin: String) async throws(DatastoreError) -> HelperLogPosition?

    /// Records verified entries and the position behind them.
    ///
    /// - Returns: false if the position is not `previous` any more; nothing changes then.
    func advanceHelperLog(
        origin: String, previous: UInt64, to position: HelperLogPosition, entries: [FollowedEntry]
    ) async throws(DatastoreError) -> Bool

    /// The task's entry in the log, where it was read.
    func loggedTask(_ task: TaskID) async throws(DatastoreError) -> LoggedTask?

    /// The first close in the log that both aggregators signed and that shares a bucket with the scope: the only one
    /// that counts for those buckets.
    func fixingClose(_ task: TaskID, _ scope: BatchScope) async throws(DatastoreError) -> LoggedClose?

    /// A word that the log has from this helper, and that the database does not know it has given; nil where it knows all.
    func forgottenWord(of words: Set<HelperWord>) async throws(DatastoreError) -> HelperWord?

    /// The batch as every reader of the log sees it at a position: the report leaves of the scope before `index` that
    /// no `rejected` or `withdrawal` entry before `index` takes back.
    func loggedBatch(_ task: TaskID, _ scope: BatchScope, before index: UInt64) async throws(DatastoreError)
        -> BatchRoot
}

// The conformance: HelperStore+Jobs.swift (with HelperJobCommit.swift and HelperVerdict.swift), HelperStore+Refusals.swift,
// HelperStore+Closes.swift (with comparisons), HelperStore+Collections.swift and HelperStore+Log.swift. What several of them
// need of a transaction is in HelperBuckets.swift and HelperReports.swift.
extension NodeDatabase: HelperStore {}
