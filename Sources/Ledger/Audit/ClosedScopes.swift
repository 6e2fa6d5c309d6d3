import DAP

/// The buckets of a task that some close has fixed. A bucket is fixed once: what comes later for it counts for nothing.
///
/// Closes that overlap an earlier one are never added, so the intervals are disjoint and one search finds the only one
/// that can contain a time.
struct ClosedScopes: Sendable {
    private var batches: Set<BatchID> = []
    /// Disjoint, by start.
    private var intervals: [Interval] = []

    /// Whether a report of this batch and time would fall into a fixed bucket.
    func contains(batchID: BatchID?, time: UInt64) -> Bool {
        if let batchID { return batches.contains(batchID) }
        guard let candidate = last(startingAtOrBefore: time) else { return false }
        return candidate.contains(time)
    }

    func overlaps(_ scope: BatchScope) -> Bool {
        switch scope {
        case .batch(let id): return batches.contains(id)
        case .interval(let interval):
            if last(startingAtOrBefore: interval.start)?.overlaps(interval) ?? false { return true }
            let next = firstIndex(startingAfter: interval.start)
            return next < intervals.count && intervals[next].overlaps(interval)
        }
    }

    /// - Precondition: it overlaps none of those before.
    mutating func insert(_ scope: BatchScope) {
        switch scope {
        case .batch(let id): batches.insert(id)
        case .interval(let interval): intervals.insert(interval, at: firstIndex(startingAfter: interval.start))
        }
    }

    private func last(startingAtOrBefore time: UInt64) -> Interval? {
        let index = firstIndex(startingAfter: time)
        return index == 0 ? nil : intervals[index - 1]
    }

    private func firstIndex(startingAfter time: UInt64) -> Int {
        var (low, high) = (0, intervals.count)
        while low < high {
            let middle = (low + high) / 2
            if intervals[middle].start <= time { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
