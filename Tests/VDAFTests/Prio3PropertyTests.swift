import TestSupport
import Testing
import VDAF

/// Random measurements, parameters and numbers of aggregators: the result is the plain sum.
@Suite struct Prio3PropertyTests {
    static let shareCounts = [2, 3, 5, 255]

    @Test(arguments: shareCounts)
    func countCounts(shares: Int) throws {
        var random = SeededGenerator()
        let measurements = (0..<4).map { _ in Bool.random(using: &random) }
        let result = try aggregate(Prio3Count(shares: shares), measurements, &random)
        #expect(result == UInt128(measurements.filter { $0 }.count))
    }

    @Test(arguments: shareCounts)
    func sumSums(shares: Int) throws {
        var random = SeededGenerator()
        for _ in 0..<(shares > 5 ? 2 : 20) {
            let bits = UInt64.random(in: 1...63, using: &random)
            let maximum = UInt64.random(in: 1..<(1 << bits), using: &random)
            let measurements = [0, maximum] + (0..<3).map { _ in UInt64.random(in: 0...maximum, using: &random) }
            let result = try aggregate(Prio3Sum(maxMeasurement: maximum, shares: shares), measurements, &random)
            #expect(result == measurements.reduce(0) { $0 + UInt128($1) } % Field64.modulus, "maximum \(maximum)")
        }
    }

    @Test(arguments: shareCounts)
    func sumVecSumsPerCoordinate(shares: Int) throws {
        var random = SeededGenerator()
        for _ in 0..<(shares > 5 ? 1 : 10) {
            let length = Int.random(in: 1...(shares > 5 ? 3 : 20), using: &random)
            let maximum = UInt64.random(in: 1...UInt64.max >> UInt64.random(in: 0...63, using: &random), using: &random)
            let chunkLength = Int.random(in: 1...50, using: &random)
            let vdaf = try Prio3SumVec(
                length: length, maxMeasurement: maximum, chunkLength: chunkLength, shares: shares,
                proofs: Int.random(in: 1...3, using: &random))
            let measurements = (0..<3).map { _ in
                (0..<length).map { _ in UInt64.random(in: 0...maximum, using: &random) }
            }
            let result = try aggregate(vdaf, measurements, &random)
            let expected = (0..<length).map { index in measurements.reduce(0) { $0 + UInt128($1[index]) } }
            #expect(result == expected, "length \(length), maximum \(maximum), chunk length \(chunkLength)")
        }
    }

    @Test(arguments: shareCounts)
    func histogramCountsPerBucket(shares: Int) throws {
        var random = SeededGenerator()
        for _ in 0..<(shares > 5 ? 1 : 10) {
            let length = Int.random(in: 1...(shares > 5 ? 4 : 60), using: &random)
            let chunkLength = Int.random(in: 1...(length + 3), using: &random)
            let vdaf = try Prio3Histogram(length: length, chunkLength: chunkLength, shares: shares)
            let measurements = [0, length - 1] + (0..<3).map { _ in Int.random(in: 0..<length, using: &random) }
            let result = try aggregate(vdaf, measurements, &random)
            let expected = (0..<length).map { bucket in UInt128(measurements.filter { $0 == bucket }.count) }
            #expect(result == expected, "length \(length), chunk length \(chunkLength)")
        }
    }

    @Test(arguments: shareCounts)
    func multihotCountVecCountsPerCoordinate(shares: Int) throws {
        var random = SeededGenerator()
        for _ in 0..<(shares > 5 ? 1 : 10) {
            let length = Int.random(in: 1...(shares > 5 ? 4 : 60), using: &random)
            let maxWeight = Int.random(in: 1...length, using: &random)
            let chunkLength = Int.random(in: 1...(length + 10), using: &random)
            let vdaf = try Prio3MultihotCountVec(
                length: length, maxWeight: maxWeight, chunkLength: chunkLength, shares: shares)
            let measurements = [0, maxWeight, Int.random(in: 0...maxWeight, using: &random)].map { weight in
                (0..<length).map { $0 < weight }.shuffled(using: &random)
            }
            let result = try aggregate(vdaf, measurements, &random)
            let expected = (0..<length).map { index in UInt128(measurements.filter { $0[index] }.count) }
            #expect(result == expected, "length \(length), weight \(maxWeight), chunk length \(chunkLength)")
        }
    }

    @Test(arguments: shareCounts)
    func l1BoundSumSumsPerCoordinate(shares: Int) throws {
        var random = SeededGenerator()
        for _ in 0..<(shares > 5 ? 1 : 10) {
            let length = Int.random(in: 1...(shares > 5 ? 3 : 20), using: &random)
            let bound = UInt64.random(in: 1...UInt64.max >> UInt64.random(in: 0...63, using: &random), using: &random)
            let chunkLength = Int.random(in: 1...50, using: &random)
            let vdaf = try Prio3L1BoundSum(length: length, maxValue: bound, chunkLength: chunkLength, shares: shares)
            let zeros = [UInt64](repeating: 0, count: length)
            var measurements = [zeros, zeros.dropLast() + [bound]]
            var (rest, measurement) = (bound, zeros)
            for index in measurement.indices.shuffled(using: &random) {
                measurement[index] = UInt64.random(in: 0...rest, using: &random)
                rest -= measurement[index]
            }
            measurements.append(measurement)
            let result = try aggregate(vdaf, measurements, &random)
            let expected = (0..<length).map { index in measurements.reduce(0) { $0 + UInt128($1[index]) } }
            #expect(result == expected, "length \(length), bound \(bound), chunk length \(chunkLength)")
        }
    }

    @Test(arguments: shareCounts)
    func averageIsTheSumOverTheCount(shares: Int) throws {
        var random = SeededGenerator()
        let vdaf = try Prio3Average(maxMeasurement: 1000, shares: shares)
        #expect(try aggregate(vdaf, [0, 1000, 1], &random) == 1001.0 / 3)
        #expect(try aggregate(vdaf, [7], &random) == 7)
    }

    @Test func averagesAreMadeOfReportsOfPrio3Sum() throws {
        var random = SeededGenerator()
        let (sum, average) = (try Prio3Sum(maxMeasurement: 100), try Prio3Average(maxMeasurement: 100))
        let (context, nonce, rand) = (random.bytes(3), random.bytes(16), random.bytes(sum.randSize))
        let one = try sum.shard(context: context, measurement: 77, nonce: nonce, rand: rand)
        let other = try average.shard(context: context, measurement: 77, nonce: nonce, rand: rand)
        #expect(one.publicShare == other.publicShare && one.inputShares == other.inputShares)
    }

    @Test(arguments: [2, 3, 255])
    func sumVecOverTheSmallFieldSumsPerCoordinate(shares: Int) throws {
        var random = SeededGenerator()
        let measurements: [[UInt64]] = [[300, 0, 299], [7, 0, 300]]
        let shake = try Prio3SumVecField64Multiproof(
            length: 3, maxMeasurement: 300, chunkLength: 5, shares: shares)
        #expect(try aggregate(shake, measurements, &random) == [307, 0, 599])
        let hmac = try Prio3SumVecField64MultiproofHmacSha256Aes128(
            length: 3, maxMeasurement: 300, chunkLength: 5, shares: shares)
        #expect(try aggregate(hmac, measurements, &random) == [307, 0, 599])
    }

    @Test(arguments: [3, 4, 255])
    func anyNumberOfProofsWorks(proofs: Int) throws {
        var random = SeededGenerator()
        let vdaf = try Prio3SumVecField64Multiproof(length: 3, maxMeasurement: 9, chunkLength: 2, proofs: proofs)
        #expect(try aggregate(vdaf, [[0, 9, 4], [9, 9, 1]], &random) == [9, 18, 5])
    }

    @Test func anAggregateIsTheSameInAnyGrouping() throws {
        var random = SeededGenerator()
        let vdaf = try Prio3Histogram(length: 5, chunkLength: 2)
        let outputs = try (0..<6).map { try Report(vdaf, $0 % 5, &random).verify()[0] }
        var together = vdaf.aggregateInit(())
        for output in outputs { vdaf.aggregateUpdate(&together, with: output) }
        let groups = [outputs[0..<2], outputs[2..<2], outputs[2..<6]].map { group in
            group.reduce(into: vdaf.aggregateInit(())) { vdaf.aggregateUpdate(&$0, with: $1) }
        }
        #expect(try vdaf.merge(groups) == together)
        #expect(try vdaf.merge([]) == vdaf.aggregateInit(()))
        #expect(throws: VDAFError.self) { try vdaf.merge([[.zero]]) }
    }

    @Test func outputSharesOfFreshInputSharesAreThoseThatVerificationReleases() throws {
        var random = SeededGenerator()
        let vdaf = try Prio3SumVec(length: 4, maxMeasurement: 1000, chunkLength: 6, shares: 3)
        let report = try Report(vdaf, [0, 1000, 512, 3], &random)
        let early = try vdaf.outputShares(
            context: report.context, inputShares: report.inputShares)
        #expect(try report.verify() == early)
        for aggregator in 0..<3 {
            #expect(vdaf.outputShare(of: try report.verifyInit(aggregator).state) == early[aggregator])
        }
        #expect(throws: VDAFError.self) {
            try vdaf.outputShares(
                context: report.context, inputShares: Array(report.inputShares.reversed()))
        }
    }

    @Test func integerSumsAreDecodedWithinTheirBoundOnly() throws {
        let sum = try Prio3Sum(maxMeasurement: 10)
        #expect(sum.coordinateBound == 10 && sum.outputLength == 1)
        #expect(try sum.decode(aggregate: [30], measurementCount: 3) == 30)
        #expect(
            throws: VDAFError.aggregateOutOfRange("coordinate 0 is 31, but 3 measurements add up to at most 30")
        ) {
            try sum.decode(aggregate: [31], measurementCount: 3)
        }
        #expect(throws: VDAFError.self) { try sum.decode(aggregate: [1, 2], measurementCount: 3) }
        #expect(throws: VDAFError.self) { try sum.decode(aggregate: [0], measurementCount: 0) }
        let vector = try Prio3SumVec(length: 2, maxMeasurement: .max, chunkLength: 3)
        #expect(try vector.decode(aggregate: [1 << 64, 0], measurementCount: .max) == [1 << 64, 0])
    }

    @Test func shardingIsDeterministicAndUsesAllItsRandomness() throws {
        var random = SeededGenerator()
        let vdaf = try Prio3Histogram(length: 3, chunkLength: 2, shares: 3)
        let (context, nonce, rand) = (random.bytes(3), random.bytes(16), random.bytes(vdaf.randSize))
        func encoded(_ rand: [UInt8]) throws -> [[UInt8]] {
            let (publicShare, inputShares) = try vdaf.shard(
                context: context, measurement: 1, nonce: nonce, rand: rand)
            return [vdaf.encode(publicShare: publicShare)] + inputShares.map { vdaf.encode(inputShare: $0) }
        }
        let first = try encoded(rand)
        #expect(try encoded(rand) == first)
        for position in 0..<vdaf.randSize {
            var other = rand
            other[position] ^= 1
            #expect(try encoded(other) != first, "byte \(position)")
        }
    }
}
