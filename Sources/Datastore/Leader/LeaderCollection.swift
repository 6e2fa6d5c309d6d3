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

    var name: String {
        switch self {
        case .open: "open"
        case .closing: "closing"
        case .collected: "collected"
        }
    }
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

    /// More uploads can cure it: the same request starts the job anew instead of repeating the failure.
    var isRetryable: Bool { type == .invalidBatchSize }
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
    /// The encoded `CloseProposal` that the helper has not answered yet.
    package var proposal: [UInt8]?
    /// The logged `close` entry, from `closed` on (committed tasks).
    package var closeEntry: [UInt8]?
    /// The helper's encoded `HpkeCiphertext`, from `shareReceived` on.
    package var helperShare: [UInt8]?
    /// The helper's encoded `Statement` (committed tasks).
    package var helperStatement: [UInt8]?
    /// The encoded `CollectionJobResp`, from `published` on; to be served from `finished` on.
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
    /// Reports from before the request are still in aggregation.
    case notReady
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

/// A batch, for the task's status.
package struct BatchStatus: Sendable, Equatable {
    /// The batch id in base64url, or `start+duration` in units of the time precision.
    package var batch: String
    /// `open`, `closing` or `collected`.
    package var state: String
    /// Accepted reports.
    package var count: UInt64
}
