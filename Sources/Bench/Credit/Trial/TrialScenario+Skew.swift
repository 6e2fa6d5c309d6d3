import SharedModel

extension Dataset {
    /// The same rows, a share of them with a label other than their own.
    func mislabelled(share: Double, random: inout TrainingRandom) -> Dataset {
        var changed = labels
        var order = Array(labels.indices)
        random.shuffle(&order)
        for row in order.prefix(Int((Double(count) * share).rounded())) {
            changed[row] = (labels[row] + 1 + random.integer(below: classNames.count - 1)) % classNames.count
        }
        return Dataset(
            featureCount: featureCount, featureNames: featureNames, classNames: classNames, features: features,
            labels: changed)
    }
}

extension TrialScenario {
    /// How many classes contributor i of n has rows of: all for the first, fewer by equal steps.
    static func classes(of contributor: Int, among contributors: Int, classes: Int) -> Int {
        max(1, classes - contributor * classes / contributors)
    }

    /// Slices of as many rows, each of only so many classes: those that there are most rows of when it is dealt to. Who
    /// has the fewest classes is dealt to first, for nobody else can take what others leave.
    static func skewed(
        _ rows: Dataset, _ contributors: Int, _ random: inout TrainingRandom
    ) throws(PartitionError) -> [Dataset] {
        let size = rows.count / contributors
        guard size > 0 else { throw .notEnoughRows(rows: rows.count, contributors: contributors) }
        var order = Array(rows.labels.indices)
        random.shuffle(&order)
        var pools = [[Int]](repeating: [], count: rows.classNames.count)
        for row in order { pools[rows.labels[row]].append(row) }
        var slices = [Dataset?](repeating: nil, count: contributors)
        for contributor in (0..<contributors).reversed() {
            let count = classes(of: contributor, among: contributors, classes: pools.count)
            var fullest = Array(pools.indices)
            random.shuffle(&fullest)
            fullest.sort { pools[$0].count > pools[$1].count }
            var own = Array(fullest.prefix(count))
            var slice: [Int] = []
            while slice.count < size {
                own.sort { pools[$0].count > pools[$1].count }
                // Classes that it was not to have, once its own are used up.
                let source = pools[own[0]].isEmpty ? fullest.max { pools[$0].count < pools[$1].count } : own[0]
                guard let source, let row = pools[source].popLast() else { break }
                slice.append(row)
            }
            slices[contributor] = rows.subset(slice)
        }
        return slices.compactMap(\.self)
    }
}
