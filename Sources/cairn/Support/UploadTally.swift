import Contributor
import DAP
import Synchronization

/// What became of an upload's values so far, in memory that does not grow with their number unless all shall be listed.
final class UploadTally: Sendable {
    struct Counts: Sendable {
        var answered = 0
        var stored = 0
        var bytes = 0
        /// How many of the stored ones the leader had before.
        var wasThere = 0
        var firstStored: ReportID?
        /// What the leader refused, and what it took without a promise: the values' positions, from 0, by reason.
        var refusals: [String: [Int]] = [:]
        var missingPromises: [String: [Int]] = [:]
        /// Only where they are listed.
        var listed: [UploadOutcome] = []

        var isRefused: Bool { !refusals.isEmpty }
    }

    private let counts = Mutex(Counts())
    private let plan = Mutex<RowUpload?>(nil)
    private let listsAll: Bool

    init(listsAll: Bool) { self.listsAll = listsAll }

    var current: Counts { counts.withLock { $0 } }

    /// What was to be sent of a file; nil for other values, and where it was not found out.
    var rows: RowUpload? {
        get { plan.withLock { $0 } }
        set { plan.withLock { $0 = newValue } }
    }

    func add(_ outcomes: [UploadOutcome]) {
        counts.withLock { counts in
            for outcome in outcomes {
                counts.answered += 1
                counts.bytes += outcome.size
                if let error = outcome.error {
                    counts.refusals[outcome.reason ?? error.explanation, default: []].append(outcome.index)
                } else {
                    counts.stored += 1
                    if outcome.wasThere { counts.wasThere += 1 }
                    if counts.firstStored == nil { counts.firstStored = outcome.reportID }
                }
                if case .missing(let reason) = outcome.promise {
                    counts.missingPromises[reason, default: []].append(outcome.index)
                }
                if listsAll { counts.listed.append(outcome) }
            }
        }
    }
}
