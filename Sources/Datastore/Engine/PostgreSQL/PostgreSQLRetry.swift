/// Whether a transaction that failed is run again, and after which pause. Pure: the caller keeps time.
///
/// Undone for others' sake (deadlock, serialization): up to ten times, after pauses that grow and differ from caller to
/// caller, so that the same two do not meet again. A duplicate row: a few times at once, since the next run sees it; if not,
/// the body is at fault. A lost server: until it has been away for too long.
package struct PostgreSQLRetry {
    private let patience: Duration
    private var undone = 0
    private var duplicates = 0
    private var losses = 0
    private var lostSince: ContinuousClock.Instant?

    package static let mostUndone = 10
    package static let mostDuplicates = 3

    /// - Parameter patience: for how long a lost server is looked for.
    package init(patience: Duration) {
        self.patience = patience
    }

    package enum Decision: Equatable {
        case again(after: Duration)
        case giveUp
    }

    /// - Parameter jitter: from 0 to 1.
    package mutating func after(
        _ consequence: PostgreSQLFailure.Consequence, at now: ContinuousClock.Instant, jitter: Double
    ) -> Decision {
        switch consequence {
        case .final: return .giveUp
        case .again:
            undone += 1
            guard undone <= Self.mostUndone else { return .giveUp }
            return .again(after: .milliseconds(2) * Double(1 << min(undone, 7)) * (0.5 + jitter))
        case .duplicate:
            duplicates += 1
            return duplicates <= Self.mostDuplicates ? .again(after: .zero) : .giveUp
        case .lost:
            losses += 1
            let since = lostSince ?? now
            lostSince = since
            guard now - since < patience else { return .giveUp }
            // A connection that was idle while the server was restarted says so only now; a new one will do.
            guard losses > 1 else { return .again(after: .zero) }
            return .again(after: .milliseconds(25) * Double(1 << min(losses, 5)) * (0.5 + jitter))
        }
    }
}
