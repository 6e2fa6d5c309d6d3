// Batches of uncommitted tasks about which the aggregators disagree. Nothing of such a batch has been released yet, and
// what is dropped never can be: its row stays, as replay protection.

import DAP
import GRDB
import Ledger

extension SQLiteDatastore {
    package func reconcileHelperBatch(
        _ task: TaskID, _ scope: BatchScope, leaders: [ReportID]
    ) async throws(DatastoreError) -> BatchDifference? {
        try await write { db in
            guard try !Self.isShut(task, scope, db) else { return nil }
            var missing = Set(leaders)
            var extra: [ReportID] = []
            try Self.forEachReport(in: scope, of: task, state: .accepted, db) { id in
                if missing.remove(id) == nil { extra.append(id) }
            }
            let drop = try db.cachedStatement(
                sql: """
                    UPDATE helper_reports SET state = ?, output_share = NULL
                    WHERE task_id = ? AND report_id = ? AND state = ?
                    """)
            for id in extra {
                try drop.execute(arguments: [
                    HelperReportState.dropped.rawValue, task.blob, id.blob, HelperReportState.accepted.rawValue,
                ])
            }
            return BatchDifference(missing: leaders.filter(missing.contains), dropped: UInt64(extra.count))
        }
    }
}
