// The life of a report at the leader. Pure.
//
//     (absent) ──upload──▶ received ──claim──▶ aggregating ──finish──▶ accepted ──▶ its batch is closed, collected
//         │                 ▲  │ │                │  │ │                 │  │
//         │                 │  │ │                │  │ └──▶ rejected ◀───│──┘ leave out, discard
//         │                 │  │ └──▶ rejected    │  └────▶ withdrawn ◀──┘ withdraw
//         └──▶ (kept out)   └──│──────────────────┘ finish: returned
//                              └──▶ withdrawn
//
// Every rule about what may become of a report is here, and `ReportLifeTests` has the whole table. What a change brings with it
// (shares, sums, counters, log entries) is in ReportEffects and ReportChange.swift.

import DAP

/// Something that happens to a report at the leader.
package enum ReportEvent: Hashable, Sendable {
    /// An upload brings a report of this id.
    ///
    /// - Parameters:
    ///   - isSame: it is the one that is here already.
    ///   - isSealed: a batch that contains its time is closing or over.
    ///   - hasRoom: its unit of time has room for it.
    case upload(isSame: Bool, isSealed: Bool, hasRoom: Bool)
    /// A job is formed with it.
    case claim
    /// Its job ends.
    case finish(JobWord)
    /// Its contributor takes it back.
    ///
    /// - Parameters:
    ///   - hasKey: with its claim key.
    ///   - hasRoom: there is room for a withdrawal of a report that is not here.
    case withdraw(hasKey: Bool, hasRoom: Bool)
    /// The helper says that it has taken the contributor's withdrawal.
    case followWithdrawal
    /// A close or a comparison goes on without it.
    case leaveOut(ReportError)
    /// The leader's promise about it would break.
    case giveUp(ReportError)
    /// The operator has ended its task, and gives up what is in no result.
    case discard
}

/// What a job's end says about one of its reports.
package enum JobWord: Hashable, Sendable {
    case accepted
    case rejected(ReportError)
    /// Nothing: it waits for another job.
    ///
    /// - Parameter isSuspect: the helper has refused the whole job, so perhaps because of it.
    case returned(isSuspect: Bool)
}

/// What follows.
package enum ReportStep: Hashable, Sendable {
    case move(ReportMove)
    /// The withdrawal is kept: until the report comes, or its job ends.
    case keepWithdrawal
    /// It is so already.
    case nothing
    /// Nothing changes, and whoever asked is told why.
    case refuse(ReportRefusal)
}

/// A change of a report's row.
package struct ReportMove: Hashable, Sendable {
    package let state: ReportState
    /// Why, of one that is rejected.
    package var error: ReportError?
    /// It comes back from a job that the helper has refused as a whole.
    package var isSuspect = false
    package var logs: ReportWords = []

    package init(state: ReportState, error: ReportError? = nil, isSuspect: Bool = false, logs: ReportWords = []) {
        self.state = state
        self.error = error
        self.isSuspect = isSuspect
        self.logs = logs
    }
}

/// What the log has to say of a change, in this order; in tasks that log no reports there is no word.
package struct ReportWords: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// That which came with the event: a `report`, `rejected` or `withdrawal` entry.
    package static let own = ReportWords(rawValue: 1)
    /// The withdrawal that has waited for the job.
    package static let kept = ReportWords(rawValue: 2)
}

/// Why nothing may become of a report what somebody wants.
package enum ReportRefusal: Hashable, Sendable {
    /// Another report has the id.
    case replayed
    /// Whoever holds its claim key has withdrawn it.
    case withdrawn
    /// Its batch is closing or over.
    case sealed
    /// There is no room.
    case full
    /// The withdrawal is not by the holder of its claim key.
    case wrongKey
    /// It was rejected before.
    case rejected(ReportError)
    /// It is not where the one who decided has seen it.
    case stale
}

package enum ReportLife {
    package static func after(_ stage: ReportStage, _ event: ReportEvent) -> ReportStep {
        switch event {
        case .upload(let isSame, let isSealed, let hasRoom):
            uploaded(stage, isSame: isSame, isSealed: isSealed, hasRoom: hasRoom)
        case .claim: stage == .received ? .move(ReportMove(state: .aggregating)) : .refuse(.stale)
        case .finish(let word): finished(stage, word)
        case .withdraw(let hasKey, let hasRoom): withdrawn(stage, hasKey: hasKey, hasRoom: hasRoom)
        case .followWithdrawal:
            stage == .accepted(.sealed) ? .move(ReportMove(state: .withdrawn, logs: .own)) : .refuse(.stale)
        case .leaveOut(let error): stage == .accepted(.sealed) ? rejected(error) : .refuse(.stale)
        case .giveUp(let error): givenUp(stage, error)
        case .discard: discarded(stage)
        }
    }

    private static func rejected(_ error: ReportError, logs: ReportWords = .own) -> ReportStep {
        .move(ReportMove(state: .rejected, error: error, logs: logs))
    }

    /// What is here, or was, stays: an upload that is repeated is answered as the first one, whatever became of it since.
    private static func uploaded(
        _ stage: ReportStage, isSame: Bool, isSealed: Bool, hasRoom: Bool
    ) -> ReportStep {
        switch stage {
        case .received, .aggregating, .accepted, .rejected, .withdrawn: isSame ? .nothing : .refuse(.replayed)
        case .keptOut: .refuse(.withdrawn)
        case .absent where isSealed: .refuse(.sealed)
        case .absent: hasRoom ? .move(ReportMove(state: .received)) : .refuse(.full)
        }
    }

    /// A contributor who has taken the report back meanwhile wins, unless it is rejected anyway.
    private static func finished(_ stage: ReportStage, _ word: JobWord) -> ReportStep {
        guard case .aggregating(let isWithdrawn) = stage else { return .refuse(.stale) }
        return switch (word, isWithdrawn) {
        case (.accepted, false): .move(ReportMove(state: .accepted, logs: .own))
        // The helper holds the report: leaf and withdrawal tell it, and everybody, that it counts for nothing.
        case (.accepted, true): .move(ReportMove(state: .withdrawn, logs: [.own, .kept]))
        case (.rejected(let error), _): rejected(error)
        case (.returned(let isSuspect), false): .move(ReportMove(state: .received, isSuspect: isSuspect))
        case (.returned, true): .move(ReportMove(state: .withdrawn, logs: .kept))
        }
    }

    private static func withdrawn(_ stage: ReportStage, hasKey: Bool, hasRoom: Bool) -> ReportStep {
        switch stage {
        // Whose report it will be is not known: the withdrawal is good against the holder of its own key alone.
        case .absent: hasRoom ? .keepWithdrawal : .refuse(.full)
        case .keptOut, .withdrawn: .nothing
        case .rejected(let error): .refuse(.rejected(error))
        case .received, .aggregating, .accepted:
            hasKey ? withdrawn(stage) : .refuse(.wrongKey)
        }
    }

    /// By whoever holds the key of a report that is here.
    private static func withdrawn(_ stage: ReportStage) -> ReportStep {
        switch stage {
        case .aggregating(let isWithdrawn): isWithdrawn ? .nothing : .keepWithdrawal
        case .accepted(.sealed), .accepted(.collected): .refuse(.sealed)
        default: .move(ReportMove(state: .withdrawn, logs: .own))
        }
    }

    /// Whatever has ended, or is in a batch, has its entry: nothing of it is promised any more.
    private static func givenUp(_ stage: ReportStage, _ error: ReportError) -> ReportStep {
        switch stage {
        case .received, .aggregating: rejected(error)
        case .absent, .keptOut, .accepted, .rejected, .withdrawn: .nothing
        }
    }

    private static func discarded(_ stage: ReportStage) -> ReportStep {
        switch stage {
        case .received, .accepted(.open), .accepted(.sealed): rejected(.reportDropped, logs: [])
        // Jobs end before.
        case .aggregating: .refuse(.stale)
        case .absent, .keptOut, .accepted(.collected), .rejected, .withdrawn: .nothing
        }
    }
}
