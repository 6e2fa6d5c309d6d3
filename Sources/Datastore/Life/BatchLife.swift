// The life of a batch at the leader. Pure.
//
//     open ──choose──▶ closing ──collect──▶ collected
//      ▲ ▲               │ ▲
//      │ └── reopened ───┤ ├──choose── disputed ◀─┐
//      │                 │ └──resume── closed ◀───┤ the collection failed
//   (interval: no row)   └──────────── lost ◀─────┘
//
// Its row is the fate of all of its reports, none of which is changed with it. An interval has a row from the moment that it
// is chosen, and loses it when it is given back: the collector names it, so it is in nobody's way.

/// States of `leader_batches`. In time-interval mode a row appears when its interval is sealed.
package enum BatchState: Int64, StoredState {
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

    package var name: String {
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

/// Something that happens to a batch at the leader.
package enum BatchEvent: Hashable, Sendable {
    /// A collection takes it.
    case choose
    /// A collection goes on behind its close, which both have signed.
    case resume
    /// Its sum is given out.
    case collect
    /// The collection that has it fails.
    case release(BatchFate)
}

/// What follows.
package enum BatchStep: Hashable, Sendable {
    case move(BatchState)
    /// An interval is as if it had never been chosen.
    case forget
    /// Nothing changes: the batch is not where the one who decided has seen it.
    case refuse
}

package enum BatchLife {
    /// - Parameter state: nil: an interval that has no row.
    package static func after(_ state: BatchState?, isInterval: Bool, _ event: BatchEvent) -> BatchStep {
        switch (event, state) {
        case (.choose, nil): isInterval ? .move(.closing) : .refuse
        case (.choose, .open), (.choose, .disputed): isInterval ? .refuse : .move(.closing)
        case (.resume, .closed): .move(.closing)
        case (.collect, .closing): .move(.collected)
        case (.release(.closed), .closing): .move(.closed)
        case (.release, .closing) where isInterval: .forget
        case (.release(.reopened), .closing): .move(.open)
        case (.release(.disputed), .closing): .move(.disputed)
        case (.release(.lost), .closing): .move(.lost)
        case (.choose, _), (.resume, _), (.collect, _), (.release, _): .refuse
        }
    }

    /// The states of leader-selected batches that a collection may choose, in the order in which it prefers them: one that
    /// the helper has refused before only where there is no other.
    package static let choosable: [BatchState] = [.open, .disputed]

    /// How far a batch is for its reports; nil: an interval that has no row.
    package static func stage(_ state: BatchState?) -> BatchStage {
        switch state {
        case nil, .open: .open
        case .closing, .disputed, .lost, .closed: .sealed
        case .collected: .collected
        }
    }
}

extension ClosedRange<UInt64> {
    /// What a batch of so many accepted reports is to a task of these sizes; nil: of the right size. Pure.
    package func misfit(_ accepted: UInt64) -> SealOutcome? {
        if accepted < lowerBound { return .tooFew(accepted) }
        return accepted > upperBound ? .tooMany(accepted) : nil
    }
}
