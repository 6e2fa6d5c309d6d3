/// What was added to the tables since schema 2, the first that says its version. Pure.
///
/// Columns, tables and indexes are added, single numbers put right, and nothing is rewritten, so one transaction does it and
/// no copy is made: a program that dies in the middle leaves the former schema. What cannot be said in this way is a migration with a copy, as the one
/// from schema 1 is.
enum SchemaAdditions {
    /// The oldest version that additions bring up to date.
    static let oldest: Int64 = 2

    /// - Parameter version: at least ``oldest``.
    /// - Returns: one statement each, in order; none for the current version.
    static func statements(since version: Int64, _ dialect: Dialect) -> [String] {
        var statements: [String] = []
        if version < 3 {
            statements += [
                "ALTER TABLE node_state ADD COLUMN run \(dialect.blob)", Tables.runs(dialect), Tables.collectionsLeft,
                // Tasks that ended before that freed the places of what waited in them.
                Tables.earlyRecount,
            ]
        }
        if version < 4 {
            // An asynchronous helper: jobs that wait to be verified.
            statements += Tables.waitingColumns.map { "ALTER TABLE helper_jobs ADD COLUMN \($0)" }
            statements += [Tables.waitingIndex] + Tables.waiting(dialect)
            statements += [
                // What each task's role was, node_state says.
                "ALTER TABLE tasks ADD COLUMN role TEXT", Tables.keys(dialect), Tables.peers(dialect),
            ]
            // A leader's jobs under leases.
            statements += [
                "ALTER TABLE leader_jobs ADD COLUMN lease_token BIGINT NOT NULL DEFAULT 0",
                "ALTER TABLE leader_jobs ADD COLUMN due BIGINT NOT NULL DEFAULT 0",
                Tables.askedPauses, "DROP INDEX leader_jobs_pending", Tables.openJobs, Tables.duties,
            ]
        }
        if version < 5 {
            // A leader's collections under leases.
            statements += Tables.collectionTurns.map { "ALTER TABLE leader_collections ADD COLUMN \($0)" }
            statements += ["DROP INDEX leader_collections_active", Tables.openCollections]
            // Each process of a node counts for itself.
            if version >= 3 { statements += Tables.runColumns.map { "ALTER TABLE node_runs ADD COLUMN \($0)" } }
            statements += Tables.runIndexes + [Tables.formerRuns]
            // The log's queue.
            statements += ["ALTER TABLE log_head ADD COLUMN fence BIGINT NOT NULL DEFAULT 0"] + Tables.logQueue(dialect)
            // Reports whose batch is drawn when their window is over.
            statements += [
                "ALTER TABLE leader_reports ADD COLUMN turn BIGINT NOT NULL DEFAULT 0",
                "DROP INDEX leader_reports_waiting", Tables.waitingReports,
            ]
        }
        if version < 6 {
            // What is shown of tasks whose logs let words wait.
            statements += [Tables.shownStatus(dialect)]
            // What lay in files of one process, and what is kept of former starts.
            statements += [Tables.blobs(dialect), Tables.taskFiles(dialect)]
            statements += ["ALTER TABLE node_state ADD COLUMN \(Tables.forgottenRuns)"]
        }
        return statements
    }

    /// The names of the tables that a database of a version has.
    static func tables(of version: Int64) -> [String] {
        let added = Set(Tables.made(by: statements(since: version, .postgreSQL)))
        return Tables.names.filter { !added.contains($0) }
    }
}
