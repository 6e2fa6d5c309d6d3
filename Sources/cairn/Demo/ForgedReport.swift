import Commitments
import DAP
import VDAF

/// Reports of dishonest contributors. Everything about them is as good as such a contributor can make it.
enum ForgedReport {
    /// A report by a client program from which the range check was taken out: shares, proof, joint randomness and
    /// commitments all fit each other, only the values are larger than the task allows. The proof cannot be true, and
    /// both aggregators must notice without seeing the values.
    static func outOfRange(_ values: [UInt64], task: ValidatedTask, reportID: ReportID) throws -> ShardedReport {
        guard case .sumVec(let length, let maximum, let chunkLength) = task.vdaf.base else {
            throw CommandFailure("only vectors are forged here")
        }
        let honest = try Prio3SumVec(length: Int(length), maxMeasurement: maximum, chunkLength: Int(chunkLength))
        let forger = try Committed(
            Prio3<UncheckedCircuit, XofTurboShake128>(
                algorithmID: honest.algorithmID, circuit: UncheckedCircuit(honest: honest.circuit), shares: 2, proofs: 1
            ))
        var generator = SystemRandomNumberGenerator()
        let rand = (0..<forger.randSize).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        let (publicShare, inputShares) = try forger.shard(
            context: DAPContext.vdaf(task.taskID), measurement: values, nonce: reportID.bytes, rand: rand)
        return ShardedReport(
            reportID: reportID, publicShare: forger.encode(publicShare: publicShare),
            inputShares: inputShares.map(forger.encode(inputShare:)), opening: nil)
    }

    /// A report that sends one vector and commits to another, so that later claims could speak of the larger one.
    static func committing(
        to committed: MeasurementValue, sending sent: MeasurementValue, task: ValidatedTask, reportID: ReportID
    ) throws -> ShardedReport {
        let vdaf = try makeTaskVDAF(task.vdaf)
        let honest = try vdaf.shard(taskID: task.taskID, measurement: sent, reportID: reportID)
        let other = try vdaf.shard(taskID: task.taskID, measurement: committed, reportID: reportID)
        let commitments = try vdaf.commitments(publicShare: other.publicShare)
        let size = commitments.reduce(0) { $0 + $1.count }
        return ShardedReport(
            reportID: reportID, publicShare: honest.publicShare.dropLast(size) + commitments.flatMap { $0 },
            inputShares: honest.inputShares, opening: nil)
    }
}

/// The circuit of a vector sum whose encoder lets every value pass: the value itself stands in the place
/// of its lowest bit.
///
/// The weights of the encoding are unchanged, so the aggregators' shares really add up to the forged values.
struct UncheckedCircuit: ValidityCircuit {
    let honest: SumVecCircuit<Field128>

    var measurementLength: Int { honest.measurementLength }
    var jointRandomnessLength: Int { honest.jointRandomnessLength }
    var outputLength: Int { honest.outputLength }
    var evaluationOutputLength: Int { honest.evaluationOutputLength }
    var gadgets: [GadgetShape] { honest.gadgets }
    /// The forger's own bound; it appears in no message.
    var coordinateBound: UInt128 { UInt128(UInt64.max) }

    func encode(_ measurement: [UInt64]) throws(VDAFError) -> [Field128] {
        let bits = measurementLength / outputLength
        return measurement.flatMap { [Field128($0)] + [Field128](repeating: .zero, count: bits - 1) }
    }

    func truncate(_ encoded: UnsafeBufferPointer<Field128>) -> [Field128] { honest.truncate(encoded) }

    func decode(_ sums: [UInt128], measurementCount: Int) throws(VDAFError) -> [UInt128] {
        try honest.decode(sums, measurementCount: measurementCount)
    }

    func evaluateGadget(_ index: Int, _ inputs: UnsafePointer<Field128>) -> Field128 {
        honest.evaluateGadget(index, inputs)
    }

    func evaluate<Caller: GadgetCaller>(
        _ encoded: UnsafeBufferPointer<Field128>, jointRandomness: UnsafeBufferPointer<Field128>, shareOfOne: Field128,
        caller: inout Caller, into outputs: UnsafeMutablePointer<Field128>
    ) where Caller.Field == Field128 {
        honest.evaluate(
            encoded, jointRandomness: jointRandomness, shareOfOne: shareOfOne, caller: &caller, into: outputs)
    }
}
