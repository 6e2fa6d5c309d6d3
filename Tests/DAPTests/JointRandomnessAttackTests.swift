import DAP
import TaskTypes
import Testing
import VDAF

/// The attack that makes plain Prio3 lose a batch in DAP: a client writes a wrong joint-randomness part for the helper
/// into the public share. The leader's joint randomness is then not the helper's. An honest proof would fail, but the
/// client knows both and can make one that does not: then the helper finishes and the leader, whose seed differs from
/// the verifier message's, rejects. The helper has accumulated, the leader has not, the checksums differ for ever.
///
/// Here the proof is the zero vector. For a vector of one bit x = 1, the circuit's only gadget call multiplies r·x,
/// with joint randomness r, by x - 1 = 0. With zero wire seeds the second wire is the zero polynomial and so is the
/// gadget polynomial, whatever r was, even if it differed between the aggregators.
@Suite struct JointRandomnessAttackTests {
    private static let taskID = TaskID(unchecked: [UInt8](repeating: 7, count: 32))
    private static let configuration = VDAFConfiguration.sumVec(length: 1, maxMeasurement: 1, chunkLength: 1)
    private static let proofLength = 5

    /// A report with the zero proof, whose public share has the given part changed.
    private func attack(_ configuration: VDAFConfiguration, changing part: Int?) throws -> ShardedReport {
        let vdaf = try makeTaskVDAF(configuration)
        let honest = try vdaf.shard(taskID: Self.taskID, measurement: .vector([1]), reportID: .random())
        // The helper's share of the proof comes from its seed; the leader's becomes its negative.
        let tag: [UInt8] = [18, 0, 0, 0, 0, 3, 0, 2] + DAPContext.vdaf(Self.taskID)
        let helperProof: [Field128] = XofTurboShake128.expandIntoVector(
            seed: Array(honest.inputShares[1].prefix(32)), domainSeparationTag: tag, binder: [1, 1],
            count: Self.proofLength)
        let leader = honest.inputShares[0]
        let proof = Field128.encodeVector(helperProof.map { -$0 })
        return honest.replacing(
            publicShare: part.map { honest.publicShare.flipping(32 * $0) } ?? honest.publicShare,
            leader: Array(leader.prefix(16)) + proof + leader.dropFirst(16 + proof.count))
    }

    /// The VDAF alone: the attack works, as the draft's own reference code shows.
    @Test func withoutTheCheckTheHelperFinishesAndTheLeaderRejects() throws {
        let vdaf = try Prio3SumVec(length: 1, maxMeasurement: 1, chunkLength: 1)
        let report = try attack(Self.configuration, changing: 1)
        let context = DAPContext.vdaf(Self.taskID)
        let publicShare = try vdaf.decodePublicShare(report.publicShare)
        let (states, shares) = try (0..<2).reduce(into: ([Prio3SumVec.VerifierState](), [Prio3SumVec.VerifierShare]()))
        {
            let (state, share) = try vdaf.verifyInit(
                verifyKey: Job.verifyKey, context: context, aggregatorID: $1, aggregationParameter: (),
                nonce: report.reportID.bytes, publicShare: publicShare,
                inputShare: try vdaf.decodeInputShare(report.inputShares[$1], aggregatorID: $1))
            $0.0.append(state)
            $0.1.append(share)
        }
        let message = try vdaf.verifierSharesToMessage(
            context: context, aggregationParameter: (), verifierShares: shares)
        #expect(throws: Never.self) { try vdaf.verifyNext(context: context, state: states[1], message: message) }
        #expect(throws: VDAFError.jointRandomnessMismatch) {
            try vdaf.verifyNext(context: context, state: states[0], message: message)
        }
    }

    @Test(arguments: [configuration, .committed(configuration)])
    func theAggregatorConcernedRefusesBeforeAnythingIsAccumulated(_ configuration: VDAFConfiguration) throws {
        let vdaf = try makeTaskVDAF(configuration)
        let good = try vdaf.shard(taskID: Self.taskID, measurement: .vector([1]), reportID: .random())
        let job = try Job(
            vdaf, taskID: Self.taskID,
            reports: [
                good, try attack(configuration, changing: 1), try attack(configuration, changing: 0),
                try attack(configuration, changing: nil),
            ])
        #expect(job.leaderRefusals == [nil, nil, .vdafVerifyError, nil])
        #expect(job.helperRefusals == [nil, .vdafVerifyError, nil, nil])
        // The zero proof with right parts is a valid proof of a valid measurement.
        #expect(job.count == 2)
        #expect(try job.result() == .vector([2]))
    }
}
