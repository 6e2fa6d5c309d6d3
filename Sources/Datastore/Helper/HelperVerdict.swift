// What becomes of a report in an aggregation job, decided by its life from what the database says about it. Pure.

import DAP

/// What a helper has known of a report before the job.
struct HelperKnowledge: Sendable {
    /// Its last word on it.
    var word: HelperLastWord?
    /// Encoded withdrawals that wait for it, by claim key.
    var withdrawals: [[UInt8]: [UInt8]] = [:]
    /// How far its bucket is.
    var bucket = HelperBucketStage.open
}

/// A report of a job with what follows. Whether its id was accepted before, the insertion of its row tells.
struct HelperVerdict: Sendable {
    let step: HelperReportStep
    /// The entry of its contributor, who had withdrawn it before it came.
    let withdrawal: [UInt8]?

    init(_ finding: HelperOutcome.Finding, _ known: HelperKnowledge) {
        switch finding {
        case .rejected(let error):
            step = HelperReportLife.after(known.word.map(HelperReportStage.init) ?? .absent, .failed(error))
            withdrawal = nil
        case .verified(let report):
            let entry = report.claimKey.flatMap { known.withdrawals[$0] }
            let stage = known.word.map(HelperReportStage.init) ?? (entry == nil ? .absent : .keptOut)
            step = HelperReportLife.after(stage, .verified(in: known.bucket))
            withdrawal = step == .withdraw ? entry : nil
        }
    }

    /// Whether a finding alone is a last word on a report of which nothing is known.
    static func isLastWord(_ finding: HelperOutcome.Finding) -> Bool {
        HelperVerdict(finding, HelperKnowledge()).step.isLastWord
    }

    /// Why a report of an open bucket is rejected whose id is here.
    static let replayed = HelperReportLife.after(.leftOut, .verified(in: .open)).rejection ?? .reportReplayed
}

extension HelperReportStep {
    /// What the leader of a job is told about the report; nil where it goes on.
    var rejection: ReportError? {
        switch self {
        case .reject(let error, _): error
        case .withdraw: .reportDropped
        case .accept, .keepWithdrawal, .leaveOut, .nothing, .refuse: nil
        }
    }
}
