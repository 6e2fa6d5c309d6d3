import Bench
import Hashing
import Synchronization
import Testing
import VDAF

/// TurboSHAKE128 that counts the bytes which go in and out.
private struct CountingXof: Xof {
    static let seedSize = XofTurboShake128.seedSize
    static let counts = Mutex<(absorbed: Int, squeezed: Int)>((0, 0))

    private var stream: XofTurboShake128

    /// With the three bytes of lengths that TurboSHAKE128 absorbs before tag and seed.
    init(seed: [UInt8], domainSeparationTag: [UInt8]) {
        stream = XofTurboShake128(seed: seed, domainSeparationTag: domainSeparationTag)
        Self.counts.withLock { $0.absorbed += 3 + domainSeparationTag.count + seed.count }
    }

    mutating func absorb(_ binder: UnsafeRawBufferPointer) {
        stream.absorb(binder)
        Self.counts.withLock { $0.absorbed += binder.count }
    }

    mutating func fill(_ target: UnsafeMutableRawBufferPointer) {
        stream.fill(target)
        Self.counts.withLock { $0.squeezed += target.count }
    }

    static func reset() {
        counts.withLock { $0 = (0, 0) }
    }
}

@Suite struct LeastWorkTests {
    /// The model of `Benchmarks/README.md` against what the code really hashes.
    @Test func hashedBytesAreTheOnesOfTheModel() throws {
        try check(circuit: CountCircuit(), measurement: true)
        try check(circuit: SumCircuit(maxMeasurement: 1000), measurement: 77)
        try check(circuit: HistogramCircuit(length: 50, chunkLength: 6), measurement: 3)
        try check(
            circuit: SumVecCircuit<Field128>(length: 40, maxMeasurement: 255, chunkLength: 17),
            measurement: [UInt64](repeating: 9, count: 40))
        try check(
            circuit: L1BoundSumCircuit(length: 10, maxValue: 255, chunkLength: 9),
            measurement: [UInt64](repeating: 9, count: 10))
        try check(
            circuit: SumVecCircuit<Field64>(length: 40, maxMeasurement: 255, chunkLength: 17),
            measurement: [UInt64](repeating: 9, count: 40), proofs: 3)
    }

    private func check<Circuit: ValidityCircuit>(
        circuit: Circuit, measurement: Circuit.Measurement, proofs: Int = 1
    ) throws {
        let vdaf = try Prio3<Circuit, CountingXof>(algorithmID: 99, circuit: circuit, shares: 2, proofs: proofs)
        let work = LeastWork(of: vdaf)
        let context = [UInt8](repeating: 1, count: 38)
        let nonce = [UInt8](repeating: 2, count: 16)
        let verifyKey = [UInt8](repeating: 3, count: 32)

        CountingXof.reset()
        let (publicShare, inputShares) = try vdaf.shard(
            context: context, measurement: measurement, nonce: nonce,
            rand: [UInt8](repeating: 4, count: vdaf.randSize))
        expectCounts(of: work.shard, "\(Circuit.self) shard")
        for (aggregatorID, phase) in [work.leaderVerify, work.helperVerify].enumerated() {
            CountingXof.reset()
            _ = try vdaf.verifyInit(
                verifyKey: verifyKey, context: context, aggregatorID: aggregatorID, aggregationParameter: (),
                nonce: nonce, publicShare: publicShare, inputShare: inputShares[aggregatorID])
            expectCounts(of: phase, "\(Circuit.self) aggregator \(aggregatorID)")
        }
    }

    private func expectCounts(of phase: LeastWork.Phase, _ name: String) {
        let counts = CountingXof.counts.withLock { $0 }
        #expect(counts.absorbed == phase.streams.reduce(0) { $0 + $1.absorbed }, "\(name)")
        #expect(counts.squeezed == phase.streams.reduce(0) { $0 + $1.squeezed }, "\(name)")
    }

    /// Counted by hand: three chunks, p = 4, seven values of the gadget polynomial.
    @Test func productsAreCountedAsTheDerivationHasThem() throws {
        let work = LeastWork(of: try Prio3SumVec(length: 6, maxMeasurement: 3, chunkLength: 4))
        #expect(work.leaderVerify.accumulations == 2 * 12 + 8 + 7)
        #expect(work.leaderVerify.multiplications == 12 + 3 * 8 + 4 + 7)
        #expect(work.helperVerify.multiplications == work.leaderVerify.multiplications)
        #expect(work.shard.transformMultiplications == 8 * (4 * 2 + 4))
        #expect(work.shard.multiplications == 12)
        #expect(work.shard.accumulations == (1 + 4) * 4)

        let three = LeastWork(of: try Prio3SumVecField64Multiproof(length: 6, maxMeasurement: 3, chunkLength: 4))
        #expect(three.leaderVerify.accumulations == 3 * work.leaderVerify.accumulations)
        #expect(three.primitives == .field64TurboShake)
        let hmac = try Prio3SumVecField64MultiproofHmacSha256Aes128(length: 6, maxMeasurement: 3, chunkLength: 4)
        #expect(LeastWork(of: hmac).primitives == .field64HmacAes)
    }

    @Test func ratesArePlausibleAndFloorsFollowFromThem() throws {
        let row = try BenchRow(
            BenchCase(.histogram, length: 100), settings: BenchSettings(reports: 40, repeats: 3, seed: 1))
        let roofline = Roofline([row])
        let rates = try #require(roofline.rates.first)
        #expect(roofline.rates.count == 1)
        for bytesPerSecond in [rates.absorb, rates.absorbFour, rates.squeeze, rates.squeezeFour] {
            #expect((1e7...1e12).contains(bytesPerSecond))
        }
        for nanoseconds in [rates.accumulate, rates.multiply, rates.transformMultiply] {
            #expect((0.05...1000).contains(nanoseconds))
        }
        let entry = try #require(roofline.entries.first)
        #expect(entry.leaderVerify.total < entry.helperVerify.total)
        #expect(entry.shard.total > 0)
        #expect(entry.shard.measured == row.shard.processor.median)
    }
}
