import VDAF

extension MeasuredType {
    /// Bits are those of the sum.
    package static let l1boundsum = MeasuredType(
        "l1boundsum", length: 1000, bits: 16, elements: { ($0 + 1) * $1 },
        workload: { benchCase, _ throws(VDAFError) in
            let (length, maximum) = (benchCase.length, benchCase.maximum)
            let vdaf = try Prio3L1BoundSum(length: length, maxValue: maximum, chunkLength: benchCase.chunkLength)
            return benchCase.workload(vdaf) { randomness in
                // The distances between points of [0, maximum] in order add up to at most the maximum.
                let points = (0..<length).map { _ in UInt64.random(in: 0...maximum, using: &randomness) }.sorted()
                let values = zip(points, [0] + points).map { $0 - $1 }
                return (values, values)
            } result: { sums, _ in
                sums
            }
        })
}
