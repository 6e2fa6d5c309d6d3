// Where a report is at the leader: as its row has it, and as its life sees it. What may follow is in ReportLife.swift.

import DAP

/// The state in a report's row at the leader. Rows are never deleted: they are the replay protection.
package enum ReportState: Int64, StoredState {
    /// Stored and acknowledged, in no job.
    case received = 0
    /// In a pending aggregation job.
    case aggregating = 1
    /// Verified by both aggregators. Its output share is in the sum of its bucket, until that is collected.
    case accepted = 2
    /// Counts for nothing, for the reason in its row.
    case rejected = 3
    /// Taken back by its contributor.
    case withdrawn = 4
}

/// Where a report is, as its life sees it: its state, and what other rows add to it.
package enum ReportStage: Hashable, Sendable {
    /// No report of this id has come.
    case absent
    /// None has come, and the holder of its claim key has withdrawn it.
    case keptOut
    case received
    /// - Parameter isWithdrawn: its contributor has taken it back meanwhile, which happens when the job ends.
    case aggregating(isWithdrawn: Bool)
    /// - Parameter batch: how far its batch is. In one that is sealed it is closed over, or about to be.
    case accepted(BatchStage)
    case rejected(ReportError)
    case withdrawn
}

/// How far a batch is, for its reports.
package enum BatchStage: Hashable, Sendable, CaseIterable {
    /// Reports may join it and leave it.
    case open
    /// A collection has chosen it, or both have closed it. None joins it; what leaves it is left out by a comparison.
    case sealed
    /// Its sum is given out.
    case collected
}

/// Where a report is, as counters see it.
struct ReportPlace: Hashable, Sendable {
    var state: ReportState
    /// Its leader-selected batch, from its first job on.
    var batch: Int64?
    /// Why it was rejected.
    var error: ReportError?

    /// Its stage, with what other rows say.
    func stage(isWithdrawn: Bool = false, in batch: BatchStage = .open) -> ReportStage {
        switch state {
        case .received: .received
        case .aggregating: .aggregating(isWithdrawn: isWithdrawn)
        case .accepted: .accepted(batch)
        case .rejected: .rejected(error ?? .reportDropped)
        case .withdrawn: .withdrawn
        }
    }
}

extension ReportState {
    /// Those of reports that nothing has become of, as indexes spell them.
    package static let unfinished = sql(.received, .aggregating)
}
