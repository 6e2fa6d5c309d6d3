import DAP
import Ledger

/// How far a collection job is. Each step is recorded before the next begins, so a node that is killed at any point
/// resumes at the step that it was in.
package enum CollectionState: Int64, Sendable {
    /// Reports that were uploaded before the request are still being aggregated.
    case waiting = 0
    /// The batch is chosen; nothing new joins it. (Committed tasks: the close is being agreed with the helper.)
    case sealed = 1
    /// Committed tasks only: the `close` entry with both signatures is in the log.
    case closed = 2
    /// The helper's share has arrived; the leader's own is still to be sealed.
    case shareReceived = 3
    /// The response is made and the batch collected. (Committed tasks: the `batch` entry waits for a cosigned
    /// checkpoint.)
    case published = 4
    case finished = 5
    case failed = 6

    /// Whether a driver has to work on it.
    package var isActive: Bool { self != .finished && self != .failed }
}

/// States of `leader_batches`. In time-interval mode a row appears when its interval is sealed.
enum BatchState: Int64 {
    case open = 0
    case closing = 1
    case collected = 2
    /// Leader-selected: the helper refused its share, so nothing joins the batch any more. It is tried again when no open
    /// one is large enough.
    case disputed = 3
    /// The helper has given its share of it away before: nothing can be collected from it.
    case lost = 4
    /// Both aggregators have signed its close, and the helper refused its share. The same request goes on from there.
    case closed = 5

    var name: String {
        switch self {
        case .open: "open"
        case .closing: "closing"
        case .collected: "collected"
        case .disputed: "disputed"
        case .lost: "lost"
        case .closed: "closed"
        }
    }
}

/// What becomes of the batch of a collection job that fails. A batch never stays `closing` without a job.
package enum BatchFate: Sendable, Hashable, CaseIterable {
    /// As if it had never been chosen: reports may join it, a later job may collect it.
    case reopened
    /// Set aside: nothing joins it, and a later job asks for it when it finds no other. (An interval is reopened instead:
    /// the collector names it, so it is in nobody's way.)
    case disputed
    /// Over: the helper has released its share of it to another request. (An interval is reopened instead: some of its
    /// buckets may be free.)
    case lost
    /// Its close is signed and stays; the job goes on from there when it is asked for again.
    case closed
}

/// Why a collection job failed: what its resource answers from then on.
package struct CollectionProblem: Sendable, Equatable {
    /// One of DAP's error types; nil where none fits.
    package var type: DAPErrorType?
    package var detail: String

    package init(type: DAPErrorType?, detail: String) {
        self.type = type
        self.detail = detail
    }
}

/// A collection job as stored.
package struct StoredCollection: Sendable, Equatable {
    package var key: Int64
    package var task: TaskID
    package var id: CollectionJobID
    /// The encoded `CollectionJobReq`.
    package var request: [UInt8]
    package var state: CollectionState
    /// Reports up to this sequence number were uploaded before the request.
    package var watermark: Int64
    /// The batch, from `sealed` on.
    package var scope: BatchScope?
    /// The checkpoint size of the `CloseProposal` that the helper has not answered yet. What else the proposal says follows
    /// from the batch, see ``LeaderCollectionStore/recordProposal(size:collection:)``.
    package var proposalSize: UInt64?
    /// The logged `close` entry, from `closed` on (committed tasks).
    package var closeEntry: [UInt8]?
    /// The helper's name for its aggregate share, while it defers it.
    package var shareID: String?
    /// The helper's encoded `HpkeCiphertext`, in `shareReceived`.
    package var helperShare: [UInt8]?
    /// The helper's encoded `Statement` (committed tasks).
    package var helperStatement: [UInt8]?
    /// The encoded `CollectionJobResp`, in `finished`.
    package var response: [UInt8]?
    package var problem: CollectionProblem?
    /// Deleted by the collector: its resource is gone, its batch is finished if it was too late to stop.
    package var isHidden: Bool
}

/// What a request for a collection job leads to.
package enum CollectionCreation: Sendable, Equatable {
    /// A new job, or the one that the same request made before.
    case job(StoredCollection)
    /// The interval shares a time bucket with a batch that is closing or collected.
    case overlap
}

/// Whether a collection's batch can be sealed.
package enum SealOutcome: Sendable, Equatable {
    case sealed(BatchScope)
    /// Reports from before the request are still in aggregation; with those that came after it, so many.
    case notReady(UInt64)
    /// Fewer accepted reports than the task's minimum.
    case tooFew(UInt64)
    /// More accepted reports than the task's maximum.
    case tooMany(UInt64)
    case overlap
}

/// What both aggregators compute of a batch besides the share.
package struct BatchSummary: Sendable, Equatable {
    package var count: UInt64 = 0
    package var checksum = Checksum()
    /// The smallest interval that contains the times of all reports; nil for an empty batch.
    package var interval: Interval?

    package init() {}
}

/// The aggregated reports of a batch.
package struct AggregatedBatch: Sendable, Equatable {
    package var summary: BatchSummary
    /// The encoded aggregate share.
    package var aggregateShare: [UInt8]

    package init(summary: BatchSummary, aggregateShare: [UInt8]) {
        self.summary = summary
        self.aggregateShare = aggregateShare
    }
}

/// A batch, for the task's status.
package struct BatchStatus: Sendable, Equatable {
    /// The batch id in base64url, or `start+duration` in units of the time precision.
    package var batch: String
    /// `open`, `closing`, `collected`, `disputed`, `lost` or `closed`.
    package var state: String
    /// Accepted reports.
    package var count: UInt64
}
