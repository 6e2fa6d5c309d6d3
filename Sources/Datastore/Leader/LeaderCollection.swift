import DAP
import Ledger

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
    /// from the batch, see ``LeaderCollectionStore/recordProposal(size:_:)``.
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
    /// How it has gone since its last step.
    package var progress = CollectionProgress()
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
    /// Some reports from before the request may be in a batch from this time on only, in POSIX seconds, and the others are too few, or
    /// the task has one batch.
    case window(until: UInt64)
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
