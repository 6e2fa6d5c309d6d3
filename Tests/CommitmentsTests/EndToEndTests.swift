import Commitments
import Ristretto255
import TestSupport
import Testing
import VDAF

/// Committed types from measurement to checked result: the same as adding the measurements up in the clear.
@Suite struct EndToEndTests {
    @Test func committedCountEqualsThePlainCount() throws {
        var random = SeededGenerator()
        var batch = Batch(try Committed(Prio3Count()))
        #expect(batch.vdaf.algorithmID == 0xffff_c001)
        let measurements = (0..<20).map { _ in Bool.random(using: &random) }
        for measurement in measurements {
            try batch.add(measurement, random: &random)
        }
        #expect(try Int(batch.checkedResult()) == measurements.count { $0 })
    }

    @Test func committedSumEqualsThePlainSum() throws {
        var random = SeededGenerator()
        var batch = Batch(try Committed(Prio3Sum(maxMeasurement: 1_000_000)))
        #expect(batch.vdaf.algorithmID == 0xffff_c002)
        let measurements = [0, 1_000_000] + (0..<10).map { _ in UInt64.random(in: 0...1_000_000, using: &random) }
        for measurement in measurements {
            try batch.add(measurement, random: &random)
        }
        #expect(try UInt128(batch.checkedResult()) == UInt128(measurements.reduce(0, +)))
    }

    @Test func committedSumVecEqualsThePlainSums() throws {
        var random = SeededGenerator()
        var batch = Batch(try Committed(Prio3SumVec(length: 30, maxMeasurement: 65_535, chunkLength: 20)))
        #expect(batch.vdaf.algorithmID == 0xffff_c003)
        var expected = [UInt128](repeating: 0, count: 30)
        for _ in 0..<8 {
            let measurement = (0..<30).map { _ in UInt64.random(in: 0...65_535, using: &random) }
            expected = zip(expected, measurement).map { $0 + UInt128($1) }
            try batch.add(measurement, random: &random)
        }
        #expect(try batch.checkedResult() == expected)
    }

    @Test func committedHistogramEqualsThePlainCounts() throws {
        var random = SeededGenerator()
        var batch = Batch(try Committed(Prio3Histogram(length: 12, chunkLength: 4)))
        #expect(batch.vdaf.algorithmID == 0xffff_c004)
        var expected = [UInt128](repeating: 0, count: 12)
        for _ in 0..<15 {
            let bucket = Int.random(in: 0..<12, using: &random)
            expected[bucket] += 1
            try batch.add(bucket, random: &random)
        }
        #expect(try batch.checkedResult() == expected)
    }

    @Test func shardingIsDeterministicInItsRandomness() throws {
        var random = SeededGenerator()
        let vdaf = try Committed(Prio3SumVec(length: 5, maxMeasurement: 255, chunkLength: 3))
        let nonce = random.bytes(vdaf.nonceSize)
        let rand = random.bytes(vdaf.randSize)
        let encodings = try (0..<2).map { _ in
            let (publicShare, inputShares) = try vdaf.shard(
                context: [1], measurement: [1, 2, 3, 4, 255], nonce: nonce, rand: rand)
            return [vdaf.encode(publicShare: publicShare)] + inputShares.map { vdaf.encode(inputShare: $0) }
        }
        #expect(encodings[0] == encodings[1])
        #expect(throws: VDAFError.self) {
            try vdaf.shard(context: [1], measurement: [1, 2, 3, 4, 5], nonce: nonce, rand: Array(rand.dropLast()))
        }
    }

    /// The randomness is V's, then 64 bytes for r_0, then 64 for r_1, each reduced modulo ℓ.
    @Test func blindsComeFromTheEndOfTheRandomness() throws {
        var random = SeededGenerator()
        let vdaf = try Committed(Prio3Count())
        let rand = random.bytes(vdaf.randSize)
        let (_, inputShares) = try vdaf.shard(
            context: [], measurement: true, nonce: random.bytes(vdaf.nonceSize), rand: rand)
        let expected = [rand.dropLast(64).suffix(64), rand.suffix(64)]
        for (share, seed) in zip(inputShares, expected) {
            #expect(share.blind == (try Scalar(reducing: seed)))
        }
    }

    /// Withdrawals and dropped reports leave the aggregate as if they had never been added.
    @Test func removedReportsLeaveNoTrace() throws {
        var random = SeededGenerator()
        var batch = Batch(try Committed(Prio3Sum(maxMeasurement: 100)))
        for measurement in [10, 20, 30, 40] as [UInt64] {
            try batch.add(measurement, random: &random)
        }
        for id in 0..<2 {
            var share = try batch.aggregateShare(id)
            try batch.vdaf.aggregateRemove(&share, outputShare: batch.outputShares[id][1])
            var without = batch.vdaf.aggregateInit(())
            for index in [0, 2, 3] {
                batch.vdaf.aggregateUpdate(&without, with: batch.outputShares[id][index])
            }
            #expect(share == without)
        }
    }

    @Test func mergedSharesEqualOneAccumulation() throws {
        var random = SeededGenerator()
        var batch = Batch(try Committed(Prio3SumVec(length: 4, maxMeasurement: 9, chunkLength: 2)))
        for _ in 0..<6 {
            try batch.add((0..<4).map { _ in UInt64.random(in: 0...9, using: &random) }, random: &random)
        }
        for id in 0..<2 {
            let parts = batch.outputShares[id].map { output in
                var part = batch.vdaf.aggregateInit(())
                batch.vdaf.aggregateUpdate(&part, with: output)
                return part
            }
            #expect(try batch.vdaf.merge(parts) == batch.aggregateShare(id))
        }
        #expect(try batch.vdaf.merge([]) == batch.vdaf.aggregateInit(()))
    }
}
