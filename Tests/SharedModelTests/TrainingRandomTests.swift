import SharedModel
import Testing

@Suite struct TrainingRandomTests {
    /// First outputs of the authors' C code for the state 1, 2, 3, 4.
    @Test func xoshiroMatchesItsAuthors() {
        var random = TrainingRandom(state: (1, 2, 3, 4))
        let expected: [UInt64] = [
            11520, 0, 1_509_978_240, 1_215_971_899_390_074_240, 1_216_172_134_540_287_360,
            607_988_272_756_665_600, 16_172_922_978_634_559_625, 8_476_171_486_693_032_832,
        ]
        #expect(expected.map { _ in random.next() } == expected)
    }

    /// First outputs of the authors' C code for the seed 1234567.
    @Test func splitMixMatchesItsAuthors() {
        var mixer = SplitMix64(state: 1_234_567)
        let expected: [UInt64] = [
            6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
            4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
        ]
        #expect(expected.map { _ in mixer.next() } == expected)
    }

    @Test func boundedIntegersAreUniform() {
        var random = TrainingRandom(seed: 5)
        for bound in [1, 2, 3, 10, 1 << 40] {
            #expect((0..<100).allSatisfy { _ in (0..<bound).contains(random.integer(below: bound)) })
        }
        var counts = [Int](repeating: 0, count: 6)
        for _ in 0..<60_000 { counts[random.integer(below: 6)] += 1 }
        // Standard deviation 91: five of them.
        #expect(counts.allSatisfy { abs($0 - 10_000) < 455 })
    }

    @Test func unitNumbersAreInTheUnitInterval() {
        var random = TrainingRandom(seed: 6)
        let numbers = (0..<10_000).map { _ in random.unitInterval() }
        #expect(numbers.allSatisfy { (0..<1).contains($0) })
        #expect(abs(numbers.reduce(0, +) / 10_000 - 0.5) < 0.015)
    }

    @Test func shufflingPermutesAndFollowsFromTheSeed() {
        var (one, two, other) = (TrainingRandom(seed: 7), TrainingRandom(seed: 7), TrainingRandom(seed: 8))
        var (a, b, c) = (Array(0..<100), Array(0..<100), Array(0..<100))
        one.shuffle(&a)
        two.shuffle(&b)
        other.shuffle(&c)
        #expect(a == b && a != c && a != Array(0..<100) && a.sorted() == Array(0..<100))
    }

    @Test func derivedSeedsDiffer() {
        var seeds: Set<UInt64> = [TrainingRandom.seed(1), TrainingRandom.seed(1, 0), TrainingRandom.seed(1, 0, 0)]
        for round in UInt64(0)..<30 {
            for contributor in UInt64(0)..<30 { seeds.insert(TrainingRandom.seed(1, round, contributor)) }
        }
        #expect(seeds.count == 2 + 900)
    }
}
