/// How the exchange with the helper about a pending job has gone so far.
///
/// Durable, so that a leader that is restarted in an outage neither hurries nor forgets what it knows; what follows from
/// it is decided by pure rules.
package struct JobProgress: Sendable, Equatable {
    /// What the helper, or whatever stands in front of it, answered last. The numbers are in the database.
    package enum Answer: Int64, Sendable {
        /// Nothing was sent yet.
        case none = 0
        /// The helper works on it.
        case deferred = 1
        /// Nothing that means anything: no connection, no whole answer, not one of DAP's.
        case unusable = 2
        /// One of DAP's errors.
        case refused = 3
        /// A whole answer of the right type that cannot be right.
        case wrong = 4
    }

    package var answer: Answer
    /// How many turns in a row ended with this answer.
    package var attempts: Int
    /// Some answer could have been given by a helper that has committed the job's reports.
    package var mayBeCommitted: Bool
    /// When the request was sent last, in POSIX seconds; 0 for never.
    package var sentAt: UInt64
    /// When it is sent again, in POSIX seconds.
    package var notBefore: UInt64
    /// Whether the peer asked for that pause.
    package var isAsked: Bool
    /// Why there is no result yet, in a few words.
    package var reason: String

    package init(
        answer: Answer = .none, attempts: Int = 0, mayBeCommitted: Bool = false, sentAt: UInt64 = 0,
        notBefore: UInt64 = 0, isAsked: Bool = false, reason: String = ""
    ) {
        self.answer = answer
        self.attempts = attempts
        self.mayBeCommitted = mayBeCommitted
        self.sentAt = sentAt
        self.notBefore = notBefore
        self.isAsked = isAsked
        self.reason = reason
    }
}
