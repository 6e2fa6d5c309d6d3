import Bench
import SharedModel
import Testing

/// What a trial's verdict is computed with.
@Suite struct TrialArithmeticTests {
    @Test func ranksCountFromTheGreatestAndTiesShareTheirPlaces() {
        #expect(RankCorrelation.ranks([10, 30, 20]) == [3, 1, 2])
        #expect(RankCorrelation.ranks([5, 5, 9, 1]) == [2.5, 2.5, 1, 4])
        #expect(RankCorrelation.ranks([7, 7, 7]) == [2, 2, 2])
        #expect(RankCorrelation.ranks([Int]()).isEmpty)
    }

    @Test func spearmanIsTheCorrelationOfRanks() {
        #expect(RankCorrelation.spearman([1, 2, 3, 4], [10, 20, 30, 400]) == 1)
        #expect(RankCorrelation.spearman([1, 2, 3, 4], [4.0, 3, 2, -1]) == -1)
        // Without ties 1 - 6·Σd²/(n³ - n), here with Σd² = 8 and n = 5.
        #expect(abs(RankCorrelation.spearman([1, 2, 3, 4, 5], [3, 1, 2, 5, 4]) - 0.6) < 1e-12)
        // Ranks 1.5 1.5 3 and 1 2 3: 1.5/√(1.5·2).
        #expect(abs(RankCorrelation.spearman([2, 2, 1], [3, 2, 1]) - 1.5 / 3.0.squareRoot()) < 1e-12)
        // Nobody is ranked above anybody.
        #expect(RankCorrelation.spearman([1, 1, 1], [1, 2, 3]) == 0)
    }

    /// The glove game: 0 holds a left glove, 1 and 2 a right one each; a pair is worth 1.
    @Test func knownGamesHaveTheirKnownShapleyValues() {
        let gloves = (0..<8).map { subset in subset & 1 != 0 && subset & 6 != 0 ? 1.0 : 0 }
        for (value, expected) in zip(ShapleyValues.exact(gloves), [2.0 / 3, 1.0 / 6, 1.0 / 6]) {
            #expect(abs(value - expected) < 1e-12)
        }
        // A game that is the sum of what each brings gives each what it brings.
        let own = [3.0, -1, 0, 4.5]
        let additive = (0..<16).map { subset in
            own.indices.filter { subset & 1 << $0 != 0 }.reduce(0) { $0 + own[$1] }
        }
        for (value, expected) in zip(ShapleyValues.exact(additive), own) { #expect(abs(value - expected) < 1e-12) }
        #expect(ShapleyValues.exact([2, 7]) == [5])
    }

    /// Against the definition: the mean over all orders of what a player adds to those before it.
    @Test func shapleyValuesAreMeansOverAllOrdersAndAddUp() {
        var random = TrainingRandom(seed: 8)
        let players = 5
        let values = (0..<1 << players).map { _ in random.unitInterval() * 10 - 5 }
        var sums = [Double](repeating: 0, count: players)
        var orders = 0
        func extend(_ subset: Int) {
            guard subset != (1 << players) - 1 else {
                orders += 1
                return
            }
            for player in 0..<players where subset & 1 << player == 0 {
                let before = orders
                extend(subset | 1 << player)
                sums[player] += Double(orders - before) * (values[subset | 1 << player] - values[subset])
            }
        }
        extend(0)
        #expect(orders == 120)
        let exact = ShapleyValues.exact(values)
        for (value, sum) in zip(exact, sums) { #expect(abs(value - sum / 120) < 1e-9) }
        #expect(abs(exact.reduce(0, +) - (values[values.count - 1] - values[0])) < 1e-9)
    }
}
