// Where a report is at the helper: as its row has it, and as its life sees it. What may follow is in HelperReportLife.swift.

import DAP

/// The state in a report's row at the helper. Rows are never deleted: they are the replay protection. Whether its batch is
/// closed or collected is the batch's fate, one row for all of its reports.
package enum HelperReportState: Int64, StoredState {
    /// Verified, and part of its bucket's sum until that is collected.
    case accepted = 0
    /// It has left its bucket: withdrawn, or left out. It counts for nothing any more.
    case left = 3
}

/// Where a report is, as its life sees it: its row, the helper's last word on it, and what other rows add.
package enum HelperReportStage: Hashable, Sendable {
    /// Nothing is known of it.
    case absent
    /// It has not come, and the holder of its claim key has withdrawn it.
    case keptOut
    /// - Parameter bucket: how far its bucket is. In one that is closed it is closed over.
    case accepted(HelperBucketStage)
    /// A close, a comparison, a collection or the end of its task has gone on without it.
    case leftOut
    /// The helper has said so for good, in a task that logs reports.
    case rejected(ReportError)
    /// Taken back by its contributor, before or after it came.
    case withdrawn
}

extension HelperReportStage {
    /// The stage of a report that the helper does not stand by.
    package init(_ word: HelperLastWord) {
        self =
            switch word {
            case .rejected(let error): .rejected(error)
            case .withdrawn: .withdrawn
            }
    }

    /// The stage of a report that was accepted.
    ///
    /// - Parameters:
    ///   - word: the helper's last word on it, where it has one.
    ///   - isDiscarded: the operator has ended its task and given up what was in no result.
    package init(
        _ state: HelperReportState, _ word: HelperLastWord?, in bucket: HelperBucketStage, isDiscarded: Bool
    ) {
        if let word {
            self.init(word)
        } else if state == .left || isDiscarded && bucket != .collected {
            self = .leftOut
        } else {
            self = .accepted(bucket)
        }
    }

    /// What the helper says of it for good; nil where it stands by the report, or has never seen it.
    package var lastWord: ReportError? {
        switch self {
        case .leftOut, .withdrawn: .reportDropped
        case .rejected(let error): error
        case .absent, .keptOut, .accepted: nil
        }
    }
}
