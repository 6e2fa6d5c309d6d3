import TestSupport
import Testing
import VDAF

/// Parameters, measurements and arguments that are refused, each with its kind of error.
@Suite struct Prio3ParameterTests {
    static func isInvalidParameter(_ build: () throws -> Void) -> Bool {
        do {
            try build()
            return false
        } catch VDAFError.invalidParameter {
            return true
        } catch {
            return false
        }
    }

    @Test(arguments: [Int.min, -1, 0, 1, 256, Int.max])
    func sharesAreBetween2And255(shares: Int) {
        #expect(Self.isInvalidParameter { _ = try Prio3Count(shares: shares) })
        #expect(Self.isInvalidParameter { _ = try Prio3Histogram(length: 2, chunkLength: 1, shares: shares) })
    }

    @Test(arguments: [Int.min, 0, 256, Int.max])
    func proofsAreBetween1And255(proofs: Int) {
        #expect(
            Self.isInvalidParameter {
                _ = try Prio3SumVec(length: 1, maxMeasurement: 1, chunkLength: 1, proofs: proofs)
            })
    }

    @Test func jointRandomnessOverASmallFieldTakesThreeProofs() throws {
        let circuit = try SumVecCircuit<Field64>(length: 1, maxMeasurement: 1, chunkLength: 1)
        for proofs in 1...2 {
            #expect(
                Self.isInvalidParameter {
                    _ = try Prio3<_, XofTurboShake128>(algorithmID: 1, circuit: circuit, shares: 2, proofs: proofs)
                })
            #expect(
                Self.isInvalidParameter {
                    _ = try Prio3SumVecField64Multiproof(
                        length: 1, maxMeasurement: 1, chunkLength: 1, proofs: proofs)
                })
        }
    }

    @Test(arguments: [0, (1 as UInt64) << 63, UInt64.max])
    func sumNeedsABoundThatItsFieldHolds(maximum: UInt64) {
        #expect(Self.isInvalidParameter { _ = try Prio3Sum(maxMeasurement: maximum) })
    }

    @Test(arguments: [
        (0, 1, 1), (-1, 1, 1), (Int.min, 1, 1), (Int.max, 1, 1), (1 << 33, 1, 1), (1, 0, 1), (1, 1, 0), (1, 1, -5),
        (1, 1, Int.max), (1, 1, Int.min), (1 << 32, UInt64.max, 1), (1 << 32, 1, 100),
    ])
    func sumVecParametersAreBounded(length: Int, maximum: UInt64, chunkLength: Int) {
        #expect(
            Self.isInvalidParameter {
                _ = try Prio3SumVec(length: length, maxMeasurement: maximum, chunkLength: chunkLength)
            })
    }

    @Test(arguments: [(0, 1), (-1, 1), (Int.max, 1), (1, 0), (1, Int.max), (1 << 32, 1)])
    func histogramParametersAreBounded(length: Int, chunkLength: Int) {
        #expect(Self.isInvalidParameter { _ = try Prio3Histogram(length: length, chunkLength: chunkLength) })
    }

    @Test(arguments: [
        (0, 1, 1), (-1, 1, 1), (Int.max, 1, 1), (4, 0, 1), (4, 5, 1), (4, -1, 1), (4, Int.max, 1), (4, 2, 0),
        (4, 2, Int.max), (1 << 32, 1, 1),
    ])
    func multihotCountVecParametersAreBounded(length: Int, maxWeight: Int, chunkLength: Int) {
        #expect(
            Self.isInvalidParameter {
                _ = try Prio3MultihotCountVec(length: length, maxWeight: maxWeight, chunkLength: chunkLength)
            })
    }

    @Test(arguments: [
        (0, 1, 1), (-1, 1, 1), (Int.max, 1, 1), (1 << 32, UInt64.max, 1), (1, 0, 1), (1, 1, 0), (1, 1, Int.max),
    ])
    func l1BoundSumParametersAreBounded(length: Int, maxValue: UInt64, chunkLength: Int) {
        #expect(
            Self.isInvalidParameter {
                _ = try Prio3L1BoundSum(length: length, maxValue: maxValue, chunkLength: chunkLength)
            })
    }

    @Test func contextsAreAsLongAsTheXofAllows() throws {
        var random = SeededGenerator()
        let vdaf = try Prio3SumVecField64MultiproofHmacSha256Aes128(length: 1, maxMeasurement: 1, chunkLength: 1)
        func shard(contextSize: Int) throws {
            _ = try vdaf.shard(
                context: random.bytes(contextSize), measurement: [1], nonce: random.bytes(16),
                rand: random.bytes(vdaf.randSize))
        }
        try shard(contextSize: 247)
        #expect(throws: VDAFError.invalidArgument("the context has more than 247 bytes")) {
            try shard(contextSize: 248)
        }
    }

    @Test func measurementsOutsideTheTypeAreRefused() throws {
        var random = SeededGenerator()
        func isInvalidMeasurement<V: VDAF>(_ vdaf: V, _ measurement: V.Measurement) -> Bool {
            do {
                _ = try vdaf.shard(
                    context: [], measurement: measurement, nonce: random.bytes(16), rand: random.bytes(vdaf.randSize))
                return false
            } catch {
                if case .invalidMeasurement = error { return true }
                return false
            }
        }
        #expect(isInvalidMeasurement(try Prio3Sum(maxMeasurement: 10), 11))
        #expect(isInvalidMeasurement(try Prio3Sum(maxMeasurement: 10), .max))
        let vector = try Prio3SumVec(length: 2, maxMeasurement: 10, chunkLength: 2)
        for bad: [UInt64] in [[], [1], [1, 2, 3], [11, 0], [0, .max]] {
            #expect(isInvalidMeasurement(vector, bad))
        }
        let histogram = try Prio3Histogram(length: 4, chunkLength: 2)
        for bad in [-1, 4, Int.max, Int.min] {
            #expect(isInvalidMeasurement(histogram, bad))
        }
        let multihot = try Prio3MultihotCountVec(length: 3, maxWeight: 2, chunkLength: 2)
        for bad in [[], [true], [true, true, true], [true, false, true, false]] {
            #expect(isInvalidMeasurement(multihot, bad))
        }
        let bounded = try Prio3L1BoundSum(length: 2, maxValue: 10, chunkLength: 2)
        for bad: [UInt64] in [[], [1], [1, 2, 3], [11, 0], [5, 6], [.max, 1], [.max, .max]] {
            #expect(isInvalidMeasurement(bounded, bad))
        }
    }

    @Test func argumentsOfTheWrongSizeAreRefused() throws {
        var random = SeededGenerator()
        let vdaf = try Prio3Histogram(length: 4, chunkLength: 2)
        let rand = random.bytes(vdaf.randSize)
        let nonce = random.bytes(16)
        let key = random.bytes(32)
        func shard(nonce: [UInt8], rand: [UInt8], context: [UInt8] = []) throws {
            _ = try vdaf.shard(context: context, measurement: 1, nonce: nonce, rand: rand)
        }
        #expect(throws: VDAFError.self) { try shard(nonce: random.bytes(15), rand: rand) }
        #expect(throws: VDAFError.self) { try shard(nonce: nonce, rand: rand + [0]) }
        #expect(throws: VDAFError.self) { try shard(nonce: nonce, rand: []) }
        #expect(throws: VDAFError.self) { try shard(nonce: nonce, rand: rand, context: random.bytes(65_528)) }
        #expect(throws: Never.self) { try shard(nonce: nonce, rand: rand, context: random.bytes(65_527)) }

        let (publicShare, inputShares) = try vdaf.shard(context: [], measurement: 1, nonce: nonce, rand: rand)
        func verify(
            key: [UInt8], aggregator: Int, nonce: [UInt8], publicShare: Prio3PublicShare, share: Int
        ) throws {
            _ = try vdaf.verifyInit(
                verifyKey: key, context: [], aggregatorID: aggregator, aggregationParameter: (), nonce: nonce,
                publicShare: publicShare, inputShare: inputShares[share])
        }
        #expect(throws: Never.self) {
            try verify(key: key, aggregator: 1, nonce: nonce, publicShare: publicShare, share: 1)
        }
        #expect(throws: VDAFError.self) {
            try verify(key: [], aggregator: 0, nonce: nonce, publicShare: publicShare, share: 0)
        }
        #expect(throws: VDAFError.self) {
            try verify(key: key, aggregator: 0, nonce: [], publicShare: publicShare, share: 0)
        }
        for (aggregator, share) in [(0, 1), (1, 0), (2, 1), (-1, 1), (-1, 0), (Int.max, 1)] {
            #expect(throws: VDAFError.self) {
                try verify(key: key, aggregator: aggregator, nonce: nonce, publicShare: publicShare, share: share)
            }
        }
        let short = Prio3PublicShare(jointRandomnessParts: [publicShare.jointRandomnessParts[0]])
        #expect(throws: VDAFError.self) {
            try verify(key: key, aggregator: 1, nonce: nonce, publicShare: short, share: 1)
        }
        #expect(throws: VDAFError.self) {
            try vdaf.verifierSharesToMessage(context: [], aggregationParameter: (), verifierShares: [])
        }
        #expect(throws: VDAFError.self) {
            try vdaf.unshard(aggregationParameter: (), aggregateShares: [[.zero]], measurementCount: 1)
        }
        #expect(throws: VDAFError.self) {
            try vdaf.unshard(
                aggregationParameter: (), aggregateShares: [vdaf.aggregateInit(()), vdaf.aggregateInit(())],
                measurementCount: 0)
        }
    }
}
