import Commitments
import Ristretto255
import TestSupport
import Testing
import VDAF

/// The margin rule: every coordinate of the leader's share above M, so that the shares add up to x + p exactly.
@Suite struct MarginTests {
    private let bound: UInt128 = 1_000

    private func rand(_ leaderShare: [UInt128], _ random: inout SeededGenerator) -> [UInt8] {
        AdditiveVDAF<Field64>.rand(leaderShare: leaderShare) + random.bytes(128)
    }

    @Test(arguments: [0, 1, 999, 1_000] as [UInt128])
    func sharesAtOrBelowTheBoundAreRefused(value: UInt128) throws {
        var random = SeededGenerator()
        let vdaf = try Committed(AdditiveVDAF<Field64>(outputLength: 3, coordinateBound: bound))
        for position in 0..<3 {
            var leader: [UInt128] = [5_000, 6_000, 7_000]
            leader[position] = value
            #expect(throws: VDAFError.marginViolated) {
                try vdaf.shard(
                    context: [], measurement: [1, 2, 3], nonce: random.bytes(16), rand: rand(leader, &random))
            }
        }
    }

    @Test(arguments: [1_001, 18_446_744_069_414_584_320] as [UInt128])
    func sharesAboveTheBoundPass(value: UInt128) throws {
        var random = SeededGenerator()
        let vdaf = try Committed(AdditiveVDAF<Field64>(outputLength: 1, coordinateBound: bound))
        _ = try vdaf.shard(context: [], measurement: [1_000], nonce: random.bytes(16), rand: rand([value], &random))
    }

    @Test func theInputsCommitmentOpensToTheInput() throws {
        var random = SeededGenerator()
        let vdaf = try Committed(AdditiveVDAF<Field64>(outputLength: 3, coordinateBound: bound))
        let (publicShare, inputShares) = try vdaf.shardRetrying(
            context: [], measurement: [1_000, 0, 7], nonce: random.bytes(16), rng: &random)
        let blind = inputShares[0].blind + inputShares[1].blind
        let commitment = vdaf.inputCommitment(publicShare.commitments)
        #expect(commitment == PedersenVector.commit(values: [1_000, 0, 7], blind: blind))
        #expect(commitment != PedersenVector.commit(values: [1_000, 0, 8], blind: blind))
    }

    /// The client skipped the rule; its links are right and its input is valid, yet the leader refuses.
    @Test func theLeaderRefusesReportsThatBreakTheRule() throws {
        var random = SeededGenerator()
        let vdaf = try Committed(AdditiveVDAF<Field64>(outputLength: 2, coordinateBound: bound))
        let shares = [[Field64(900), Field64(5_000)], [Field64(100), Field64(7) - Field64(5_000)]]
        let blinds = [Scalar.random(using: &random), Scalar.random(using: &random)]
        let commitments = (0..<2).map { id in
            PedersenVector.commit(values: shares[id].map(\.canonicalValue), blind: blinds[id]).compressed()
        }
        let publicShare = try vdaf.decodePublicShare(commitments[0].bytes + commitments[1].bytes)
        func start(_ id: Int) throws {
            _ = try vdaf.verifyInit(
                verifyKey: [], context: [], aggregatorID: id, aggregationParameter: (), nonce: [],
                publicShare: publicShare, inputShare: .init(base: shares[id], blind: blinds[id]))
        }
        #expect(throws: VDAFError.marginViolated) { try start(0) }
        #expect(throws: Never.self) { try start(1) }
    }

    /// With a bound of a third of the field, most draws violate the rule; retrying still ends, and then it holds.
    @Test func retryingEndsWithAShareThatKeepsTheRule() throws {
        var random = SeededGenerator()
        let base = AdditiveVDAF<Field64>(outputLength: 2, coordinateBound: Field64.modulus / 3)
        #expect(throws: VDAFError.self) { try Committed(base) }
        let vdaf = try Committed(withoutSigmaRule: base)
        var violations = 0
        for _ in 0..<50 {
            let measurement = [UInt64(7), UInt64(Field64.modulus / 3)]
            do throws(VDAFError) {
                _ = try vdaf.shard(
                    context: [], measurement: measurement, nonce: random.bytes(16), rand: random.bytes(vdaf.randSize))
            } catch {
                #expect(error == .marginViolated)
                violations += 1
            }
            let (_, inputShares) = try vdaf.shardRetrying(
                context: [], measurement: measurement, nonce: random.bytes(16), rng: &random)
            #expect(inputShares[0].base.allSatisfy { $0.canonicalValue > Field64.modulus / 3 })
        }
        #expect(violations > 5)
    }

    /// C_0 + C_1 - p·ΣG_k = Com(x; r_0 + r_1).
    @Test func theCommitmentsAddUpToOneOfTheInput() throws {
        var random = SeededGenerator()
        let vdaf = try Committed(Prio3SumVec(length: 20, maxMeasurement: 65_535, chunkLength: 10))
        let measurement = (0..<20).map { _ in UInt64.random(in: 0...65_535, using: &random) }
        let (publicShare, inputShares) = try vdaf.shardRetrying(
            context: [], measurement: measurement, nonce: random.bytes(vdaf.nonceSize), rng: &random)
        let shift = Scalar(Field128.modulus) * RistrettoPoint.sum(Generators.shared.prefix(20))
        let commitment = publicShare.commitments.leader.point + publicShare.commitments.helper.point - shift
        let expected = PedersenVector.commit(
            values: measurement.map { UInt128($0) }, blind: inputShares[0].blind + inputShares[1].blind)
        #expect(commitment == expected)
    }

    /// The client computes C_0 by way of C_1 and x; it must be the commitment that the leader will check.
    @Test(arguments: [1, 2, 255, 65_535, 1 << 40] as [UInt64])
    func commitmentsOpenToTheSharesThemselves(bound: UInt64) throws {
        var random = SeededGenerator()
        let vdaf = try Committed(AdditiveVDAF<Field128>(outputLength: 70, coordinateBound: UInt128(bound)))
        let measurement = (0..<70).map { index in
            index < 2 ? UInt64(index) * bound : UInt64.random(in: 0...bound, using: &random)
        }
        let (publicShare, inputShares) = try vdaf.shardRetrying(
            context: [], measurement: measurement, nonce: random.bytes(16), rng: &random)
        for id in 0..<2 {
            let expected = PedersenVector.commit(
                values: inputShares[id].base.map(\.canonicalValue), blind: inputShares[id].blind)
            #expect(publicShare.commitments[id].point == expected)
        }
    }

    /// A wrapped VDAF that lets a value above its own bound through is stopped before anything is committed to.
    @Test func valuesAboveTheBoundAreNotCommittedTo() throws {
        var random = SeededGenerator()
        let vdaf = try Committed(AdditiveVDAF<Field64>(outputLength: 1, coordinateBound: bound))
        #expect(throws: VDAFError.self) {
            try vdaf.shard(
                context: [], measurement: [1_001], nonce: random.bytes(16), rand: rand([5_000], &random))
        }
    }
}
