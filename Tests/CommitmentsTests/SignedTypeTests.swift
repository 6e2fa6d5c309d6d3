import Commitments
import Ristretto255
import TestSupport
import Testing
import VDAF

/// Committed types whose coordinates may be negative.
@Suite struct SignedTypeTests {
    private static let bound: UInt128 = 1_000
    private static let p = Field64.modulus

    private static func vdaf(_ length: Int) throws -> Committed<AdditiveVDAF<Field64>> {
        try Committed(AdditiveVDAF<Field64>(outputLength: length, coordinateBound: bound, isSigned: true))
    }

    private static func rand(_ leaderShare: [UInt128], _ random: inout SeededGenerator) -> [UInt8] {
        AdditiveVDAF<Field64>.rand(leaderShare: leaderShare) + random.bytes(128)
    }

    /// x_0 must be in [B + 1, p - 1 - B].
    @Test func theMarginKeepsAwayFromBothEnds() throws {
        var random = SeededGenerator()
        let vdaf = try Self.vdaf(3)
        let minusOne = UInt64(Self.p - 1)
        func shard(_ value: UInt128, at position: Int) throws {
            var leader: [UInt128] = [5_000, 6_000, 7_000]
            leader[position] = value
            _ = try vdaf.shard(
                context: [], measurement: [1, minusOne, 0], nonce: random.bytes(16), rand: Self.rand(leader, &random))
        }
        for position in 0..<3 {
            for value in [0, 1, 1_000, Self.p - 1_000, Self.p - 1] {
                #expect(throws: VDAFError.marginViolated, "\(value)") { try shard(value, at: position) }
            }
            for value in [1_001, Self.p - 1_001] {
                #expect(throws: Never.self, "\(value)") { try shard(value, at: position) }
            }
        }
    }

    @Test func theLeaderRefusesSharesBeyondEitherEnd() throws {
        var random = SeededGenerator()
        let vdaf = try Self.vdaf(1)
        for (share, isWithin) in [(900, false), (Self.p - 900, false), (1_001, true), (Self.p - 1_001, true)] {
            let blind = Scalar.random(using: &random)
            let commitment = PedersenVector.commit(values: [share], blind: blind).compressed()
            let publicShare = try vdaf.decodePublicShare(commitment.bytes + commitment.bytes)
            let result = Result { () throws(VDAFError) in
                _ = try vdaf.verifyInit(
                    verifyKey: [], context: [], aggregatorID: 0, aggregationParameter: (), nonce: [],
                    publicShare: publicShare, inputShare: .init(base: [Field64(reducing: share)], blind: blind))
            }
            switch result {
            case .success: #expect(isWithin)
            case .failure(let error): #expect(error == .marginViolated && !isWithin)
            }
        }
    }

    /// C_j opens to x_j, and C_0 + C_1 - p·ΣG_k to exactly x, negative coordinates included.
    @Test func commitmentsOpenToTheSharesAndToTheInput() throws {
        var random = SeededGenerator()
        let vdaf = try Self.vdaf(70)
        let input = (0..<70).map {
            $0 < 2 ? Int64($0 * 2_000 - 1_000) : Int64.random(in: -1_000...1_000, using: &random)
        }
        let (publicShare, inputShares) = try vdaf.shardRetrying(
            context: [], measurement: input.map { $0 < 0 ? UInt64(Self.p) - $0.magnitude : UInt64($0) },
            nonce: random.bytes(16), rng: &random)
        for id in 0..<2 {
            let expected = PedersenVector.commit(
                values: inputShares[id].base.map(\.canonicalValue), blind: inputShares[id].blind)
            #expect(publicShare.commitments[id].point == expected)
        }
        let scalars = input.map { $0 < 0 ? Scalar.zero - Scalar(UInt128($0.magnitude)) : Scalar(UInt128($0)) }
        let blind = inputShares[0].blind + inputShares[1].blind
        #expect(vdaf.inputCommitment(publicShare.commitments) == PedersenVector.commit(scalars: scalars, blind: blind))
    }

    /// A must be in [-m·B, m·B].
    @Test func sumsAreExactAndBounded() throws {
        let vdaf = try Self.vdaf(1)
        func unshard(_ aggregate: Int64, count: Int) throws -> [UInt128] {
            let sum = UInt128(Int128(count) * Int128(Self.p) + Int128(aggregate))
            let shares = try [sum / 3, sum - sum / 3].map { half in
                try vdaf.decodeAggregateShare(
                    (0..<16).map { UInt8(truncatingIfNeeded: half >> UInt128(8 * $0)) } + Scalar.zero.encoded())
            }
            return try vdaf.unshard(aggregationParameter: (), aggregateShares: shares, measurementCount: count)
        }
        for value in [-3_000, -1, 0, 1, 3_000] as [Int64] {
            #expect(try unshard(value, count: 3) == [value < 0 ? Self.p - UInt128(value.magnitude) : UInt128(value)])
        }
        for value in [-3_001, 3_001, -5_000_000, 5_000_000] as [Int64] {
            #expect(throws: VDAFError.self) { try unshard(value, count: 3) }
        }
        // 2·m·B must stay below p, or a sum would have two meanings.
        #expect(throws: VDAFError.self) { try unshard(0, count: 1 << 54) }
        #expect(try unshard(0, count: 1 << 53) == [0])
    }

    @Test func capacityCountsBothSigns() throws {
        let vdaf = try Self.vdaf(1).base
        let most = UInt64((Self.p - 1) / 2_000)
        #expect(throws: Never.self) { try Capacity.check(maxBatchSize: most, vdaf) }
        #expect(throws: CapacityExceeded.self) { try Capacity.check(maxBatchSize: most + 1, vdaf) }
        let unsigned = AdditiveVDAF<Field64>(outputLength: 1, coordinateBound: Self.bound)
        #expect(throws: Never.self) { try Capacity.check(maxBatchSize: 2 * most, unsigned) }
    }

    @Test func boundsWithoutAMarginAreRefused() {
        for bound in [Self.p / 2, Self.p, UInt128.max] {
            #expect(throws: VDAFError.self) {
                try Committed(
                    withoutSigmaRule: AdditiveVDAF<Field64>(
                        outputLength: 1, coordinateBound: bound, isSigned: true))
            }
        }
    }
}

/// `Committed<BoundedL2>`.
@Suite struct CommittedBoundedL2Tests {
    private static func vector(_ dimension: Int, _ random: inout SeededGenerator) -> [Double] {
        (0..<dimension).map { _ in Double.random(in: -1...1, using: &random) / Double(dimension).squareRoot() }
    }

    private static func checkBatch<Field>(_ vdaf: BoundedL2<Field>, _ random: inout SeededGenerator) throws {
        var batch = Batch(try Committed(vdaf))
        #expect(batch.vdaf.algorithmID == 0xffff_c101)
        var expected = [Int128](repeating: 0, count: vdaf.dimension)
        for _ in 0..<6 {
            let vector = try vdaf.encoding.clip(Self.vector(vdaf.dimension, &random))
            expected = zip(expected, try vdaf.encoding.encode(vector)).map { $0 + Int128($1) }
            try batch.add(vector, random: &random)
        }
        #expect(try batch.checkedResult().integers == expected)
    }

    @Test func theCheckedSumIsTheSumOfTheVectors() throws {
        var random = SeededGenerator()
        try Self.checkBatch(BoundedL2Vector(normBound: 1, fractionalBits: 14, dimension: 50), &random)
        try Self.checkBatch(BoundedL2VectorField128(normBound: 8, fractionalBits: 20, dimension: 50), &random)
    }

    @Test func vectorsAtTheBoundAndNegativeSumsPass() throws {
        var random = SeededGenerator()
        var batch = Batch(try Committed(BoundedL2Vector(normBound: 1, fractionalBits: 10, dimension: 4)))
        for vector in [[-1, 0, 0, 0], [-1, 0, 0, 0], [-0.5, -0.5, 0.5, 0.5], [0, 0, 0, 0]] as [[Double]] {
            try batch.add(vector, random: &random)
        }
        #expect(try batch.checkedResult().values == [-2.5, -0.5, 0.5, 0.5])
    }

    /// The σ rule's largest numbers of fractional bits, for norm bound 1 over Field64; Field128 takes any.
    @Test(arguments: [(1_000, 18), (10_000, 16), (100_000, 14), (1_000_000, 13)])
    func theSigmaRuleLimitsFractionalBits(dimension: Int, fractionalBits: Int) throws {
        func commit(_ bits: Int) throws {
            try SigmaRule.check(BoundedL2Vector(normBound: 1, fractionalBits: bits, dimension: dimension))
        }
        #expect(throws: Never.self) { try commit(fractionalBits) }
        #expect(throws: SigmaTooSmall.self) { try commit(fractionalBits + 1) }
        #expect(throws: Never.self) {
            try SigmaRule.check(BoundedL2VectorField128(normBound: 1, fractionalBits: 31, dimension: dimension))
        }
    }

    /// Both parts of either aggregator: whoever's own part is wrong refuses before it sends anything.
    @Test(arguments: [0, 1], [0, 31, 32, 63])
    func aWrongJointRandomnessPartIsRefusedByItsAggregatorAtOnce(id: Int, byte: Int) throws {
        var random = SeededGenerator()
        let vdaf = try Committed(BoundedL2Vector(normBound: 1, fractionalBits: 10, dimension: 8))
        let nonce = random.bytes(16)
        let (publicShare, inputShares) = try vdaf.shardRetrying(
            context: [], measurement: Self.vector(8, &random), nonce: nonce, rng: &random)
        var parts = publicShare.base
        parts.jointRandomnessParts[id][byte] ^= 1
        #expect(throws: VDAFError.jointRandomnessMismatch) {
            try vdaf.verifyInit(
                verifyKey: [UInt8](repeating: 1, count: 32), context: [], aggregatorID: id, aggregationParameter: (),
                nonce: nonce, publicShare: .init(base: parts, commitments: publicShare.commitments),
                inputShare: inputShares[id])
        }
    }

    @Test func aCommitmentToAnotherVectorIsRefused() throws {
        var random = SeededGenerator()
        let vdaf = try Committed(BoundedL2Vector(normBound: 1, fractionalBits: 10, dimension: 8))
        let nonce = random.bytes(16)
        let reports = try (0..<2).map { _ in
            try vdaf.shardRetrying(context: [], measurement: Self.vector(8, &random), nonce: nonce, rng: &random)
        }
        for id in 0..<2 {
            #expect(throws: VDAFError.commitmentMismatch) {
                try vdaf.verifyInit(
                    verifyKey: [UInt8](repeating: 1, count: 32), context: [], aggregatorID: id,
                    aggregationParameter: (), nonce: nonce,
                    publicShare: .init(
                        base: reports[0].publicShare.base, commitments: reports[1].publicShare.commitments),
                    inputShare: reports[0].inputShares[id])
            }
        }
    }
}
