import DAP
import VDAF

/// What an aggregation job needs of a VDAF beyond the VDAF interface, so that one piece of code runs jobs of plain and
/// of committed types in the order on which safety depends (``ErasedVDAF``).
protocol VerificationSteps: Sendable {
    associatedtype V: VDAF where V.AggregationParameter == Void
    var vdaf: V { get }

    /// Splits a measurement with fresh randomness.
    func shard(
        context: [UInt8], measurement: V.Measurement, nonce: [UInt8], using generator: inout some RandomNumberGenerator
    ) throws(VDAFError) -> (publicShare: V.PublicShare, inputShares: [V.InputShare])

    /// `verify_init` of a whole job, and every check that an aggregator can make alone: its own joint-randomness part is
    /// the one in the public share, and, for committed types, the margin rule holds (leader) and the commitment opens
    /// to its output share. In the order of `reports`; one report's failure never touches another's result.
    func verifyInit(
        verifyKey: [UInt8], context: [UInt8], aggregatorID: Int,
        reports: [VerificationRequest<V.PublicShare, V.InputShare>], threads: Int
    ) -> [Result<(state: V.VerifierState, share: V.VerifierShare), VDAFError>]

    /// The output share behind one aggregator's input share, without verifying it.
    func outputShare(
        context: [UInt8], aggregatorID: Int, inputShare: V.InputShare
    ) throws(VDAFError) -> V.OutputShare

    /// Takes an output share out of a sum.
    ///
    /// - Throws: `.aggregateOutOfRange` where it cannot have been added; the sum is then unchanged.
    func remove(_ outputShare: V.OutputShare, from sum: inout V.AggregateShare) throws(VDAFError)

    /// C_0 and C_1, or nothing.
    func commitments(_ publicShare: V.PublicShare) -> [[UInt8]]

    /// What opens the commitments of freshly made shares.
    func opening(
        context: [UInt8], nonce: [UInt8], inputShares: [V.InputShare]
    ) throws(VDAFError) -> ReportOpening?

    func makePublicCheck() -> (any TaskPublicCheck)?
}

/// A VDAF without commitments.
struct PlainSteps<V: OneRoundVDAF>: VerificationSteps {
    let vdaf: V

    func shard(
        context: [UInt8], measurement: V.Measurement, nonce: [UInt8], using generator: inout some RandomNumberGenerator
    ) throws(VDAFError) -> (publicShare: V.PublicShare, inputShares: [V.InputShare]) {
        // An honest client's wraparound test fails with a chance below 2^-80.
        var attempts = 0
        while true {
            attempts += 1
            let rand = (0..<vdaf.randSize).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            do throws(VDAFError) {
                return try vdaf.shard(context: context, measurement: measurement, nonce: nonce, rand: rand)
            } catch .wraparoundTestFailed where attempts < 8 {
                continue
            }
        }
    }

    func verifyInit(
        verifyKey: [UInt8], context: [UInt8], aggregatorID: Int,
        reports: [VerificationRequest<V.PublicShare, V.InputShare>], threads: Int
    ) -> [Result<(state: V.VerifierState, share: V.VerifierShare), VDAFError>] {
        let started = vdaf.verifyInit(
            verifyKey: verifyKey, context: context, aggregatorID: aggregatorID, reports: reports, threads: threads)
        return started.map { result in
            result.flatMap { start in
                vdaf.jointRandomnessPartMatches(start.state) ? .success(start) : .failure(.jointRandomnessMismatch)
            }
        }
    }

    func outputShare(
        context: [UInt8], aggregatorID: Int, inputShare: V.InputShare
    ) throws(VDAFError) -> V.OutputShare {
        try vdaf.outputShare(context: context, aggregatorID: aggregatorID, inputShare: inputShare)
    }

    func remove(_ outputShare: V.OutputShare, from sum: inout V.AggregateShare) throws(VDAFError) {
        vdaf.aggregateRemove(&sum, outputShare: outputShare)
    }

    func commitments(_ publicShare: V.PublicShare) -> [[UInt8]] { [] }

    func opening(
        context: [UInt8], nonce: [UInt8], inputShares: [V.InputShare]
    ) throws(VDAFError) -> ReportOpening? { nil }

    func makePublicCheck() -> (any TaskPublicCheck)? { nil }
}
