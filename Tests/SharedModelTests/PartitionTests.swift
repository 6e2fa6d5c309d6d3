import SharedModel
import Testing

@Suite struct PartitionTests {
    private func numbered(_ labels: [Int], classes: Int) -> Dataset {
        Dataset(
            featureCount: 1, classNames: (0..<classes).map(String.init), features: labels.indices.map(Double.init),
            labels: labels)
    }

    @Test func aFifthOfEveryClassIsSetAside() throws {
        let data = try digits()
        let (training, test) = try data.stratifiedSplit(seed: 3)
        #expect(test.count == 359 && training.count == 1438)
        for (taken, all) in zip(test.classCounts, data.classCounts) {
            #expect(abs(Double(taken) - 0.2 * Double(all)) < 1)
        }
    }

    @Test func splitAndSlicesUseEveryRowOnce() throws {
        let data = numbered((0..<101).map { $0 % 4 }, classes: 4)
        let (training, test) = try data.stratifiedSplit(seed: 9)
        #expect((training.features + test.features).sorted() == data.features)
        for order in [SliceOrder.contiguous, .shuffled(seed: 4)] {
            let slices = try training.slices(contributors: 7, order: order)
            #expect(slices.flatMap(\.features).sorted() == training.features)
            #expect(Set(slices.map(\.count)) == [11, 12])
            #expect(slices.allSatisfy { $0.labels == $0.features.map { Int($0) % 4 } })
        }
        #expect(try training.slices(contributors: 7, order: .contiguous).flatMap(\.features) == training.features)
    }

    @Test func splitsFollowFromTheSeed() throws {
        let data = numbered((0..<100).map { $0 % 3 }, classes: 3)
        #expect(try data.stratifiedSplit(seed: 1).test == data.stratifiedSplit(seed: 1).test)
        #expect(try data.stratifiedSplit(seed: 1).test != data.stratifiedSplit(seed: 2).test)
    }

    @Test func everyClassKeepsATrainingRow() throws {
        let data = numbered([0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 2], classes: 3)
        for seed in UInt64(0)..<20 {
            let (training, test) = try data.stratifiedSplit(testFraction: 0.9, seed: seed)
            #expect(training.classCounts.allSatisfy { $0 > 0 } && test.count == 8)
        }
    }

    @Test func impossibleDivisionsAreRefused() throws {
        let data = numbered([0, 1, 0, 1, 0], classes: 2)
        #expect(throws: PartitionError.notEnoughRows(rows: 5, contributors: 6)) {
            try data.slices(contributors: 6, order: .contiguous)
        }
        #expect(throws: PartitionError.notEnoughRows(rows: 5, contributors: 0)) {
            try data.slices(contributors: 0, order: .contiguous)
        }
        #expect(try data.slices(contributors: 5, order: .contiguous).map(\.count) == [1, 1, 1, 1, 1])
        for fraction in [0, 1, -0.5, .nan] {
            #expect(throws: PartitionError.self) { try data.stratifiedSplit(testFraction: fraction, seed: 0) }
        }
        #expect(throws: PartitionError.tooFewRowsToSplit(rows: 2)) {
            try numbered([0, 1], classes: 2).stratifiedSplit(seed: 0)
        }
    }
}
