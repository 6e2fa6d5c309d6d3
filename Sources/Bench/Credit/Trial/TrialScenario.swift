import SharedModel

/// What makes contributors differ in a trial.
package enum TrialScenario: String, Sendable, CaseIterable {
    /// Each has half as many rows again as the one before.
    case unequalSizes = "unequal-sizes"
    /// As many rows each; contributor i of n has wrong labels in i/n of them.
    case labelNoise = "label-noise"
    /// As many rows each; contributor i of n has rows of all classes but i/n of them, so the last of a single one where
    /// there are ten of each.
    case labelSkew = "label-skew"
    /// As many rows each; three in ten send something without training.
    case freeRiders = "free-riders"
}

/// What a contributor does in every round.
package enum TrialMember: Sendable {
    case trains(Dataset)
    case rides(FreeRider)
}

/// How somebody sends an update without having trained.
package enum FreeRider: Sendable, CaseIterable {
    /// Nothing: all zeros.
    case zero
    /// Random numbers, about as large as the step that was published last.
    case random
    /// The step that was published last, once more.
    case stale
}

/// The contributors of a scenario.
package struct TrialMembers: Sendable {
    package var members: [TrialMember]
    /// Those that the scenario makes the weakest, of whom a policy should think least: three in ten.
    package var weakest: [Int]

    static func weakestCount(of contributors: Int) -> Int { max(1, contributors * 3 / 10) }
}

extension TrialScenario {
    /// Deals rows to contributors.
    ///
    /// - Throws: `PartitionError` if there are too few.
    package func members(
        dealing rows: Dataset, to contributors: Int, random: inout TrainingRandom
    ) throws(PartitionError) -> TrialMembers {
        let weak = TrialMembers.weakestCount(of: contributors)
        let last = Array(contributors - weak..<contributors)
        switch self {
        case .unequalSizes:
            return TrialMembers(
                members: try Self.growing(rows, contributors, &random).map(TrialMember.trains),
                weakest: Array(0..<weak))
        case .labelNoise:
            let slices = try rows.slices(contributors: contributors, order: .shuffled(seed: random.next()))
            return TrialMembers(
                members: slices.enumerated().map { index, slice in
                    .trains(slice.mislabelled(share: Double(index) / Double(contributors), random: &random))
                }, weakest: last)
        case .labelSkew:
            let slices = try Self.skewed(rows, contributors, &random)
            return TrialMembers(members: slices.map(TrialMember.trains), weakest: last)
        case .freeRiders:
            let slices = try rows.slices(contributors: contributors, order: .shuffled(seed: random.next()))
            let kinds = FreeRider.allCases
            return TrialMembers(
                members: slices.enumerated().map { index, slice in
                    index < contributors - weak
                        ? .trains(slice) : .rides(kinds[(index - (contributors - weak)) % kinds.count])
                }, weakest: last)
        }
    }

    private static let growth = 1.5

    private static func growing(
        _ rows: Dataset, _ contributors: Int, _ random: inout TrainingRandom
    ) throws(PartitionError) -> [Dataset] {
        guard contributors <= rows.count else {
            throw .notEnoughRows(rows: rows.count, contributors: contributors)
        }
        var order = Array(rows.labels.indices)
        random.shuffle(&order)
        var weights: [Double] = []
        var weight = 1.0
        for _ in 0..<contributors {
            weights.append(weight)
            weight *= growth
        }
        let total = weights.reduce(0, +)
        var (start, sum) = (0, 0.0)
        return weights.enumerated().map { index, weight in
            sum += weight
            // At least one row each, and one left for each that follows.
            let wanted = Int((Double(rows.count) * sum / total).rounded())
            let end = min(max(wanted, start + 1), rows.count - (contributors - 1 - index))
            defer { start = end }
            return rows.subset(Array(order[start..<end]))
        }
    }
}
