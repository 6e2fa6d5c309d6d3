// The life of a collection job. Pure.
//
//     waiting ──seal──▶ sealed ──close──▶ closed ──take the share──▶ share received ──publish──▶ published ──▶ finished
//        ▲ │              │ └─────────take the share─────────▲             │                        │
//        │ └──────────────┴──────────────────┴─────fail──────┴─────────────┤                        │
//        └───────────── restart ──────────────────────────── failed ◀──────┴────────── abandon ─────┘
//
// Each move is one transaction, and names the states that it starts from: one that was made before the node was killed
// cannot be made again.

/// How far a collection job is. Each step is recorded before the next begins, so a node that is killed at any point
/// resumes at the step that it was in.
package enum CollectionState: Int64, StoredState {
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

    /// For operators.
    package var name: String { self == .shareReceived ? "share_received" : "\(self)" }
}

/// What can be done to a collection job.
package enum CollectionMove: Sendable, CaseIterable {
    /// The batch is chosen.
    case seal
    /// A batch is taken over that another job of the same request has closed, which failed and was deleted.
    case adopt
    /// The leaves are fixed that the helper will be asked to close over.
    case propose
    /// Reports are left out of the batch.
    case leaveOut
    /// The helper's name for a share that it defers is kept.
    case nameShare
    /// The close with both signatures is logged.
    case close
    /// The helper's share is kept.
    case takeShare
    /// The response is kept, and the batch is collected.
    case publish
    case finish
    case fail
    /// The operator ends the task and gives up what it owes.
    case abandon
    /// The collector asks again for one that failed.
    case restart
    /// The collector asks again for one that failed behind its close.
    case resume

    /// The states in which that may happen.
    package var starts: [CollectionState] {
        switch self {
        case .seal, .adopt: [.waiting]
        case .propose, .leaveOut, .close: [.sealed]
        case .nameShare, .takeShare: [.sealed, .closed]
        case .publish: [.shareReceived]
        case .finish: [.published]
        // What is published is in the log, or on its way to the collector.
        case .fail: [.waiting, .sealed, .closed, .shareReceived]
        case .abandon: [.waiting, .sealed, .closed, .shareReceived, .published]
        case .restart, .resume: [.failed]
        }
    }

    /// The state behind it; nil where the job stays where it is.
    package var end: CollectionState? {
        switch self {
        case .propose, .leaveOut, .nameShare: nil
        case .seal: .sealed
        case .adopt, .close, .resume: .closed
        case .takeShare: .shareReceived
        case .publish: .published
        case .finish: .finished
        case .fail, .abandon: .failed
        case .restart: .waiting
        }
    }
}

package enum CollectionLife {
    /// - Returns: the state behind a move; nil where it is refused.
    package static func after(_ state: CollectionState, _ move: CollectionMove) -> CollectionState? {
        move.starts.contains(state) ? move.end ?? state : nil
    }

    /// What becomes of the batch of a job that fails: what is signed stays, whoever asks.
    package static func fate(_ wanted: BatchFate, isClosed: Bool) -> BatchFate { isClosed ? .closed : wanted }

    /// Whether a job can still be stopped, for its collector or an operator: nothing about its batch was asked of the helper,
    /// which may have signed or released something since.
    ///
    /// - Parameters:
    ///   - hasProposal: leaves were, or are about to be, proposed to the helper.
    ///   - isHeldUp: whether reports of the batch are neither accepted nor rejected, or words about them have no place in the log.
    ///     The helper is asked when there is neither.
    package static func canBeStopped(_ state: CollectionState, hasProposal: Bool, isHeldUp: Bool) -> Bool {
        switch state {
        case .waiting: true
        case .sealed: !hasProposal && isHeldUp
        case .closed, .shareReceived, .published, .finished, .failed: false
        }
    }

    /// How a job that failed begins anew.
    package static func restart(isClosed: Bool) -> CollectionMove { isClosed ? .resume : .restart }

    /// What a collector's request leads to.
    ///
    /// - Parameters:
    ///   - last: the newest job that the same request has made, if any.
    ///   - overlaps: the interval shares a bucket with a batch that is closing or over.
    ///   - canAdopt: the same request has a batch that both have closed, whose job failed and was deleted.
    package static func requested(
        last: (state: CollectionState, isHidden: Bool)?, overlaps: Bool, canAdopt: Bool
    ) -> CollectionRequestStep {
        if let last, !last.isHidden { return last.state == .failed ? .restart : .present }
        return overlaps && !canAdopt ? .overlap : .make
    }
}

/// What a request for a collection job leads to.
package enum CollectionRequestStep: Hashable, Sendable {
    /// A new job.
    case make
    /// The job that is there.
    case present
    /// The job that is there, from its beginning or from behind its close.
    case restart
    case overlap
}
