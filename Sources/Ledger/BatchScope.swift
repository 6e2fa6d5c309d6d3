import DAP

/// What a DAP `BatchSelector` selects, decoded.
package enum BatchScope: Sendable, Hashable {
    /// Time-interval mode: all reports whose time lies in the interval.
    case interval(Interval)
    /// Leader-selected mode: the batch of that name.
    case batch(BatchID)

    /// `nil` where the selector's config is not of its mode's form.
    package init?(_ selector: BatchSelector) {
        var reader = ByteReader(selector.config)
        do {
            switch selector.batchMode {
            case .timeInterval: self = .interval(try Interval(from: &reader))
            case .leaderSelected: self = .batch(try BatchID(from: &reader))
            }
            try reader.finish()
        } catch {
            return nil
        }
    }

    /// The selector that names this scope.
    package var selector: BatchSelector {
        var writer = ByteWriter()
        switch self {
        case .interval(let interval):
            interval.encode(into: &writer)
            return BatchSelector(batchMode: .timeInterval, config: writer.bytes)
        case .batch(let id):
            id.encode(into: &writer)
            return BatchSelector(batchMode: .leaderSelected, config: writer.bytes)
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
