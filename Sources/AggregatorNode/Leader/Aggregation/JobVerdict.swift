import DAP
import TaskTypes

/// How an aggregation job ends for one report.
enum ReportVerdict: Equatable, Sendable {
    case accepted(outputShare: [UInt8])
    /// The helper rejects it: the leader must not send it again.
    case rejectedByHelper(ReportError)
    /// The leader cannot finish what the helper sent.
    case rejectedByLeader(ReportError)
    /// The helper's clock is behind: it may be sent again.
    case tooEarly
}

/// Reads the helper's response to a job strictly (DAP-18, Leader Initialization). Pure.
enum JobVerdict {
    /// - Parameters:
    ///   - reports: the job's reports in the order of the request, with the leader's state. A report whose state
    ///     cannot be recomputed after a restart comes with the error instead.
    /// - Returns: one verdict per report, in order; nil if the response is wrong, because it does not name exactly the
    ///   job's reports in order or carries a message that is impossible in this step.
    static func judge(
        _ response: AggregationJobResp, reports: [(id: ReportID, state: Result<LeaderVerification, ReportError>)]
    ) -> [ReportVerdict]? {
        guard response.responses.count == reports.count else { return nil }
        var verdicts: [ReportVerdict] = []
        verdicts.reserveCapacity(reports.count)
        for (answer, report) in zip(response.responses, reports) {
            guard answer.reportID == report.id else { return nil }
            switch answer.outcome {
            case .reject(.reportTooEarly): verdicts.append(.tooEarly)
            case .reject(let error): verdicts.append(.rejectedByHelper(error))
            case .continue(let payload):
                switch report.state.flatMap({ $0.finish(inbound: payload) }) {
                case .success(let outputShare): verdicts.append(.accepted(outputShare: outputShare))
                case .failure(let error): verdicts.append(.rejectedByLeader(error))
                }
            case .finish: return nil
            }
        }
        return verdicts
    }
}
