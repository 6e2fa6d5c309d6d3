// The life of an aggregation job at the helper. Pure.
//
//            keep                     answer                  delete
//   absent ────────▶ waiting ───────────────────▶ answered ────────────▶ deleted ── answer ──▶ answered
//      ▲  │             │ ▲                          ▲                      │
//      │  │             └─┘ lease, hold              │                      └── keep ──▶ waiting
//      └──┼──────────── delete, forget               │
//         └────────────────── answer ────────────────┘
//
// An answer is given once, and repeated. A job that is verified while the leader waits goes from absent to answered in the
// one transaction of its commit. One that waits is held under a lease while somebody verifies it. Whoever has none may answer
// it as well, because verdicts on the same bytes are the same work, and the first stand; but whoever has lost a lease answers
// nothing: the leader may have deleted the job and put its reports into others.
//
// The row of a job whose answer the leader has deleted stays: what it rejected is not counted again when the leader posts it
// once more.

import DAP

/// What is kept of a job's request: the column `state`.
enum HelperJobKept: Int64, StoredState {
    /// No request, and an answer that is kept only because its leader has yet to fetch it (``HelperJobLife/isPassing(_:)``).
    case passing = -1
    case nothing = 0
    /// The request waits, and was never answered.
    case first = 1
    /// The request waits, and an answer to it was deleted.
    case again = 2
}

/// Where a job is.
package enum HelperJobStage: Sendable, Equatable {
    /// There is no row.
    case absent
    /// The request is kept, and has no answer yet.
    ///
    /// - Parameter lease: the token of who verifies it, or did before it died.
    case waiting(lease: Int64?)
    /// There is an answer.
    case answered
    /// The leader has deleted the answer.
    case deleted
}

/// What happens to a job.
package enum HelperJobEvent: Sendable, Equatable {
    /// Its request is to be kept until somebody verifies it.
    case keep
    /// There are verdicts.
    ///
    /// - Parameter lease: the token of who has verified a job that waits; nil: the leader waits for them.
    case answer(lease: Int64?)
    /// The leader does not want it any more.
    case delete
    /// Somebody takes it to verify it.
    case lease(isFree: Bool)
    /// Who holds it says something about it: goes on, puts it off.
    case hold(lease: Int64)
    /// Who holds it can never verify it: its task has ended, or its request is not taken any more.
    ///
    /// - Parameter lease: nil: the node's operator does not want it, whoever has it.
    case forget(lease: Int64?)
}

/// What follows.
package enum HelperJobStep: Sendable, Equatable {
    /// The event takes place. What it means for the request that is kept:
    case proceed(Request)
    /// The job has an answer, or waits, and that stands.
    case present
    /// The caller's lease has ended, or another's has not.
    case leaseLost
    /// There is no such job.
    case unknown

    package enum Request: Sendable, Equatable {
        /// There is none, before and after.
        case nothing
        /// It is stored now, and takes a place.
        case stored
        /// It stays.
        case stays
        /// It goes, and its place is free.
        case removed
    }
}

package enum HelperJobLife {
    package static func after(_ stage: HelperJobStage, _ event: HelperJobEvent) -> HelperJobStep {
        switch (event, stage) {
        case (.keep, .absent), (.keep, .deleted): .proceed(.stored)
        case (.keep, .waiting), (.keep, .answered): .present

        case (.answer, .answered): .present
        case (.answer(nil), .absent), (.answer(nil), .deleted): .proceed(.nothing)
        case (.answer(nil), .waiting): .proceed(.removed)
        case (.answer(let lease?), .waiting(let holder)): holder == lease ? .proceed(.removed) : .leaseLost
        case (.answer, .absent), (.answer, .deleted): .leaseLost

        case (.delete, .waiting): .proceed(.removed)
        case (.delete, .answered): .proceed(.nothing)
        case (.delete, .absent), (.delete, .deleted): .unknown

        case (.lease(let isFree), .waiting(let holder)): isFree || holder == nil ? .proceed(.stays) : .leaseLost
        case (.lease, .absent), (.lease, .answered), (.lease, .deleted): .leaseLost

        case (.hold(let lease), .waiting(let holder)): holder == lease ? .proceed(.stays) : .leaseLost
        case (.hold, .absent), (.hold, .answered), (.hold, .deleted): .leaseLost

        case (.forget(nil), .waiting): .proceed(.removed)
        case (.forget(nil), .absent), (.forget(nil), .answered), (.forget(nil), .deleted): .unknown
        case (.forget(let lease?), .waiting(let holder)): holder == lease ? .proceed(.removed) : .leaseLost
        case (.forget, .absent), (.forget, .answered), (.forget, .deleted): .leaseLost
        }
    }

    // MARK: Answers

    /// Whether an answer is kept. One that says nothing but 'too early' leaves no trace: nothing was committed, and the
    /// leader may form the very same job again when the time has come.
    ///
    /// - Parameter hasWaited: the leader has yet to fetch the answer, so it is kept whatever it says.
    package static func isKept(_ answers: [VerifyResp.Outcome], hasWaited: Bool = false) -> Bool {
        hasWaited || answers.contains { $0 != .reject(.reportTooEarly) }
    }

    /// Whether an answer is one that is kept only because its leader has yet to fetch it. It says how things were, so it is
    /// forgotten as a whole with the leader's DELETE, and when the same bytes are posted again.
    package static func isPassing(_ response: [UInt8]) -> Bool {
        guard let answer = try? AggregationJobResp(decoding: response) else { return false }
        return isPassing(answer.responses.map(\.outcome))
    }

    static func isPassing(_ answers: [VerifyResp.Outcome]) -> Bool { !isKept(answers) }

    /// What a kept answer adds to the numbers of rejections. Too early is not final, and would be counted at every try.
    package static func rejections(_ answers: [VerifyResp.Outcome]) -> [ReportError: Int] {
        var counts: [ReportError: Int] = [:]
        for case .reject(let error) in answers where error != .reportTooEarly { counts[error, default: 0] += 1 }
        return counts
    }
}
