import Commitments
import DAP
import Ristretto255
import VDAF

/// Reports of dishonest contributors. Everything about them is as good as such a contributor can make it.
enum ForgedReport {
    /// A report by a client program from which the check of the norm was taken out: shares, proofs, joint randomness and
    /// commitments all fit each other, only the vector is longer than the task allows, and its norm is stated to be the
    /// bound. No proof of that can be true, and both aggregators must notice without seeing the vector.
    static func overBound(_ update: [Double], task: ValidatedTask, reportID: ReportID) throws -> ShardedReport {
        guard case .boundedL2(_, _, _, let isField128) = task.vdaf.base, let encoding = task.vdaf.fixedPointEncoding
        else { throw CommandFailure("only vectors of bounded norm are forged here") }
        let dimension = task.vdaf.outputLength
        return isField128
            ? try overBound(update, BoundedL2VectorField128(encoding: encoding, dimension: dimension), task, reportID)
            : try overBound(update, BoundedL2Vector(encoding: encoding, dimension: dimension), task, reportID)
    }

    private static func overBound<Field: NTTFieldElement>(
        _ update: [Double], _ vdaf: BoundedL2<Field>, _ task: ValidatedTask, _ reportID: ReportID
    ) throws -> ShardedReport {
        let scale = 1 / task.vdaf.unit
        let vector = update.map { BoundedL2<Field>.element(Int64(($0 * scale).rounded())) }
        let bound = vdaf.encoding.integerBound
        let context = DAPContext.vdaf(task.taskID)
        let (publicShare, inputShares) = try vdaf.shard(
            context: context, vectorAndNorm: vector + vdaf.encode(squaredNorm: bound * bound), nonce: reportID.bytes,
            rand: randomBytes(vdaf.randSize)
        ) { signs throws(VDAFError) in
            let results = try vector.withUnsafeBufferPointer { vector throws(VDAFError) in
                try SignDotProducts(dimension: vector.count, checks: WraparoundTests.count)
                    .evaluate(vector, xof: &signs)
            }
            return (bits: results.flatMap { bits(stating: $0, vdaf.wraparound) }, results: results)
        }
        let blinds = try (0..<2).map { _ in try Scalar(reducing: randomBytes(64)) }
        let commitments = try zip(
            vdaf.outputShares(context: context, nonce: reportID.bytes, inputShares: inputShares), blinds
        ).map {
            try Commitment(decoding: PedersenVector.commit(values: $0.map(\.canonicalValue), blind: $1).compressed())
        }
        let committed = try Committed(vdaf)
        return ShardedReport(
            reportID: reportID,
            publicShare: committed.encode(
                publicShare: .init(
                    base: publicShare, commitments: CommitmentPair(leader: commitments[0], helper: commitments[1]))),
            inputShares: zip(inputShares, blinds).map { committed.encode(inputShare: .init(base: $0, blind: $1)) },
            opening: nil)
    }

    /// The bits of a test's result, or those of 0 where the result is out of range and has none.
    private static func bits<Field: FieldElement>(stating result: Field, _ tests: WraparoundTests) -> [Field] {
        let shifted = (result + Field(tests.bound - 1)).canonicalValue
        let stated = shifted < 2 * UInt128(tests.bound) ? shifted : UInt128(tests.bound - 1)
        return (0..<tests.bits).map { Field(UInt64(stated >> UInt128($0) & 1)) }
    }

    private static func randomBytes(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
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
