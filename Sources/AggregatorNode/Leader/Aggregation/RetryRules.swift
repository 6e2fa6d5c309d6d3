import Datastore

/// How often, and in what company, reports of abandoned jobs are tried again. Pure.
///
/// A report that makes the helper refuse a whole job must not take the others down with it: jobs of reports that were
/// in an abandoned job are smaller each time, until each report stands alone.
package enum RetryRules {
    /// A report that was in this many abandoned jobs, or came too early so often, is dropped.
    package static let maxAttempts = 3

    /// The reports of the next job: never of different histories, and fewer the worse their history.
    package static func company(_ waiting: [WaitingReport], jobSize: Int) -> ArraySlice<WaitingReport> {
        guard let first = waiting.first else { return [] }
        var size = jobSize
        for _ in 0..<min(first.attempts, 4) { size /= 10 }
        return waiting.prefix { $0.attempts == first.attempts }.prefix(max(1, size))
    }

    package static func mayTryAgain(_ report: WaitingReport) -> Bool { report.attempts + 1 < maxAttempts }

    /// When a report of an abandoned job may be in another one; POSIX seconds.
    package static func notBefore(_ report: WaitingReport, now: UInt64) -> UInt64 {
        now + UInt64(1 << min(report.attempts, 6))
    }

    /// When a report that the helper's clock finds too early may be sent again.
    package static func afterTooEarly(_ report: WaitingReport, now: UInt64) -> UInt64 {
        now + 30 * UInt64(1 << min(report.attempts, 6))
    }

    /// The pause before an unanswered job is sent again.
    package static func pause(afterFailures failures: Int) -> Duration {
        .milliseconds(500 * (1 << min(max(failures - 1, 0), 6)))
    }
}
