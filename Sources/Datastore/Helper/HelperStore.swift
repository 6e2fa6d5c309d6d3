import DAP
import Ledger

/// What a helper keeps about its work. Every method is one transaction, durable when it returns.
package protocol HelperStore: Sendable {
    // MARK: Aggregation jobs

    /// The job of that id, if the leader created it.
    func helperJob(_ task: TaskID, _ job: AggregationJobID) async throws(DatastoreError) -> HelperJob?

    /// Finishes a job: stores the accepted output shares and the response at once.
    ///
    /// Reports whose bucket is closed or collected, or that were accepted before, turn into rejections here, where no
    /// concurrent job can come between check and insertion.
    ///
    /// - Parameter recordsRefusals: keep which reports were refused, for ever (tasks that log reports).
    /// An answer that says nothing but 'too early' is not kept: nothing was committed, and the leader may form the very
    /// same job again when the time has come.
    ///
    /// - Returns: The encoded `AggregationJobResp` to send: the stored one if the job was finished before.
    func commitHelperJob(
        _ task: TaskID, _ job: AggregationJobID, outcomes: [HelperOutcome], recordsRefusals: Bool
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
        _ withdrawal: WithdrawalEntry, earlyLimit: Int?
    ) async throws(DatastoreError) -> WithdrawalOutcome

    /// The helper's last word on each of these reports; nil for those that it stands by or has never seen.
    func helperRefusals(_ task: TaskID, _ reports: [ReportID]) async throws(DatastoreError) -> [HelperRefusal?]

    // MARK: Closes

    /// The close that this helper signed for exactly this selector.
    func helperClose(_ task: TaskID, _ selector: BatchSelector) async throws(DatastoreError) -> HelperClose?

    /// Compares a proposal with the accepted reports and with the log as this helper has read it, unless a close was
    /// signed meanwhile.
    func examineProposal(_ task: TaskID, _ proposal: CloseProposal) async throws(DatastoreError) -> ProposalExamination

    /// Records a signed close, takes its reports out of reach of later changes and drops all others of its buckets.
    ///
    /// - Returns: false if a bucket is closed or collected already; nothing changes then.
    func commitHelperClose(
        _ task: TaskID, _ close: HelperClose, reports: [ReportID]
    ) async throws(DatastoreError) -> Bool

    // MARK: Collection

    /// Makes an uncollected batch of an uncommitted task what the leader also holds: drops every accepted report that the
    /// leader does not name, for good.
    ///
    /// - Returns: what the leader named and this helper has not accepted, and how many reports were dropped; nil where a
    ///   bucket is collected, and nothing has changed.
    func reconcileHelperBatch(
        _ task: TaskID, _ scope: BatchScope, leaders: [ReportID]
    ) async throws(DatastoreError) -> BatchDifference?

    /// The stored answer to an aggregate share request.
    func helperCollection(_ task: TaskID, _ share: AggregateShareID) async throws(DatastoreError) -> HelperCollection?

    /// Adds up the output shares of a batch in one snapshot, without holding them in memory together.
    ///
    /// - Parameter closed: true sums the reports of signed closes, false the accepted reports of an uncommitted task.
    func sumHelperShares(
        _ task: TaskID, _ scope: BatchScope, closed: Bool, into accumulator: any OutputShareAccumulator
    ) async throws(DatastoreError) -> HelperSum

    /// Whether some bucket of the scope is collected.
    func isHelperCollected(_ task: TaskID, _ scope: BatchScope) async throws(DatastoreError) -> Bool

    /// Marks a batch collected, deletes its output shares and keeps the answer.
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

    /// Whether the database knows that this helper has given a word that the log has from it.
    func remembers(_ word: HelperWord) async throws(DatastoreError) -> Bool

    /// The batch as every reader of the log sees it at a position: the report leaves of the scope before `index` that
    /// no `rejected` or `withdrawal` entry before `index` takes back.
    func loggedBatch(_ task: TaskID, _ scope: BatchScope, before index: UInt64) async throws(DatastoreError)
        -> BatchRoot
}

package enum HelperJob: Sendable, Equatable {
    /// The encoded `AggregationJobResp`.
    case finished(response: [UInt8])
    case deleted
}

/// What verification found about one report of a job, in the order of the request.
package struct HelperOutcome: Sendable {
    package enum Finding: Sendable {
        case refused(ReportError)
        case verified(VerifiedReport)
    }

    package var reportID: ReportID
    package var finding: Finding

    package init(reportID: ReportID, finding: Finding) {
        self.reportID = reportID
        self.finding = finding
    }
}

package struct VerifiedReport: Sendable {
    /// In DAP units.
    package var time: UInt64
    /// Leader-selected mode only.
    package var batchID: BatchID?
    /// Leaf hash of the log entry that this report must get; nil in uncommitted tasks.
    package var leafHash: [UInt8]?
    /// Who may withdraw it; nil in uncommitted tasks.
    package var claimKey: [UInt8]?
    package var outputShare: [UInt8]
    /// The helper's ping-pong message for the leader.
    package var outbound: [UInt8]

    package init(
        time: UInt64, batchID: BatchID?, leafHash: [UInt8]?, claimKey: [UInt8]?, outputShare: [UInt8],
        outbound: [UInt8]
    ) {
        self.time = time
        self.batchID = batchID
        self.leafHash = leafHash
        self.claimKey = claimKey
        self.outputShare = outputShare
        self.outbound = outbound
    }
}

package struct HelperClose: Sendable, Equatable {
    package var selector: BatchSelector
    /// SHA-256 of the proposed report ids in log order: tells a retry from another proposal for the same buckets.
    package var leavesHash: [UInt8]
    package var root: [UInt8]
    package var count: UInt64
    /// The helper's signature over the close's terms.
    package var signature: [UInt8]

    package init(selector: BatchSelector, leavesHash: [UInt8], root: [UInt8], count: UInt64, signature: [UInt8]) {
        self.selector = selector
        self.leavesHash = leavesHash
        self.root = root
        self.count = count
        self.signature = signature
    }
}

package enum ProposalExamination: Sendable, Equatable {
    /// The buckets are closed by exactly this selector already. A leader that was cut off asks again, perhaps while the
    /// first request is still being answered; then the reports are no longer free to be examined.
    case signed(HelperClose)
    /// All proposed reports are accepted and logged as they should be; their leaf hashes in log order.
    case agreed(leafHashes: [[UInt8]])
    /// The helper cannot stand by these: not accepted, not logged with what it verified, or logged as rejected.
    case drop([ReportID])
    /// The ids do not stand in log order, or one stands twice.
    case notInLogOrder(ReportID)
}

package struct HelperSum: Sendable {
    package var accumulator: any OutputShareAccumulator
    package var count: UInt64
    package var checksum: Checksum
}

package struct HelperCollection: Sendable, Equatable {
    /// The encoded `AggregateShare`; nil once the leader deleted it.
    package var response: [UInt8]?
    /// The encoded `Statement` of a committed batch.
    package var statement: [UInt8]?

    package init(response: [UInt8]?, statement: [UInt8]?) {
        self.response = response
        self.statement = statement
    }
}

package struct HelperCollectionCommit: Sendable {
    package var share: AggregateShareID
    /// The buckets whose reports were summed.
    package var selected: BatchScope
    /// The buckets that count as collected from now on: the query's.
    package var queried: BatchScope
    /// Sums of closed reports (committed tasks) or of accepted ones.
    package var closed: Bool
    /// How many reports were summed, and which.
    package var count: UInt64
    package var checksum: Checksum
    package var answer: HelperCollection

    package init(
        share: AggregateShareID, selected: BatchScope, queried: BatchScope, closed: Bool, count: UInt64,
        checksum: Checksum, answer: HelperCollection
    ) {
        self.share = share
        self.selected = selected
        self.queried = queried
        self.closed = closed
        self.count = count
        self.checksum = checksum
        self.answer = answer
    }
}

package enum HelperCollectionResult: Sendable, Equatable {
    case stored
    /// The same request was answered before; this is the answer to repeat.
    case present(HelperCollection)
    /// Another request collected one of the buckets.
    case overlap
    /// Reports joined or left the batch while it was summed: sum again.
    case changed
}

package struct HelperLogPosition: Sendable, Equatable {
    /// Entries read so far.
    package var size: UInt64
    /// The encoded compact range over them.
    package var range: [UInt8]

    package init(size: UInt64, range: [UInt8]) {
        self.size = size
        self.range = range
    }
}

/// A log entry that concerns the helper.
package enum FollowedEntry: Sendable, Equatable {
    /// The entry of a committed task, with the keys that it names.
    case task(TaskID, index: UInt64, keys: StatementKeys)
    case report(
        TaskID, ReportID, index: UInt64, time: UInt64, batchID: BatchID?, leafHash: [UInt8], claimKey: [UInt8]?)
    /// With a valid signature of the aggregator that rejects.
    case rejected(TaskID, ReportID, index: UInt64)
    /// With a valid signature of the claim key that it names; it counts for a leaf with that claim key.
    case withdrawal(TaskID, ReportID, index: UInt64, claimKey: [UInt8])
    /// The whole entry, with both valid signatures and a selector of the task's mode.
    case close(TaskID, index: UInt64, scope: BatchScope, entry: [UInt8])
}

/// Something that the log has under this helper's own signature.
package enum HelperWord: Sendable, Hashable {
    case close(CloseEntry.Terms)
    case statement(TaskID, BatchScope)
    case rejected(TaskID, ReportID)
}

package struct LoggedTask: Sendable, Equatable {
    package var index: UInt64
    package var keys: StatementKeys
}

package struct LoggedClose: Sendable, Equatable {
    package var index: UInt64
    package var entry: [UInt8]
}
