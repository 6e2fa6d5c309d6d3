import DAP

/// The buckets that a batch covers, as the ledger compares them: a DAP `BatchSelector`, decoded.
package enum BatchScope: Sendable, Hashable {
    /// Time-interval mode: all reports whose time lies in the interval.
    case interval(Interval)
    /// Leader-selected mode: the batch of that name.
    case batch(BatchID)

    /// `nil` where the selector's config is not of its mode's form.
    package init?(_ selector: BatchSelector) {
        switch try? selector.batch() {
        case .timeInterval(let interval): self = .interval(interval)
        case .leaderSelected(let id): self = .batch(id)
        case nil: return nil
        }
    }

    /// The selector that names this scope.
    package var selector: BatchSelector {
        switch self {
        case .interval(let interval): .timeInterval(interval)
        case .batch(let id): .leaderSelected(id)
        }
    }

    /// Whether two scopes of one task share a batch bucket.
    package func overlaps(_ other: BatchScope) -> Bool {
        switch (self, other) {
        case (.interval(let left), .interval(let right)): left.overlaps(right)
        case (.batch(let left), .batch(let right)): left == right
        default: false
        }
    }
}
