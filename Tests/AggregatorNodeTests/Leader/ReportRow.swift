import DAP
import Datastore

extension NodeDatabase {
    /// The sequence number of a report that was uploaded.
    func row(of report: ReportID, task: TaskID) async throws -> Int64 {
        let row = try await engine.read { session in
            try session.integer(
                """
                SELECT r.report FROM leader_reports AS r JOIN task_ids AS i ON i.task = r.task
                WHERE i.task_id = $1 AND r.report_id = $2
                """, [SQLValue.blob(task.bytes), SQLValue.blob(report.bytes)])
        }
        guard let row else { throw DatastoreError.conflict("the report was never uploaded") }
        return row
    }
}
