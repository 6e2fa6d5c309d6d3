import DAP
import Foundation
import GRDB
import Ledger

extension BatchScope {
    /// Selects the reports of the scope among the rows of `leader_reports AS r`; an index serves each form.
    var condition: String {
        switch self {
        case .interval: "r.task_id = :task AND r.time >= :first AND r.time < :end"
        case .batch: "r.task_id = :task AND r.batch_id = :batch"
        }
    }

    /// The values of ``condition``.
    func arguments(_ task: TaskID) -> StatementArguments {
        switch self {
        case .interval(let interval):
            [
                "task": task.blob, "first": interval.start.clampedToInt64,
                "end": (interval.end ?? .max).clampedToInt64,
            ]
        case .batch(let id): ["task": task.blob, "batch": id.blob]
        }
    }

    /// How many reports of the scope are in one of `states`.
    func count(_ states: [ReportState], _ task: TaskID, _ db: Database) throws -> UInt64 {
        let list = states.map { String($0.rawValue) }.joined(separator: ", ")
        let found = try Int64.fetchOne(
            db, sql: "SELECT COUNT(*) FROM leader_reports AS r WHERE \(condition) AND r.state IN (\(list))",
            arguments: arguments(task))
        return UInt64(clamping: found ?? 0)
    }
}
