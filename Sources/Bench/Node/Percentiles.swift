/// Percentiles of many samples, by the nearest rank: a value that was measured, and none in between.
package struct Percentiles: Sendable {
    private let sorted: [Double]

    /// - Precondition: There is at least one sample.
    package init(_ samples: [Double]) {
        precondition(!samples.isEmpty, "no samples")
        sorted = samples.sorted()
    }

    /// The smallest sample that `percent` per cent of all do not exceed.
    ///
    /// - Precondition: `percent` is above 0 and at most 100.
    package subscript(percent: Double) -> Double {
        precondition(percent > 0 && percent <= 100, "a percentile is above 0 and at most 100")
        let rank = Int((percent / 100 * Double(sorted.count)).rounded(.up))
        return sorted[max(1, min(rank, sorted.count)) - 1]
    }
}
