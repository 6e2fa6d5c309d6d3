/// For how long a round waits for witnesses. Pure.
///
/// All tasks share the checkpoint, and each wants cosignatures of others. If a round waited for everybody, one helper that is
/// slow or dead would be everybody's pace. So a round waits without end only while nothing can be published at all; from then
/// on for those who have been prompt, for a bounded time, and for those who have not for no longer than a moment. What comes
/// later is not lost: it counts for its tree, and so for the receipts of what that holds.
///
/// A collection needs more: that a checkpoint with its task's quorum is the one that everybody is shown. A witness that always
/// answers late would never be on that while the log grows. So while somebody waits for such a quorum, the tree stands still for
/// it, as long as two of its answers may take: one to what it was asked before, and one to this. How often: ``StandingStill``.
package struct WitnessPatience: Sendable {
    /// How long a round goes on when nothing more is needed, or nobody prompt is left.
    package static let grace: Duration = .milliseconds(300)
    /// How long a round lasts at most once it has something to publish.
    package static let longest: Duration = .seconds(2)
    /// The same while somebody waits for the quorum of a task that lacks a witness which answers late.
    package static let longestForLate: Duration = WitnessClient.patience * 2

    /// How a round stands.
    package struct Standing: Sendable {
        /// Every task has its quorum.
        package var isComplete: Bool
        /// Some task has.
        package var isPublishable: Bool
        /// Somebody who has not answered is worth waiting for.
        package var isAwaited: Bool
        /// Somebody waits for a quorum that is not there yet, and would be with what those say who answer late.
        package var isNeeded: Bool

        package init(isComplete: Bool, isPublishable: Bool, isAwaited: Bool, isNeeded: Bool = false) {
            self.isComplete = isComplete
            self.isPublishable = isPublishable
            self.isAwaited = isAwaited
            self.isNeeded = isNeeded
        }
    }

    private let start: ContinuousClock.Instant
    private var settled: ContinuousClock.Instant?

    package init(start: ContinuousClock.Instant) { self.start = start }

    /// When the round ends, if nothing else happens; nil where it goes on until everybody has answered or failed.
    package mutating func end(_ standing: Standing, now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        guard standing.isPublishable else { return nil }
        if standing.isNeeded { return max(now, start + Self.longestForLate) }
        guard standing.isComplete || !standing.isAwaited else { return max(now, start + Self.longest) }
        let since = settled ?? now
        settled = since
        return min(since + Self.grace, max(now, start + Self.longest))
    }
}
