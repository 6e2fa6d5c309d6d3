import Bench
import Commitments
import DAP
import TaskTypes
import Tasks
import VDAF

/// Reports of dishonest contributors. Everything about them is as good as such a contributor can make it.
enum ForgedReport {
    /// A report of a vector that is longer than the task allows (`NormForger`).
    static func overBound(_ update: [Double], task: ValidatedTask, reportID: ReportID) throws -> ShardedReport {
        guard let type = task.vdaf.taskType as? BoundedL2Type, let encoding = task.vdaf.fixedPointEncoding
        else { throw CommandFailure("only vectors of bounded norm are forged here") }
        let dimension = task.vdaf.outputLength
        return type.isField128
            ? try overBound(update, BoundedL2VectorField128(encoding: encoding, dimension: dimension), task, reportID)
            : try overBound(update, BoundedL2Vector(encoding: encoding, dimension: dimension), task, reportID)
    }

    private static func overBound<Field: NTTFieldElement>(
        _ update: [Double], _ vdaf: BoundedL2<Field>, _ task: ValidatedTask, _ reportID: ReportID
    ) throws -> ShardedReport {
        let committed = try Committed(vdaf)
        let scaled = update.map { ($0 / task.vdaf.unit).rounded() }
        guard scaled.allSatisfy({ $0.magnitude < 0x1p62 }) else {
            throw CommandFailure("the forged update is longer than any report can be")
        }
        var generator = SystemRandomNumberGenerator()
        let (publicShare, inputShares) = try NormForger(committed).report(
            of: scaled.map { Int64($0) }, context: DAPContext.vdaf(task.taskID),
            nonce: reportID.bytes, using: &generator)
        return ShardedReport(
            reportID: reportID, publicShare: committed.encode(publicShare: publicShare),
            inputShares: inputShares.map(committed.encode(inputShare:)), opening: nil)
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
