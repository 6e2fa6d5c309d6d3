/// Samples of one quantity: the median, and how far the others are from it.
///
/// A median over repetitions of a whole batch hides what a machine with other work on it does to single reports, and the
/// smallest and largest sample show it.
package struct Spread: Sendable, Equatable {
    package let median: Double
    package let smallest: Double
    package let largest: Double

    /// - Precondition: There is at least one sample.
    package init(_ samples: [Double]) {
        precondition(!samples.isEmpty, "no samples")
        let sorted = samples.sorted()
        let middle = sorted.count / 2
        median = sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
        smallest = sorted[0]
        largest = sorted[sorted.count - 1]
    }
}

/// What a phase costs: microseconds per report (or proof, or point) over the repetitions of a batch.
package struct PhaseCost: Sendable {
    /// Of wall clock: what a user waits for, at the given number of threads.
    package let wall: Spread
    /// Of processor time, all threads together. On a machine with other work it is what one thread's wall clock would be
    /// without.
    package let processor: Spread

    init(_ samples: [Elapsed], reports: Int = 1) {
        let scale = 1e6 / Double(reports)
        wall = Spread(samples.map { $0.wall * scale })
        processor = Spread(samples.map { $0.processor * scale })
    }
}
