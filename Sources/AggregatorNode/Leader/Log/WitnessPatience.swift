/// For how long a round waits for witnesses. Pure.
///
/// All tasks share the checkpoint, and each wants cosignatures of others. If a round waited for everybody, one helper that is
/// slow or dead would be everybody's pace. So a round waits without end only while nothing can be published at all; from then
/// on for those who have been prompt, for a bounded time, and for those who have not for no longer than a moment. What comes
/// later is not lost: it counts in the next round about the same tree.
package struct WitnessPatience: Sendable {
    /// How long a round goes on when nothing more is needed, or nobody prompt is left.
    package static let grace: Duration = .milliseconds(300)
    /// How long a round lasts at most once it has something to publish.
    package static let longest: Duration = .seconds(2)

    /// How a round stands.
    package struct Standing: Sendable {
        /// Every task has its quorum.
        package var isComplete: Bool
        /// Some task has.
        package var isPublishable: Bool
        /// Somebody who has not answered is worth waiting for.
        package var isAwaited: Bool

        package init(isComplete: Bool, isPublishable: Bool, isAwaited: Bool) {
            self.isComplete = isComplete
            self.isPublishable = isPublishable
            self.isAwaited = isAwaited
        }
    }

    private let start: ContinuousClock.Instant
    private var settled: ContinuousClock.Instant?

    package init(start: ContinuousClock.Instant) { self.start = start }

    /// When the round ends, if nothing else happens; nil where it goes on until everybody has answered or failed.
    package mutating func end(_ standing: Standing, now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        guard standing.isPublishable else { return nil }
        guard standing.isComplete || !standing.isAwaited else { return max(now, start + Self.longest) }
        let since = settled ?? now
        settled = since
        return min(since + Self.grace, max(now, start + Self.longest))
    }
}
