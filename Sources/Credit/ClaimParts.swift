// More receipts than one claim holds make several claims, which an audience adds up.

extension [ClaimableBatch] {
    /// The reports in as few parts as hold at most `most` each, all of about one size.
    package func parts(ofAtMost most: Int) -> [[ClaimableBatch]] {
        let total = reduce(0) { $0 + $1.reports.count }
        let count = Swift.max(1, (total + most - 1) / most)
        let ends = (1...count).map { total * $0 / count }
        var parts = [[ClaimableBatch]](repeating: [], count: count)
        var (place, part) = (0, 0)
        for batch in self {
            var rest = batch.reports[...]
            while !rest.isEmpty {
                let taken = rest.prefix(ends[part] - place)
                rest = rest.dropFirst(taken.count)
                place += taken.count
                if !taken.isEmpty {
                    parts[part].append(
                        ClaimableBatch(
                            task: batch.task, closeProof: batch.closeProof, weights: batch.weights,
                            reports: [ClaimableReport](taken)))
                }
                if place == ends[part], part + 1 < count { part += 1 }
            }
        }
        return parts
    }
}

extension CreditStatement {
    /// What each part states, so that together they state this.
    ///
    /// A bound from below is divided by the parts' numbers of reports, which everybody sees, so that its parts tell nothing
    /// that they need not. A total is the sum of the parts' totals, which tells these, too. A range cannot be divided
    /// without telling where in it the parts lie.
    ///
    /// - Parameters:
    ///   - counts: how many reports each part has.
    ///   - totals: what each part is worth.
    /// - Returns: nil where the parts cannot state it.
    package func divided(counts: [Int], totals: [Int64]) -> [CreditStatement]? {
        guard counts.count > 1 else { return [self] }
        switch self {
        case .exactly: return totals.map { .exactly($0) }
        case .between: return nil
        case .atLeast(let bound):
            let all = counts.reduce(0, +)
            var (seen, before) = (0, Int64(0))
            let bounds = counts.map { count -> Int64 in
                seen += count
                let share = Self.floor(Int128(bound) * Int128(seen), by: Int128(all))
                defer { before = share }
                return share - before
            }
            guard zip(bounds, totals).allSatisfy({ $0 <= $1 }) else { return nil }
            return bounds.map { .atLeast($0) }
        }
    }

    private static func floor(_ number: Int128, by divisor: Int128) -> Int64 {
        let (quotient, remainder) = number.quotientAndRemainder(dividingBy: divisor)
        return Int64(remainder < 0 ? quotient - 1 : quotient)
    }
}
