import Tasks

/// What everybody earned in a scenario, by each policy, and what the Shapley values say.
package struct TrialResult: Sendable {
    package static let policies: [CreditPolicy.Kind] = [.unit, .priced, .alignment, .validation]

    package let scenario: TrialScenario
    package let weakest: [Int]
    /// Sums over the rounds, one for each contributor.
    package private(set) var credits: [CreditPolicy.Kind: [Int64]] = [:]
    package private(set) var shapley: [Double]
    package private(set) var shapleyOnTest: [Double]
    /// By how much the loss on validation rows fell.
    package internal(set) var improvement = 0.0
    /// Of the last model, on test rows.
    package internal(set) var accuracy = 0.0

    init(scenario: TrialScenario, contributors: Int, weakest: [Int]) {
        self.scenario = scenario
        self.weakest = weakest
        shapley = [Double](repeating: 0, count: contributors)
        shapleyOnTest = shapley
    }

    mutating func add(_ round: [Int64], for policy: CreditPolicy.Kind) {
        credits[policy] = zip(credits[policy] ?? round.map { _ in 0 }, round).map { $0 + $1 }
    }

    mutating func add(shapley round: [Double], onTest: [Double]) {
        shapley = zip(shapley, round).map { $0 + $1 }
        shapleyOnTest = zip(shapleyOnTest, onTest).map { $0 + $1 }
    }
}
