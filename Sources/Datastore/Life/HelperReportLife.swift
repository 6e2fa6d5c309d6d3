// The life of a report at the helper. Pure.
//
//     (absent) ──verified──▶ accepted ──▶ its bucket is closed, collected
//      │    │                 │    │
//      │    └──▶ rejected     │    └──▶ left out     by a close, a comparison, a collection
//      └──▶ (kept out) ──▶ withdrawn ◀── withdraw
//
// What the helper says of a report for good, in a task that logs reports, is a signed word: there is one, and it stays. A
// report that it has accepted in whatever job never gets another. `HelperReportLifeTests` has the whole table.

import DAP

/// Something that happens to a report at the helper.
package enum HelperReportEvent: Hashable, Sendable {
    /// A job brings it, and it was verified.
    case verified(in: HelperBucketStage)
    /// A job brings it, and it is not right.
    case failed(ReportError)
    /// Its contributor takes it back.
    ///
    /// - Parameters:
    ///   - hasKey: with its claim key, where the helper knows that.
    ///   - room: for a withdrawal of a report that has not come.
    case withdraw(hasKey: Bool, room: EarlyPlace)
    /// A close, a comparison or a collection goes on without it.
    case leaveOut
}

/// Whether there is a place for a withdrawal that comes before its report.
package enum EarlyPlace: Hashable, Sendable, CaseIterable {
    /// Nobody has promised the report, so nobody waits for it.
    case notPromised
    case free
    case full
}

/// What follows.
package enum HelperReportStep: Hashable, Sendable {
    /// It joins the sum of its bucket.
    case accept
    /// - Parameter isWord: whether that is the helper's last word, which it has not said before.
    case reject(ReportError, isWord: Bool)
    /// It counts for nothing from now on: the contributor's entry is the helper's last word. The leader of a job is told
    /// `report_dropped`.
    case withdraw
    /// The withdrawal waits for the report.
    case keepWithdrawal
    /// It leaves the sum of its bucket.
    case leaveOut
    /// It is so already.
    case nothing
    case refuse(HelperReportRefusal)
}

/// Why nothing may become of a report what somebody wants.
package enum HelperReportRefusal: Hashable, Sendable {
    /// No such report is here, and nobody has promised it.
    case unknown
    /// The withdrawal is not by the holder of its claim key.
    case wrongKey
    /// Its bucket is closed or collected.
    case shut
    /// The helper does not stand by it any more, for this reason.
    case rejected(ReportError)
    /// There is no room for another withdrawal of a report that is not here.
    case full
    /// It is not accepted, so it cannot leave.
    case stale
}

package enum HelperReportLife {
    package static func after(_ stage: HelperReportStage, _ event: HelperReportEvent) -> HelperReportStep {
        switch event {
        case .verified(let bucket): verified(stage, bucket)
        case .failed(let error): failed(stage, error)
        case .withdraw(let hasKey, let room): withdrawn(stage, hasKey: hasKey, room)
        case .leaveOut: stage == .accepted(.open) ? .leaveOut : .refuse(.stale)
        }
    }

    /// DAP-18, Batch Buckets: a report is committed unless its bucket is collected, its id was committed before, or it was
    /// rejected for good.
    private static func verified(_ stage: HelperReportStage, _ bucket: HelperBucketStage) -> HelperReportStep {
        switch stage {
        case .rejected(let error): .reject(error, isWord: false)
        case .withdrawn: .reject(.reportDropped, isWord: false)
        // It was withdrawn before it came.
        case .keptOut: .withdraw
        case .absent: bucket == .open ? .accept : .reject(.batchCollected, isWord: true)
        case .accepted, .leftOut: .reject(bucket == .open ? .reportReplayed : .batchCollected, isWord: false)
        }
    }

    /// Too early is not final: the leader sends the report again.
    private static func failed(_ stage: HelperReportStage, _ error: ReportError) -> HelperReportStep {
        switch stage {
        case .absent, .keptOut: .reject(error, isWord: error != .reportTooEarly)
        case .accepted, .leftOut, .rejected, .withdrawn: .reject(error, isWord: false)
        }
    }

    private static func withdrawn(_ stage: HelperReportStage, hasKey: Bool, _ room: EarlyPlace) -> HelperReportStep {
        switch (stage, room) {
        case (.absent, .notPromised), (.keptOut, .notPromised): .refuse(.unknown)
        case (.keptOut, _): .nothing
        case (.absent, .free): .keepWithdrawal
        case (.absent, .full): .refuse(.full)
        case _ where !hasKey: .refuse(.wrongKey)
        case (.accepted(.open), _): .withdraw
        case (.accepted, _): .refuse(.shut)
        case (.withdrawn, _): .nothing
        case (.leftOut, _): .refuse(.rejected(.reportDropped))
        case (.rejected(let error), _): .refuse(.rejected(error))
        }
    }
}

extension HelperReportStep {
    /// Whether the helper says a last word that it has not said before.
    package var isLastWord: Bool {
        switch self {
        case .withdraw: true
        case .reject(_, let isWord): isWord
        case .accept, .keepWithdrawal, .leaveOut, .nothing, .refuse: false
        }
    }
}
