import Datastore
import Tasks
import Transport

/// When jobs are sent again, and in what company and how often reports are tried again. Pure.
///
/// A report that makes the helper refuse a whole job must not take the others down with it: jobs of reports that were
/// in a refused job are smaller each time, until each report stands alone. What the peer does wrong never counts
/// against a report.
package enum RetryRules {
    // MARK: Jobs

    package static let firstPause: Duration = .milliseconds(500)
    package static let longestPause: Duration = .seconds(300)
    /// How long the leader waits at most between two questions whether a deferred job is ready.
    package static let longestPoll: Duration = .seconds(30)

    /// The pause before the same request goes out again: growing, with jitter so that many jobs do not come at once,
    /// and never shorter than the peer asked.
    ///
    /// - Parameters:
    ///   - inARow: how many turns ended this way, with the last one.
    ///   - asked: the `Retry-After`.
    ///   - random: from 0 to 1.
    package static func pause(
        _ answer: JobProgress.Answer, inARow: Int, asked: Int?, random: Double
    ) -> Duration {
        let asked = asked.map { Duration.seconds(min(max($0, 0), RetryAfter.longest)) }
        // Who defers a job and says when it is ready is asked then; and who says so again and again, at pauses
        // that are a quarter of the time that it has taken so far.
        if answer == .deferred, let asked {
            return max(asked, min(firstPause * (1 << min(inARow / 4, 16)), longestPoll)) + firstPause * random
        }
        let doublings = min(max(inARow - 1, 0), 16)
        let grown = firstPause * (1 << doublings) * (0.75 + 0.5 * random)
        let own = min(grown, answer == .deferred ? longestPoll : longestPause)
        guard let asked else { return own }
        return max(own, asked + firstPause * random)
    }

    /// A pause after which there is still something to send. Anybody in between can ask for a day, which is as long as a
    /// leader promises for: so no pause takes more than half of the time that the reports have left.
    ///
    /// - Parameter givenUpAt: when they end, in POSIX seconds; nil: never.
    package static func inTime(_ pause: Duration, now: UInt64, givenUpAt: UInt64?) -> Duration {
        guard let givenUpAt else { return pause }
        let left = givenUpAt - min(now, givenUpAt)
        return min(pause, max(.seconds(left / 2), .seconds(60)))
    }

    /// For how long a job is anybody's, or put off, at the most: what the database says beyond that is a clock's fault.
    package static let times = JobTimes(
        lease: LeaseKeeper<LeasedJob>.duration, pause: longestPause,
        askedPause: .seconds(RetryAfter.longest) + firstPause)

    /// How long an exchange may take, from the first byte out to the last one in: a minute, more for large requests,
    /// and more again for a helper that did not finish in that time.
    package static func deadline(requestBytes: Int, inARow: Int) -> Duration {
        (.seconds(60) + .milliseconds(requestBytes >> 8)) * (1 + min(inARow, 4))
    }

    // MARK: Reports

    /// A report has to be refused so often before it can end. One of several machines behind the helper's address may be
    /// set up wrongly, and refuse what the others take.
    package static let fewestRefusals = 5
    /// A report that was refused so often, at growing intervals of up to an hour, so for about a day, ends even where no
    /// other report of its task shows that the way to the helper works: it would keep its batch open for ever.
    package static let mostRefusals = 38
    package static let longestReportPause: UInt64 = 3_600

    /// The reports of the next job: never of different histories, and fewer the worse their history.
    package static func company(_ waiting: [JobCandidate], jobSize: Int) -> ArraySlice<JobCandidate> {
        guard let first = waiting.first else { return [] }
        var size = jobSize
        for _ in 0..<min(first.attempts, 4) { size /= 10 }
        return waiting.prefix { $0.attempts == first.attempts }.prefix(max(1, size))
    }

    package enum AfterRefusal: Equatable, Sendable {
        /// In another job, from this time on (POSIX seconds).
        case again(notBefore: UInt64)
        case reject
    }

    /// What becomes of a report when the helper refuses the whole job that it was in.
    ///
    /// Only a report that stands alone can be at fault, and only where the helper takes others: if no job of the task was
    /// answered since this report was refused first, whatever refuses it may refuse everything.
    ///
    /// - Parameters:
    ///   - companions: how many reports the job had.
    ///   - answered: how many jobs of the task were answered with accepted reports, ever.
    package static func afterRefusal(
        _ report: WaitingReport, companions: Int, answered: UInt64, now: UInt64
    ) -> AfterRefusal {
        guard companions == 1 else { return .again(notBefore: now) }
        let refusals = report.attempts + 1
        if refusals >= mostRefusals { return .reject }
        if refusals >= fewestRefusals, let before = report.refusedAfter, answered > before { return .reject }
        let pause: UInt64 = 1 << UInt64(min(max(report.attempts - 2, 0), 12))
        return .again(notBefore: now + min(pause, longestReportPause))
    }

    // MARK: Clocks

    /// When a report that is too early for the helper may be sent again: as soon as the helper's clock will take it.
    ///
    /// - Parameters:
    ///   - start: when the report's time unit begins, in POSIX seconds.
    ///   - ahead: by how many seconds the helper's clock is ahead of ours; 0 where that is not known.
    package static func afterTooEarly(start: UInt64, ahead: Int, now: UInt64) -> UInt64 {
        // Somebody may set the helper's clock right at any moment.
        let latest = now + 900
        // One second more, because the helper states its time in whole ones.
        let start = Int64(clamping: min(start, now + 86_400))
        let due = start - Int64(min(max(ahead, -1 << 40), 1 << 40)) + 1
        // Helpers of this make let a report be ahead of their clock; others may not.
        for due in [due - Int64(ReportOpener.futureLeeway), due] where due > Int64(clamping: now) {
            return min(max(UInt64(due), now + 2), latest)
        }
        return now + 60
    }

    /// By how many seconds another clock is ahead of ours.
    ///
    /// - Parameters:
    ///   - date: what it said.
    ///   - between: when, by our clock: the moments before and after the exchange.
    package static func ahead(_ date: UInt64, between: ClosedRange<UInt64>) -> Int {
        let middle = between.lowerBound + (between.upperBound - between.lowerBound) / 2
        return Int(clamping: Int64(clamping: date) - Int64(clamping: middle))
    }
}
