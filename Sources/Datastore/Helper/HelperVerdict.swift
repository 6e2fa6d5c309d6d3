// What becomes of a report in an aggregation job, decided from what the database says about it. Pure.

import DAP

/// What a helper has known of a report before the job.
struct HelperKnowledge: Sendable {
    /// Its last word on it.
    var refusal: HelperRefusal?
    /// Encoded withdrawals that wait for it, by claim key.
    var withdrawals: [[UInt8]: [UInt8]] = [:]
    /// Whether its bucket is closed or collected.
    var isShut = false
}

/// DAP-18, Batch Buckets: a report is committed unless its bucket is collected or it was refused for good; whether its id
/// was committed before, the insertion of its row tells.
enum HelperVerdict: Sendable {
    case accept(VerifiedReport)
    /// - Parameter isNew: whether it is the helper's first word on the report, if it has not accepted it before.
    case refuse(ReportError, isNew: Bool)
    /// It was withdrawn before it came: the contributor's entry is the helper's last word.
    case withdrawn(entry: [UInt8])

    init(_ finding: HelperOutcome.Finding, _ known: HelperKnowledge) {
        switch (finding, known.refusal) {
        case (.refused(let error), let refusal):
            // Too early is not final: the leader sends the report again.
            self = .refuse(error, isNew: refusal == nil && error != .reportTooEarly)
        case (.verified, .rejected(let error)): self = .refuse(error, isNew: false)
        case (.verified, .withdrawn): self = .refuse(.reportDropped, isNew: false)
        case (.verified(let report), nil):
            if let entry = report.claimKey.flatMap({ known.withdrawals[$0] }) {
                self = .withdrawn(entry: entry)
            } else {
                self = known.isShut ? .refuse(.batchCollected, isNew: true) : .accept(report)
            }
        }
    }

    /// Whether the helper says a last word that it has not said before.
    var isLastWord: Bool {
        switch self {
        case .accept: false
        case .refuse(_, let isNew): isNew
        case .withdrawn: true
        }
    }
}
