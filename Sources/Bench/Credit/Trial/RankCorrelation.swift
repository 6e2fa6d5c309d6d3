/// Spearman's rank correlation: how far two scores agree on who did better, whatever their units.
package enum RankCorrelation {
    /// The place of each value, 1 for the greatest. Equal values share the mean of their places.
    package static func ranks<Value: Comparable>(_ values: [Value]) -> [Double] {
        let order = values.indices.sorted { values[$0] > values[$1] }
        var ranks = [Double](repeating: 0, count: values.count)
        var start = 0
        while start < order.count {
            var end = start + 1
            while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
            // Places start + 1 to end.
            for place in start..<end { ranks[order[place]] = Double(start + 1 + end) / 2 }
            start = end
        }
        return ranks
    }

    /// The correlation of the ranks, -1 to 1. Where one side ranks all alike there is none, and the result is 0: the mean
    /// over all ways to break such a tie.
    ///
    /// - Precondition: as many values on either side.
    package static func spearman(_ left: [some Comparable], _ right: [some Comparable]) -> Double {
        precondition(left.count == right.count, "scores are about the same contributors")
        let (a, b) = (ranks(left), ranks(right))
        // The mean of all ranks, ties or not.
        let mean = Double(a.count + 1) / 2
        func product(_ a: [Double], _ b: [Double]) -> Double {
            zip(a, b).reduce(0) { $0 + ($1.0 - mean) * ($1.1 - mean) }
        }
        let scale = (product(a, a) * product(b, b)).squareRoot()
        return scale > 0 ? product(a, b) / scale : 0
    }
}
