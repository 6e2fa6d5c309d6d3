import DAP
import Datastore

/// What follows from one exchange about a pending job that brought no verdicts. Pure.
///
/// Which reports may go into other bytes, and when, is decided here alone:
///
/// - As long as nothing is known, the identical bytes are sent again, for as long as the reports are worth something.
///   A helper creates jobs idempotently (DAP-18, Resource Creation): if it has committed the reports, the repetition
///   brings the stored verdicts.
/// - One of DAP's errors says that the helper has no such job and so has committed none of its reports, even where an
///   earlier answer was lost: it would have repeated that one. The reports return and are sent in smaller jobs. Because
///   such an error can be about a request that was mutilated on its way, it has to come twice in a row, and eight times,
///   over a minute, where an earlier attempt may have been committed.
/// - Verdicts about other reports, or of a kind that this step does not have, may be those of a helper that has
///   committed the reports. They are asked for again, because a cache can mix up answers; if they come a third time,
///   the reports end as `report_dropped`: in other bytes they would be replays, or be counted by one aggregator only.
package enum JobTurn {
    /// How an exchange ended.
    package enum Event: Equatable, Sendable {
        case deferred(seconds: Int?)
        case unusable(String, seconds: Int?)
        case refused(String)
        case wrong(String)
    }

    package enum Next: Equatable, Sendable {
        /// The same request goes out again after this pause.
        case again(after: Duration)
        /// The helper does not take the job: its reports go into others.
        case returnReports
        /// The helper's verdicts cannot be used: the reports end.
        case rejectReports
    }

    /// How often in a row verdicts have to be wrong.
    package static let wrongInARow = 3

    /// How often in a row the helper has to refuse a job. Where it may have committed the reports, for longer than
    /// whatever mutilates requests may last: at growing pauses, eight times are a minute at least.
    package static func refusedInARow(mayBeCommitted: Bool) -> Int { mayBeCommitted ? 8 : 2 }

    /// Whether to ask for a job that the helper has named, instead of posting it.
    ///
    /// The deferral may have been made up on the way, or polls may never get through: so the same bytes are posted now
    /// and then, which by the standard brings the same job.
    package static func isPoll(_ progress: JobProgress, helperID: String?) -> Bool {
        guard helperID != nil else { return false }
        return switch progress.answer {
        case .deferred: progress.attempts % 16 != 0
        case .unusable: progress.attempts % 4 != 3
        // A refusal can be about the question and not about the job, and the name can be that of another job.
        case .refused, .wrong: false
        case .none: true
        }
    }

    /// What is known of a job that is found in the database. Where it says nothing of the first attempt, the node ended, or
    /// was updated from one that kept no such notes, before it could: the helper may have committed the reports.
    package static func resumed(_ progress: JobProgress) -> JobProgress {
        var resumed = progress
        if progress.answer == .none { resumed.mayBeCommitted = true }
        return resumed
    }

    /// - Parameters:
    ///   - now: POSIX seconds.
    ///   - givenUpAt: when the job's reports end if nothing comes of it; nil: never.
    ///   - random: from 0 to 1, for jitter.
    package static func after(
        _ progress: JobProgress, _ event: Event, now: UInt64, givenUpAt: UInt64? = nil, random: Double
    ) -> (progress: JobProgress, next: Next) {
        var after = progress
        after.sentAt = now
        var asked: Int?
        switch event {
        case .deferred(let seconds):
            after.note(.deferred, "the helper has not finished it")
            after.mayBeCommitted = true
            asked = seconds
        case .unusable(let reason, let seconds):
            after.note(.unusable, reason)
            after.mayBeCommitted = true
            asked = seconds
        case .refused(let reason):
            after.note(.refused, reason)
            if after.attempts >= refusedInARow(mayBeCommitted: after.mayBeCommitted) { return (after, .returnReports) }
        case .wrong(let reason):
            after.note(.wrong, reason)
            after.mayBeCommitted = true
            if after.attempts >= wrongInARow { return (after, .rejectReports) }
        }
        let pause = RetryRules.inTime(
            RetryRules.pause(after.answer, inARow: after.attempts, asked: asked, random: random), now: now,
            givenUpAt: givenUpAt)
        after.isAsked = asked != nil
        after.notBefore = now + UInt64(pause.components.seconds) + (pause.components.attoseconds > 0 ? 1 : 0)
        return (after, .again(after: pause))
    }
}

extension JobProgress {
    fileprivate mutating func note(_ answer: Answer, _ reason: String) {
        attempts = self.answer == answer ? attempts + 1 : 1
        self.answer = answer
        self.reason = reason
    }
}
