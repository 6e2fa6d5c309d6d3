import Datastore
import Ledger
import Transport

/// How long a collection job waits between its steps. Pure: what is stored about it, what happened and when come in; a pause
/// goes out, and what is to be stored. So a restart forgets nothing, and whichever process takes the next step goes on.
///
/// Whatever the helper answers costs it one request a pause, and the leader next to nothing.
package struct CollectionPatience: Sendable {
    /// Before a step that failed is taken again.
    package static let firstPause: Duration = .milliseconds(250)
    package static let longestPause: Duration = .seconds(15)
    /// Between two looks at a batch whose reports are still being aggregated. The end of a job is a signal of its own.
    package static let firstLook: Duration = .seconds(1)
    package static let longestLook: Duration = .seconds(10)
    /// A collection that cannot be worked on is left alone for so long.
    package static let longPause: Duration = .seconds(30)
    /// For how long a collection is anybody's, or put off, at the most: as with jobs (``RetryRules/times``).
    package static let times = JobTimes(
        lease: LeaseKeeper<LeasedCollection>.duration, pause: longPause, askedPause: .seconds(RetryAfter.longest))

    /// How often in a row a plain aggregator may fail to answer what only a Cairn node can.
    package static let mostFailures = 6

    /// How often in a row the helper has to refuse.
    package static let refusalsInARow = 2

    /// How often in a row somebody has to say that a request is too long. It is nobody's signed word: a page of a proxy that is
    /// being set up must not end a collection.
    package static let longRequestsInARow = 6
    /// For how long nothing else may have been said meanwhile: a proxy that restarts says so as often as it is asked.
    package static let longRequestsSpan: Duration = .seconds(60)

    /// How often the reports of a batch may be compared for one job. Once is enough, unless aggregation jobs reach the helper
    /// late; a helper that names one report a time would keep the leader at it for as long as there are reports. (Where all
    /// that is named was withdrawn by its contributors, nobody is compared with anybody.)
    package static let mostComparisons = 8

    /// What is stored.
    package var progress: CollectionProgress
    private let longRequestsSpan: Duration

    /// - Parameter longRequestsSpan: tests do not wait for a minute.
    package init(
        _ progress: CollectionProgress = CollectionProgress(), longRequestsSpan: Duration = Self.longRequestsSpan
    ) {
        self.progress = progress
        self.longRequestsSpan = longRequestsSpan
    }

    /// A step was taken.
    package mutating func progressed() { progress = progress.afterStep }

    /// A comparison with the helper has left reports out of the batch.
    ///
    /// - Parameters:
    ///   - named: how many reports the helper has named.
    ///   - leftOut: how many of the batch they were.
    /// - Returns: whether the job may go on with what is left.
    package mutating func compared(named: Int, leftOut: Int) -> Bool {
        progressed()
        // As many as an answer holds, and each of them a report of the batch: a helper that lacks millions cannot say so in
        // fewer, and each round takes its part of them.
        if leftOut >= ReportList.mostNamed, leftOut == named { return true }
        progress.comparisons += 1
        return progress.comparisons <= Self.mostComparisons
    }

    /// The helper has refused its part.
    ///
    /// - Returns: whether that is final. Else the same request is sent again after a pause.
    package mutating func refused() -> Bool {
        let refusals = progress.refusals + 1
        heardOtherwise()
        progress.refusals = refusals
        return refusals >= Self.refusalsInARow
    }

    /// A request was too long, for the helper or for what stands before it.
    ///
    /// - Parameter now: POSIX seconds.
    /// - Returns: whether that is final. Else the same request is sent again after a pause.
    package mutating func wasTooLong(at now: UInt64) -> Bool {
        let (count, first) = (progress.longRequests + 1, progress.longSince ?? now)
        heardOtherwise()
        (progress.longRequests, progress.longSince) = (count, first)
        // A clock that went back makes it no shorter than it was.
        return count >= Self.longRequestsInARow && .seconds(now - min(first, now)) >= longRequestsSpan
    }

    /// What came was neither a refusal nor a request's being too long: what is said once more of either is no repetition.
    package mutating func heardOtherwise() {
        progress.refusals = 0
        progress.longRequests = 0
        progress.longSince = nil
    }

    /// So many reports of the batch are neither accepted nor rejected.
    ///
    /// - Returns: whether aggregation has to be asked for, which is once for each change, and when to look again.
    package mutating func waits(for reports: UInt64) -> (demand: Bool, pause: Duration) {
        let isChange = reports != progress.unfinished
        progress.looks = isChange ? 0 : progress.looks + 1
        progress.unfinished = reports
        progress.isAsked = false
        return (isChange, Self.doubled(Self.firstLook, progress.looks, atMost: Self.longestLook))
    }

    /// The log has the batch's reports after a time only. Both in POSIX seconds.
    ///
    /// - Returns: until the next look, at most ``longestLook``: clocks are set.
    package mutating func waits(until time: UInt64, now: UInt64) -> Duration {
        progress.unfinished = nil
        progress.isAsked = false
        guard time > now else { return Self.firstPause }
        return min(.seconds(Int64(clamping: time - now)), Self.longestLook)
    }

    /// A step failed, and is taken again.
    ///
    /// - Parameters:
    ///   - retryAfter: seconds that the helper asked for; it is never asked sooner.
    ///   - jitter: between 0.5 and 1.5, so that jobs which failed together do not come back together.
    package mutating func failed(retryAfter: Int?, jitter: Double) -> Duration {
        let own = Self.doubled(Self.firstPause, progress.failures, atMost: Self.longestPause) * jitter
        progress.failures += 1
        progress.unfinished = nil
        let asked = Duration.seconds(retryAfter ?? 0)
        progress.isAsked = asked > own
        return max(own, asked)
    }

    /// Whether a step has failed so often that one does without it where one can.
    package var isSpent: Bool { progress.failures >= Self.mostFailures }

    /// The helper has deferred its share for so many seconds.
    package mutating func deferred(seconds: Int) -> Duration {
        heardOtherwise()
        progress.unfinished = nil
        progress.isAsked = true
        return .seconds(max(seconds, 1))
    }

    private static func doubled(_ first: Duration, _ times: Int, atMost most: Duration) -> Duration {
        min(first * (1 << min(max(times, 0), 16)), most)
    }
}
