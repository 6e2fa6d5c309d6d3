import DAP
import VDAF

/// A task's VDAF with all of its types turned into bytes: what the client, the aggregators, the collector and the
/// auditor call, without knowing which VDAF the task uses.
///
/// Verification takes a whole aggregation job at a time: several reports are hashed at once and spread over threads,
/// and the committed types check the commitments of many reports together. One report's failure never touches another's
/// result.
package protocol TaskVDAF: Sendable {
    var configuration: VDAFConfiguration { get }

    /// Bytes of the verify key, see ``Tasks/Taskprov/verifyKey(preSharedKey:taskID:size:)``.
    var verifyKeySize: Int { get }

    /// Bytes of the parts of a report.
    var sizes: ReportSizes { get }

    /// Splits a measurement into shares, drawing new randomness until the committed types' margin rule holds.
    ///
    /// - Throws: `.invalidMeasurement`.
    func shard(
        taskID: TaskID, measurement: MeasurementValue, reportID: ReportID,
        using generator: inout some RandomNumberGenerator
    ) throws(VDAFError) -> ShardedReport

    /// The leader's first step. A result is a success only where nothing the leader can see speaks against the report:
    /// the shares decode, the leader's own joint-randomness part is the one in the public share, and for committed
    /// types the margin and the commitment hold. Only then may the report go into an aggregation job.
    ///
    /// Running it again on the same reports gives the same messages, so nothing needs to be kept while the helper
    /// works.
    ///
    /// - Parameter threads: How many threads to spread the reports over; 1 stays on the calling thread.
    func leaderInitialize(
        _ reports: [ReportToVerify], verifyKey: [UInt8], taskID: TaskID, threads: Int
    ) -> [Result<LeaderVerification, ReportError>]

    /// The helper's only step; `inbound` holds the leader's message of each report. The same checks as the leader's, on
    /// the helper's share, have passed wherever there is an output share.
    func helperInitialize(
        _ reports: [ReportToVerify], inbound: [[UInt8]], verifyKey: [UInt8], taskID: TaskID, threads: Int
    ) -> [Result<HelperVerification, ReportError>]

    /// The commitments C_0 and C_1 in a public share, 32 bytes each; none for types without commitments.
    ///
    /// - Throws: `.invalidEncoding`.
    func commitments(publicShare: [UInt8]) throws(VDAFError) -> [[UInt8]]

    /// The encoded output share that ``leaderInitialize(_:verifyKey:taskID:threads:)`` or
    /// ``helperInitialize(_:inbound:verifyKey:taskID:threads:)`` ends with for a valid report, from the opened input share
    /// alone. Nothing is verified again.
    ///
    /// - Parameter role: the leader or the helper.
    /// - Throws: `.invalidEncoding` for bytes that are no input share of that role, `.invalidArgument` for another role.
    func outputShare(of role: Role, inputShare: [UInt8], taskID: TaskID) throws(VDAFError) -> [UInt8]

    /// An empty batch bucket.
    func makeAccumulator() -> any OutputShareAccumulator

    /// Recovers the aggregate from both aggregate shares.
    func unshard(leader: [UInt8], helper: [UInt8], count: Int) throws(VDAFError) -> AggregateValue

    /// Starts checking one aggregator's published share against the logged commitments; nil for types without.
    func makePublicCheck() -> (any TaskPublicCheck)?
}

extension TaskVDAF {
    /// A sum that goes on where another stopped.
    ///
    /// - Parameters:
    ///   - aggregateShare: the encoded sum so far.
    ///   - count: of how many output shares it is.
    /// - Throws: `.invalidEncoding`, `.invalidArgument`.
    package func makeAccumulator(
        resuming aggregateShare: [UInt8], count: Int
    ) throws(VDAFError) -> any OutputShareAccumulator {
        var accumulator = makeAccumulator()
        try accumulator.merge(aggregateShare: aggregateShare, count: count)
        return accumulator
    }

    /// Splits a measurement with the operating system's randomness.
    package func shard(
        taskID: TaskID, measurement: MeasurementValue, reportID: ReportID
    ) throws(VDAFError) -> ShardedReport {
        var generator = SystemRandomNumberGenerator()
        return try shard(taskID: taskID, measurement: measurement, reportID: reportID, using: &generator)
    }
}

/// A measurement split into shares, not yet encrypted.
package struct ShardedReport: Sendable {
    package let reportID: ReportID
    package let publicShare: [UInt8]
    /// The leader's and the helper's.
    package let inputShares: [[UInt8]]
    /// What opens the commitments, for the contributor's wallet; nil for types without.
    package let opening: ReportOpening?

    package init(reportID: ReportID, publicShare: [UInt8], inputShares: [[UInt8]], opening: ReportOpening?) {
        self.reportID = reportID
        self.publicShare = publicShare
        self.inputShares = inputShares
        self.opening = opening
    }
}

/// The secret behind a committed report. Whoever has it knows the input.
package struct ReportOpening: Sendable, Equatable {
    /// x: the report's output, coordinate by coordinate.
    package let values: [UInt128]
    /// r_0 and r_1, canonical scalars of 32 bytes.
    package let blinds: [[UInt8]]

    package init(values: [UInt128], blinds: [[UInt8]]) {
        self.values = values
        self.blinds = blinds
    }
}

/// A decrypted report share.
package struct ReportToVerify: Sendable {
    package let reportID: ReportID
    package let publicShare: [UInt8]
    package let inputShare: [UInt8]

    package init(reportID: ReportID, publicShare: [UInt8], inputShare: [UInt8]) {
        self.reportID = reportID
        self.publicShare = publicShare
        self.inputShare = inputShare
    }
}

/// A report that the leader has begun to verify.
package struct LeaderVerification: Sendable {
    /// The message to the helper.
    package let outbound: [UInt8]
    private let complete: @Sendable ([UInt8]) -> Result<[UInt8], ReportError>

    init(outbound: [UInt8], complete: @escaping @Sendable ([UInt8]) -> Result<[UInt8], ReportError>) {
        self.outbound = outbound
        self.complete = complete
    }

    /// Consumes the helper's answer.
    ///
    /// - Returns: The leader's encoded output share.
    package func finish(inbound: [UInt8]) -> Result<[UInt8], ReportError> { complete(inbound) }
}

/// A report that the helper has verified.
package struct HelperVerification: Sendable {
    /// The message to the leader.
    package let outbound: [UInt8]
    /// The helper's encoded output share.
    package let outputShare: [UInt8]
}
