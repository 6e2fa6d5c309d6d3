import Bench
import Foundation
import SharedModel
import Tasks
import Testing

/// The trial of credit policies on the repository's digits.
@Suite struct CreditTrialTests {
    private static func digits() throws -> Dataset {
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let bytes = try Data(contentsOf: root.appendingPathComponent("Data/digits.csv"))
        return try Dataset(csv: try CSVTable(fileName: "digits.csv", bytes: Array(bytes)), label: .last)
    }

    private static func trial(contributors: Int, rounds: Int, seed: UInt64) throws -> CreditTrial {
        try CreditTrial(
            data: digits(), settings: TrialSettings(contributors: contributors, rounds: rounds, seed: seed))
    }

    /// What the trial is to show: validation credit follows Shapley values, and does not pay free riders.
    @Test(arguments: TrialScenario.allCases)
    func validationCreditRanksAsShapleyValuesDo(_ scenario: TrialScenario) throws {
        let result = try Self.trial(contributors: 10, rounds: 3, seed: 1).run(scenario)
        let row = try #require(result.rows.first { $0.policy == .validation })
        #expect(row.spearman >= 0.7)
        if scenario == .freeRiders { #expect(row.weakestAreBelowMedian && row.weakestMedianRank > 7) }
        #expect(result.accuracy > 0.6)

        let unit = try #require(result.rows.first { $0.policy == .unit })
        #expect(unit.spearman == 0 && unit.weakestMedianRank == 5.5 && !unit.weakestAreBelowMedian)
        #expect(result.rows.map(\.policy) == [.unit, .priced, .alignment, .validation])
    }

    @Test func shapleyValuesDivideWhatTheLossFellBy() throws {
        let result = try Self.trial(contributors: 4, rounds: 2, seed: 2).run(.labelNoise)
        #expect(abs(result.shapley.reduce(0, +) - result.improvement) < 1e-9)
        #expect(result.improvement > 0)
    }

    /// Alignment: Σ_i ⟨x_i, A⟩ = ‖A‖², so positive; and who sends nothing earns nothing by any λ but rounding's.
    @Test func theOneWhoSendsNothingEarnsNearlyNothing() throws {
        let result = try Self.trial(contributors: 10, rounds: 2, seed: 3).run(.freeRiders)
        for policy in [CreditPolicy.Kind.priced, .alignment, .validation] {
            let credits = try #require(result.credits[policy])
            let largest = credits.map(\.magnitude).max() ?? 0
            #expect(Double(credits[result.weakest[0]].magnitude) < 0.001 * Double(largest), "\(policy): \(credits)")
        }
        #expect(try #require(result.credits[.alignment]).reduce(0, +) > 0)
    }

    @Test func aSeedRepeatsATrial() throws {
        func credits(seed: UInt64) throws -> [Int64]? {
            try Self.trial(contributors: 3, rounds: 2, seed: seed).run(.freeRiders).credits[.validation]
        }
        #expect(try credits(seed: 5) == credits(seed: 5))
        #expect(try credits(seed: 5) != credits(seed: 6))
    }

    @Test func rowsAreDealtAsTheScenarioSays() throws {
        let data = try Self.digits()
        func slices(_ scenario: TrialScenario) throws -> [Dataset] {
            var random = TrainingRandom(seed: 4)
            return try scenario.members(dealing: data, to: 10, random: &random).members.compactMap {
                if case .trains(let rows) = $0 { rows } else { nil }
            }
        }
        let sizes = try slices(.unequalSizes).map(\.count)
        #expect(sizes.reduce(0, +) == data.count && sizes == sizes.sorted() && sizes[9] > 25 * sizes[0])

        let noisy = try slices(.labelNoise)
        let truth = Dictionary(
            (0..<data.count).map { (Array(data.row($0)), data.labels[$0]) }, uniquingKeysWith: { first, _ in first })
        let wrong = noisy.map { slice in
            Double((0..<slice.count).count { truth[Array(slice.row($0))] != slice.labels[$0] }) / Double(slice.count)
        }
        for (index, share) in wrong.enumerated() { #expect(abs(share - Double(index) / 10) < 0.01) }

        let skewed = try slices(.labelSkew)
        #expect(skewed.map { $0.classCounts.count { $0 > 0 } } == (0..<10).map { 10 - $0 })
        #expect(Set(skewed.map(\.count)) == [179])
        #expect(try slices(.freeRiders).count == 7)
        #expect(throws: PartitionError.self) {
            var random = TrainingRandom(seed: 4)
            _ = try TrialScenario.labelSkew.members(dealing: data.subset([1, 2]), to: 10, random: &random)
        }
    }

    @Test(arguments: [(2, 1, "--contributors 2"), (13, 1, "--contributors 13"), (10, 0, "--rounds 0")])
    func impossibleTrialsAreRefused(contributors: Int, rounds: Int, word: String) {
        let error = #expect(throws: BenchError.self) {
            try TrialSettings(contributors: contributors, rounds: rounds, seed: 0)
        }
        guard case .invalidOption(let text) = error else { return }
        #expect(text.contains(word), "\(text)")
    }
}
