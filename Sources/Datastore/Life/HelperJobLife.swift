// The life of an aggregation job at the helper. Pure.
//
//     (absent) ──answer──▶ answered ──delete──▶ deleted ──answer──▶ answered
//
// An answer is given once, and repeated. The row of a job that the leader has deleted stays: what it rejected is not counted
// again when the leader posts it once more.

import DAP

package enum HelperJobLife {
    /// Whether an answer is kept. One that says nothing but 'too early' leaves no trace: nothing was committed, and the
    /// leader may form the very same job again when the time has come.
    package static func isKept(_ answers: [VerifyResp.Outcome]) -> Bool {
        answers.contains { $0 != .reject(.reportTooEarly) }
    }

    /// What a kept answer adds to the numbers of rejections. Too early is not final, and would be counted at every try.
    package static func rejections(_ answers: [VerifyResp.Outcome]) -> [ReportError: Int] {
        var counts: [ReportError: Int] = [:]
        for case .reject(let error) in answers where error != .reportTooEarly { counts[error, default: 0] += 1 }
        return counts
    }
}
