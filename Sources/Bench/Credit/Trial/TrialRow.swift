import Tasks

/// How well one policy ranked the contributors of one scenario.
package struct TrialRow: Sendable {
    package let scenario: TrialScenario
    package let policy: CreditPolicy.Kind
    /// Rank correlation of credit with exact per-round Shapley values, both added up over the rounds.
    package let spearman: Double
    /// The same with Shapley values on the test rows.
    package let spearmanOnTest: Double
    /// The median of the scenario's weakest contributors' ranks; the greatest credit has rank 1.
    package let weakestMedianRank: Double
    /// Whether each of them has less credit than the median of all contributors.
    package let weakestAreBelowMedian: Bool
}

extension TrialResult {
    /// One row for each policy.
    package var rows: [TrialRow] {
        Self.policies.map { policy in
            let earned = credits[policy] ?? []
            let ranks = RankCorrelation.ranks(earned)
            let median = Spread(earned.map { Double($0) }).median
            return TrialRow(
                scenario: scenario, policy: policy, spearman: RankCorrelation.spearman(earned, shapley),
                spearmanOnTest: RankCorrelation.spearman(earned, shapleyOnTest),
                weakestMedianRank: Spread(weakest.map { ranks[$0] }).median,
                weakestAreBelowMedian: weakest.allSatisfy { Double(earned[$0]) < median })
        }
    }
}
