import DAP
import VDAF

/// The one implementation of ``TaskVDAF``, for every VDAF of one round.
struct ErasedVDAF<Steps: VerificationSteps>: TaskVDAF {
    typealias V = Steps.V

    let configuration: VDAFConfiguration
    let sizes: ReportSizes
    let steps: Steps
    /// Nil for a measurement of another kind than the VDAF takes.
    let measurement: @Sendable (MeasurementValue) -> V.Measurement?
    let result: @Sendable (V.AggregateResult) -> AggregateValue

    var vdaf: V { steps.vdaf }
    var verifyKeySize: Int { vdaf.verifyKeySize }

    func shard(
        taskID: TaskID, measurement value: MeasurementValue, reportID: ReportID,
        using generator: inout some RandomNumberGenerator
    ) throws(VDAFError) -> ShardedReport {
        guard let measurement = measurement(value) else {
            throw .invalidMeasurement("\(value.kind) does not fit this task's type")
        }
        let context = DAPContext.vdaf(taskID)
        let (publicShare, inputShares) = try steps.shard(
            context: context, measurement: measurement, nonce: reportID.bytes, using: &generator)
        return ShardedReport(
            reportID: reportID, publicShare: vdaf.encode(publicShare: publicShare),
            inputShares: inputShares.map(vdaf.encode(inputShare:)),
            opening: try steps.opening(context: context, nonce: reportID.bytes, inputShares: inputShares))
    }

    func commitments(publicShare: [UInt8]) throws(VDAFError) -> [[UInt8]] {
        steps.commitments(try vdaf.decodePublicShare(publicShare))
    }

    func makeAccumulator() -> any OutputShareAccumulator { VDAFAccumulator(steps) }

    func outputShare(of role: Role, inputShare: [UInt8], taskID: TaskID) throws(VDAFError) -> [UInt8] {
        guard let aggregatorID = role.aggregatorID else {
            throw .invalidArgument("only the leader and the helper have input shares")
        }
        let share = try vdaf.decodeInputShare(inputShare, aggregatorID: aggregatorID)
        return vdaf.encode(
            outputShare: try steps.outputShare(
                context: DAPContext.vdaf(taskID), aggregatorID: aggregatorID, inputShare: share))
    }

    func makePublicCheck() -> (any TaskPublicCheck)? { steps.makePublicCheck() }

    func unshard(leader: [UInt8], helper: [UInt8], count: Int) throws(VDAFError) -> AggregateValue {
        let shares = [try vdaf.decodeAggregateShare(leader), try vdaf.decodeAggregateShare(helper)]
        return result(try vdaf.unshard(aggregationParameter: (), aggregateShares: shares, measurementCount: count))
    }
}
