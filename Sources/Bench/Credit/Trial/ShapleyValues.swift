/// Shapley values: the one way to divide what a group achieves that treats equals alike, gives nothing for nothing, adds
/// up over games, and divides all of it (Shapley, 1953).
///
///     φ_i = Σ over S without i of |S|!·(n - |S| - 1)!/n! · (v(S ∪ {i}) - v(S))
///
/// Exact, from the value of every one of the 2^n subsets: for a handful of players, where it is the yardstick.
package enum ShapleyValues {
    /// - Parameter values: v of every subset, at the index whose bits name its members.
    /// - Precondition: a power of two of values.
    package static func exact(_ values: [Double]) -> [Double] {
        let players = values.count.trailingZeroBitCount
        precondition(values.count == 1 << players, "there is one value for each subset")
        // 1/(n · C(n - 1, s)), from s to s + 1 by C(n-1, s+1) = C(n-1, s)·(n-1-s)/(s+1).
        var weights: [Double] = []
        var weight = 1 / Double(max(players, 1))
        for size in 0..<players {
            weights.append(weight)
            weight *= Double(size + 1) / Double(max(players - 1 - size, 1))
        }
        return (0..<players).map { player in
            let bit = 1 << player
            return values.indices.reduce(0) { sum, subset in
                guard subset & bit == 0 else { return sum }
                return sum + weights[subset.nonzeroBitCount] * (values[subset | bit] - values[subset])
            }
        }
    }
}
