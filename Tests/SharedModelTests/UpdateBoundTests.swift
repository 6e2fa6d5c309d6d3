import SharedModel
import Testing

@Suite struct UpdateBoundTests {
    @Test func boundsThatNoTypeHasAreRefused() throws {
        for norm in [0, -1, -Double.infinity, .infinity] {
            #expect(throws: UpdateBoundError.normOutOfRange(norm)) {
                try UpdateBound(norm: norm, fractionalBits: 10, dimension: 10)
            }
        }
        #expect(throws: UpdateBoundError.self) { try UpdateBound(norm: .nan, fractionalBits: 10, dimension: 10) }
        for (bits, norm) in [(-1, 1), (32, 1), (64, 1), (.max, 1), (3, 0.1), (0, 0x1p32), (0, 1e300)] {
            #expect(throws: UpdateBoundError.fractionalBitsOutOfRange(bits, norm: norm)) {
                try UpdateBound(norm: norm, fractionalBits: bits, dimension: 10)
            }
        }
        // What is enforced is a multiple of the unit.
        #expect(try UpdateBound(norm: 0.3, fractionalBits: 2, dimension: 10).norm == 0.25)
    }

    @Test func whatFitsIsSentAsItIsAndWhatDoesNotIsScaledDown() throws {
        let bound = try UpdateBound(norm: 5, fractionalBits: 10, dimension: 3)
        for update in [[3, 0, 4], [0, 0, 0], [-5, 0, 0], [5 + 0x1p-12, 0, 0]] as [[Double]] {
            #expect(try bound.clip(update) == update)
        }
        #expect(try bound.encode([3, 0, -4]) == [3072, 0, -4096])
        let told = try bound.clipped([3000, 0, -4000])
        #expect(told.isScaled && told.norm == 5000 && abs(told.factor - 0.001) < 1e-9)
        #expect(told.description.contains("norm is 5000") && told.description.contains("to 0.001 of its length"))
        let clipped = try bound.clip([3000, 0, -4000])
        #expect(zip(clipped, [3, 0, -4]).allSatisfy { abs($0 - $1) < 1e-12 })
        #expect(try bound.clip([1e308, 1e308, 0]).allSatisfy(\.isFinite))
        #expect(throws: UpdateBoundError.aboveBound(norm: 5 + 0x1p-10, bound: 5, fractionalBits: 10)) {
            try bound.encode([5 + 0x1.8p-11, 0, 0])
        }
    }

    @Test func aRefusalNamesBothNorms() throws {
        let bound = try UpdateBound(norm: 4, fractionalBits: 16, dimension: 4)
        let error = #expect(throws: UpdateBoundError.self) { try bound.encode([6, 6, 6, 6]) }
        #expect("\(try #require(error))".contains("norm is 12.0 after rounding to multiples of 2^-16, and at most 4.0"))
        let infinite = #expect(throws: UpdateBoundError.self) { try bound.encode([1e308, 1e308, 1e308, 1e308]) }
        guard case .aboveBound = infinite else {
            Issue.record("\(String(describing: infinite))")
            return
        }
    }

    @Test func whatIsNoUpdateIsRefused() throws {
        let bound = try UpdateBound(norm: 5, fractionalBits: 10, dimension: 3)
        for update in [[], [1, 2], [1, 2, 3, 4]] as [[Double]] {
            #expect(throws: UpdateBoundError.wrongCount(found: update.count, expected: 3)) { try bound.clip(update) }
            #expect(throws: UpdateBoundError.wrongCount(found: update.count, expected: 3)) { try bound.encode(update) }
        }
        for bad in [Double.nan, .infinity, -.infinity] {
            #expect(throws: UpdateBoundError.notFinite(coordinate: 1)) { try bound.clip([0, bad, 0]) }
            #expect(throws: UpdateBoundError.notFinite(coordinate: 1)) { try bound.encode([0, bad, 0]) }
        }
    }

    @Test func averagesAreWithinHalfAStep() throws {
        let seed: UInt64 = 11
        var random = TrainingRandom(seed: seed)
        let bound = try UpdateBound(norm: 2, fractionalBits: 12, dimension: 200)
        let half = Double(sign: .plus, exponent: -bound.fractionalBits - 1, significand: 1 + 1e-9)
        for contributors in [1, 2, 7, 40] {
            var sums = [Int128](repeating: 0, count: 200)
            var exact = [Double](repeating: 0, count: 200)
            for _ in 0..<contributors {
                let update = try bound.clip((0..<200).map { _ in random.unitInterval() - 0.5 })
                for (index, value) in try bound.encode(update).enumerated() {
                    sums[index] += Int128(value)
                    exact[index] += update[index]
                }
            }
            let average = try bound.average(of: sums, contributors: contributors)
            for (decoded, sum) in zip(average, exact) {
                #expect(abs(decoded - sum / Double(contributors)) <= half, "seed \(seed)")
            }
        }
    }

    @Test func sumsThatCannotBeAreRefused() throws {
        let bound = try UpdateBound(norm: 1, fractionalBits: 3, dimension: 2)
        #expect(try bound.average(of: [16, -16], contributors: 2) == [1, -1])
        #expect(try bound.average(of: [1, 0], contributors: 4) == [0x1p-5, 0])
        for sum in [17, -17, Int128.min, .max] {
            #expect(throws: UpdateBoundError.sumOutOfRange(coordinate: 1, largest: 16)) {
                try bound.average(of: [0, sum], contributors: 2)
            }
        }
        #expect(throws: UpdateBoundError.wrongCount(found: 1, expected: 2)) {
            try bound.average(of: [0], contributors: 2)
        }
        for count in [0, -1, .max, 1 << 31 + 1] {
            #expect(throws: UpdateBoundError.contributorCountOutOfRange(count)) {
                try bound.average(of: [0, 0], contributors: count)
            }
        }
    }
}
