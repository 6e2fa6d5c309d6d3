// The life of a helper's buckets. Pure.
//
//     open ──close──▶ closed ──collect──▶ collected
//       └────────────collect──────────────▲
//
// A row of helper_closes or helper_collections is the fate of its buckets; none of their reports is changed with it. What was
// looked at page by page, before the transaction that shuts a bucket, is held against what the bucket's counters say now.

/// How far a bucket is at the helper.
package enum HelperBucketStage: Hashable, Sendable, CaseIterable {
    /// Reports may join it and leave it.
    case open
    /// Of a close that the helper has signed.
    case closed
    /// Its share was released.
    case collected
}

extension HelperBucketStage {
    /// - Parameters:
    ///   - isClosed: some bucket is in a close.
    ///   - isCollected: some bucket is collected.
    package init(isClosed: Bool, isCollected: Bool) {
        self = isCollected ? .collected : isClosed ? .closed : .open
    }
}

/// What follows from the wish to shut buckets, or to compare them.
package enum HelperShutStep: Hashable, Sendable {
    /// The named reports are all that is there.
    case agree
    /// More are there than are named: whatever is not named leaves, and the named have to be what is left.
    case leaveOthersOut
    /// Reports have left since they were looked at, and could be named: look again.
    case stale
    /// The buckets are shut.
    case refuse
}

package enum HelperBucketLife {
    /// What a close or a comparison over named reports leads to.
    ///
    /// None of the named has left if none at all has. One that has joined since was not named, and leaves.
    ///
    /// - Parameters:
    ///   - named: how many reports are named, each of which was accepted after `before` was read.
    ///   - before: of the buckets, read before the first of them was looked at.
    package static func comparing(
        _ stage: HelperBucketStage, named: UInt64, before: HelperStanding, now: HelperStanding
    ) -> HelperShutStep {
        guard stage == .open else { return .refuse }
        guard now.left == before.left, now.joined >= before.joined else { return .stale }
        return now.accepted == named ? .agree : .leaveOthersOut
    }

    /// Whether the named are what is left, after all others were left out.
    package static func isComplete(named: UInt64, leftOut: UInt64, now: HelperStanding) -> Bool {
        now.accepted == named + leftOut
    }

    /// What a request for the share of a batch leads to.
    ///
    /// - Parameters:
    ///   - stage: of the selected buckets.
    ///   - isClosedOtherwise: a bucket of the query is in the close of another batch than the selected one. Collecting it
    ///     would take away what the helper has promised to give out under that close alone.
    ///   - summed: what the buckets stood at when they were summed.
    package static func collecting(
        _ stage: HelperBucketStage, isClosedOtherwise: Bool, summed: HelperStanding, now: HelperStanding
    ) -> HelperShutStep {
        if stage == .collected || isClosedOtherwise { return .refuse }
        // Reports join a batch until it is collected, and leave it when the leader compares it with its own.
        return now == summed ? .agree : .stale
    }
}
