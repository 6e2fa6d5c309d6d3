import Bench
import SharedModel
import Testing

@Suite struct UpdateEncodingTests {
    @Test(arguments: [1, 2, 8, 16, 24, 31, 32], [1.0, 0.1, 4, 1e-9, 3e7, 1.7e308])
    func boundsAreExact(_ bits: Int, _ bound: Double) throws {
        let encoding = try UpdateEncoding(bound: bound, bits: bits)
        let maximum = UInt64(1) << UInt64(bits) - 1
        #expect(encoding.maximum == maximum)
        let encoded = try encoding.encode([-bound, bound, -.infinity, .infinity, bound.nextUp, (-bound).nextDown])
        #expect(encoded == [0, maximum, 0, maximum, maximum, 0])
        for count in [1, 2, 3, 40, 1 << 31] {
            let top = UInt128(maximum) * UInt128(count)
            #expect(try encoding.decodeAverage([0, top], contributors: count) == [-bound, bound])
            if count % 2 == 0 { #expect(try encoding.decodeAverage([top / 2], contributors: count) == [0]) }
        }
    }

    @Test func valuesRoundToTheNearestStep() throws {
        // Two bits over [-3, 3]: the integers 0 to 3 stand for -3, -1, 1, 3.
        let encoding = try UpdateEncoding(bound: 3, bits: 2)
        let encoded = try encoding.encode([-3, -2.1, -1.9, -1, -0.1, 0, 0.1, 1, 1.9, 2.1, 3])
        #expect(encoded == [0, 0, 1, 1, 1, 2, 2, 2, 2, 3, 3])
        #expect(try encoding.decodeAverage([0, 1, 2, 3], contributors: 1) == [-3, -1, 1, 3])
    }

    @Test(arguments: [2, 8, 16, 32])
    func averagesAreWithinTheDocumentedError(_ bits: Int) throws {
        let seed = UInt64(bits)
        var random = TrainingRandom(seed: seed)
        let encoding = try UpdateEncoding(bound: 0.7, bits: bits)
        for contributors in [1, 2, 7, 40] {
            var sums = [UInt128](repeating: 0, count: 200)
            var exact = [Double](repeating: 0, count: 200)
            for _ in 0..<contributors {
                let update = (0..<200).map { _ in 2 * random.unitInterval() - 1 }
                for (index, value) in try encoding.encode(update).enumerated() {
                    sums[index] += UInt128(value)
                    exact[index] += min(max(update[index], -0.7), 0.7)
                }
            }
            let average = try encoding.decodeAverage(sums, contributors: contributors)
            for (decoded, sum) in zip(average, exact) {
                #expect(abs(decoded - sum / Double(contributors)) <= encoding.worstCaseError, "seed \(seed)")
                #expect(abs(decoded) <= 0.7)
            }
        }
    }

    /// Values half-way between two steps reach the error bound, so the documented bound is tight.
    @Test func theDocumentedErrorIsReached() throws {
        let encoding = try UpdateEncoding(bound: 1, bits: 16)
        let encoded = try encoding.encode([0])
        let decoded = try encoding.decodeAverage([UInt128(encoded[0])], contributors: 1)
        #expect(abs(decoded[0]) > 0.999 * encoding.worstCaseError)
    }

    @Test func whatCannotBeEncodedOrDecodedIsRefused() throws {
        for bound in [0, -1, .nan, .infinity] {
            #expect(throws: UpdateEncodingError.self) { try UpdateEncoding(bound: bound, bits: 16) }
        }
        for bits in [0, -1, 33, 64, .max] {
            #expect(throws: UpdateEncodingError.bitsOutOfRange(bits)) { try UpdateEncoding(bound: 1, bits: bits) }
        }
        let encoding = try UpdateEncoding(bound: 1, bits: 8)
        #expect(throws: UpdateEncodingError.notANumber(coordinate: 1)) { try encoding.encode([0, .nan]) }
        #expect(throws: UpdateEncodingError.sumOutOfRange(coordinate: 1, largest: 510)) {
            try encoding.decodeAverage([510, 511], contributors: 2)
        }
        #expect(throws: UpdateEncodingError.sumOutOfRange(coordinate: 0, largest: 510)) {
            try encoding.decodeAverage([.max], contributors: 2)
        }
        for count in [0, -1, .max] {
            #expect(throws: UpdateEncodingError.contributorCountOutOfRange(count)) {
                try encoding.decodeAverage([1], contributors: count)
            }
        }
    }
}
