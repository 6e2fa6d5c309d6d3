import Commitments
import Ristretto255
import TestSupport
import Testing
import VDAF

/// Reports that a dishonest client might send, against both aggregators' `verifyInit`.
@Suite struct ReportAttackTests {
    private let vdaf = try! Committed(Prio3SumVec(length: 6, maxMeasurement: 255, chunkLength: 4))
    private typealias Vectors = Committed<Prio3SumVec>

    private struct Report {
        var nonce: [UInt8]
        var publicShare: Vectors.PublicShare
        var inputShares: [Vectors.InputShare]
    }

    private func report(_ random: inout SeededGenerator) throws -> Report {
        let nonce = random.bytes(vdaf.nonceSize)
        let (publicShare, inputShares) = try vdaf.shardRetrying(
            context: [], measurement: [1, 2, 3, 4, 5, 255], nonce: nonce, rng: &random)
        return Report(nonce: nonce, publicShare: publicShare, inputShares: inputShares)
    }

    /// What each aggregator says at its first step.
    private func verdicts(_ report: Report) -> [VDAFError?] {
        (0..<2).map { id in
            do throws(VDAFError) {
                _ = try vdaf.verifyInit(
                    verifyKey: [UInt8](repeating: 1, count: 32), context: [], aggregatorID: id,
                    aggregationParameter: (), nonce: report.nonce, publicShare: report.publicShare,
                    inputShare: report.inputShares[id])
                return nil
            } catch {
                return error
            }
        }
    }

    @Test func honestReportsPass() throws {
        var random = SeededGenerator()
        #expect(verdicts(try report(&random)) == [nil, nil])
    }

    @Test func swappedCommitmentsAreRefusedByBoth() throws {
        var random = SeededGenerator()
        var bad = try report(&random)
        bad.publicShare = .init(
            base: bad.publicShare.base,
            commitments: CommitmentPair(
                leader: bad.publicShare.commitments.helper, helper: bad.publicShare.commitments.leader))
        #expect(verdicts(bad) == [.commitmentMismatch, .commitmentMismatch])
    }

    @Test(arguments: [0, 1])
    func aCommitmentToAnotherValueIsRefusedByItsAggregator(id: Int) throws {
        var random = SeededGenerator()
        var bad = try report(&random)
        let other = try report(&random).publicShare.commitments
        let own = bad.publicShare.commitments
        bad.publicShare = .init(
            base: bad.publicShare.base,
            commitments: CommitmentPair(
                leader: id == 0 ? other.leader : own.leader, helper: id == 1 ? other.helper : own.helper))
        var expected: [VDAFError?] = [nil, nil]
        expected[id] = .commitmentMismatch
        #expect(verdicts(bad) == expected)
    }

    @Test func blindsThatAddUpRightButAreSharedWrongAreRefused() throws {
        var random = SeededGenerator()
        var bad = try report(&random)
        let shift = Scalar.random(using: &random)
        bad.inputShares = [
            .init(base: bad.inputShares[0].base, blind: bad.inputShares[0].blind + shift),
            .init(base: bad.inputShares[1].base, blind: bad.inputShares[1].blind - shift),
        ]
        #expect(verdicts(bad) == [.commitmentMismatch, .commitmentMismatch])
    }

    /// The hole that makes one aggregator finish and the other refuse in plain Prio3.
    @Test(arguments: [0, 1])
    func aWrongJointRandomnessPartIsRefusedByItsAggregatorAtOnce(id: Int) throws {
        var random = SeededGenerator()
        var bad = try report(&random)
        var parts = bad.publicShare.base
        parts.jointRandomnessParts[id][0] ^= 1
        bad.publicShare = .init(base: parts, commitments: bad.publicShare.commitments)
        #expect(verdicts(bad)[id] == .jointRandomnessMismatch)
    }

    @Test func unknownAggregatorsAreRefused() throws {
        var random = SeededGenerator()
        let honest = try report(&random)
        for id in [-1, 2, 255] {
            #expect(throws: VDAFError.self) {
                try vdaf.verifyInit(
                    verifyKey: [UInt8](repeating: 1, count: 32), context: [], aggregatorID: id,
                    aggregationParameter: (), nonce: honest.nonce, publicShare: honest.publicShare,
                    inputShare: honest.inputShares[1])
            }
        }
    }
}
