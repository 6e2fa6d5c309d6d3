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
