import Logging

/// What a helper's operator hears of a log that cannot be followed: what is wrong with it when that changes, then at
/// intervals that grow, and when it is over. Pure: time comes in.
///
/// A leader that serves bad files and good ones in turn must not fill its helper's log. So each kind of trouble has a rule
/// that outlives its end, and an end is said once for each time that trouble was.
///
/// The helper goes on meanwhile, and the leader gets an answer to what it asks. But a log that does not verify is what a
/// helper is there to notice, and nobody reads answers to the leader.
package struct LogTrouble {
    package typealias Instant = ContinuousClock.Instant

    /// What kind of trouble it is. Details (a size, a path) change with every entry and are no news.
    package enum Kind: String, Sendable {
        /// What the log serves contradicts what its leader has signed.
        case unverifiable
        /// It cannot be fetched.
        case unreachable
        /// What was read cannot be stored.
        case database
    }

    package struct Line: Equatable {
        package let level: Logger.Level
        package let text: String
        package let reason: String?
        /// How often it was found since the last line.
        package let times: Int
    }

    private var rules: [Kind: LineRule] = [:]
    /// Whether trouble was said, and not yet that it is over.
    private var isSaid = false

    package init() {}

    /// - Returns: nil where there is nothing new to say.
    package mutating func found(_ error: FollowError, at now: Instant) -> Line? {
        guard let (kind, reason) = error.trouble else { return nil }
        guard let times = rules[kind, default: LineRule()].line(kind.rawValue, at: now) else { return nil }
        isSaid = true
        return Line(level: kind.level, text: kind.text, reason: reason, times: times)
    }

    /// The log was read, and verifies.
    package mutating func isOver() -> Line? {
        guard isSaid else { return nil }
        isSaid = false
        return Line(level: .notice, text: "the leader's log can be followed again", reason: nil, times: 1)
    }
}

extension LogTrouble.Kind {
    fileprivate var level: Logger.Level { self == .unverifiable ? .error : .warning }

    /// What is the matter and what to do.
    fileprivate var text: String {
        switch self {
        case .unverifiable:
            """
            the leader's log does not verify: what it serves is not what its leader has signed. This helper believes \
            nothing of it, signs no close and releases no share until it verifies. Ask the leader's operator to look at \
            the log's files (`cairn log fsck`); if others are shown the same, keep a copy: it is evidence
            """
        case .unreachable:
            """
            the leader's log cannot be read, so no batch can be closed; it is tried again. If it lasts, look whether the \
            leader runs, and what stands between
            """
        case .database:
            "what was read of the leader's log cannot be stored; it is tried again. Look after this node's database"
        }
    }
}

extension FollowError {
    /// Nil for what is no trouble with the log itself, or is said elsewhere.
    fileprivate var trouble: (LogTrouble.Kind, reason: String)? {
        switch self {
        case .unverifiable(let reason): (.unverifiable, reason)
        case .unreachable(let reason): (.unreachable, reason)
        case .database(let error): (.database, "\(error)")
        case .notCosigned, .noQuorum, .clocksApart, .forgotten: nil
        }
    }
}
