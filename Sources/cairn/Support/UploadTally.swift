import Contributor
import DAP
import Synchronization

/// What became of an upload's values so far, in memory that does not grow with their number unless all shall be listed.
final class UploadTally: Sendable {
    /// One value's end.
    struct Remark: Sendable {
        /// Of the value, from 1.
        let number: Int
        let text: String
    }

    struct Counts: Sendable {
        var answered = 0
        var stored = 0
        var bytes = 0
        var firstStored: ReportID?
        var refusals: [Remark] = []
        var missingPromises: [Remark] = []
        /// Only where they are listed.
        var listed: [UploadOutcome] = []
    }

    private let counts = Mutex(Counts())
    private let listsAll: Bool
    /// Of the first value, from 1.
    let first: Int

    init(first: Int, listsAll: Bool) {
        (self.first, self.listsAll) = (first, listsAll)
    }

    var current: Counts { counts.withLock { $0 } }

    func add(_ outcomes: [UploadOutcome]) {
        counts.withLock { counts in
            for outcome in outcomes {
                let number = first + counts.answered
                counts.answered += 1
                counts.bytes += outcome.size
                if let error = outcome.error {
                    counts.refusals.append(Remark(number: number, text: outcome.reason ?? error.explanation))
                } else {
                    counts.stored += 1
                    if counts.firstStored == nil { counts.firstStored = outcome.reportID }
                }
                if case .missing(let reason) = outcome.promise {
                    counts.missingPromises.append(Remark(number: number, text: reason))
                }
                if listsAll { counts.listed.append(outcome) }
            }
        }
    }
}
