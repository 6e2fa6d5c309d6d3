import Commitments
import DAP
import VDAF

/// A committed VDAF: each aggregator also checks, alone and for a whole job at once, that the public share commits to
/// exactly its share of the output.
struct CommittedSteps<Base: OneRoundVDAF>: VerificationSteps {
    typealias V = Committed<Base>

    let vdaf: Committed<Base>

    init(base: Base) throws(VDAFError) { vdaf = try Committed(base) }

    func shard(
        context: [UInt8], measurement: V.Measurement, nonce: [UInt8], using generator: inout some RandomNumberGenerator
    ) throws(VDAFError) -> (publicShare: V.PublicShare, inputShares: [V.InputShare]) {
        try vdaf.shardRetrying(context: context, measurement: measurement, nonce: nonce, rng: &generator)
    }

    func verifyInit(
        verifyKey: [UInt8], context: [UInt8], aggregatorID: Int,
        reports: [VerificationRequest<V.PublicShare, V.InputShare>], threads: Int
    ) -> [Result<(state: V.VerifierState, share: V.VerifierShare), VDAFError>] {
        vdaf.verifyInit(
            verifyKey: verifyKey, context: context, aggregatorID: aggregatorID, reports: reports, threads: threads)
    }

    func outputShare(
        context: [UInt8], aggregatorID: Int, inputShare: V.InputShare
    ) throws(VDAFError) -> V.OutputShare {
        try vdaf.outputShare(context: context, aggregatorID: aggregatorID, inputShare: inputShare)
    }

    func remove(_ outputShare: V.OutputShare, from sum: inout V.AggregateShare) throws(VDAFError) {
        try vdaf.aggregateRemove(&sum, outputShare: outputShare)
    }

    func commitments(_ publicShare: V.PublicShare) -> [[UInt8]] {
        [publicShare.commitments.leader.encoded.bytes, publicShare.commitments.helper.encoded.bytes]
    }

    func opening(
        context: [UInt8], nonce: [UInt8], inputShares: [V.InputShare]
    ) throws(VDAFError) -> ReportOpening? {
        let shares = try vdaf.base.outputShares(context: context, inputShares: inputShares.map(\.base))
        return ReportOpening(
            values: zip(shares[0], shares[1]).map { ($0 + $1).canonicalValue },
            blinds: inputShares.map { $0.blind.encoded() })
    }

    func makePublicCheck() -> (any TaskPublicCheck)? { CommittedPublicCheck(vdaf: vdaf) }
}
