import Datastore
import Foundation
import GRDB
import PostgresCluster
import Synchronization

/// A database as a node's is after some months, of which only plans are asked.
enum PlanReference: String, CaseIterable, Sendable {
    /// What a node has: SQLite knows nothing about its tables.
    case sqlite
    /// The same file for which somebody has collected statistics.
    case sqliteWithStatistics
    case postgreSQL

    static func of(_ kind: EngineKind) -> [PlanReference] {
        kind == .sqlite ? [.sqlite, .sqliteWithStatistics] : [.postgreSQL]
    }

    /// The plan of a statement of the stores.
    func steps(_ sql: String) async throws -> [PlanStep] {
        switch self {
        case .sqlite: try await Self.plainFile.value.steps(sql)
        case .sqliteWithStatistics: try await Self.countedFile.value.steps(sql)
        case .postgreSQL: try await Self.server.value.steps(sql)
        }
    }

    private static let plainFile = Task { try PlanFile(hasStatistics: false) }
    private static let countedFile = Task { try PlanFile(hasStatistics: true) }
    private static let server = Task { try await PlanServer() }

    /// How many reports each role has: more than what a planner takes for nothing.
    private static let reports = 20_000

    /// Fills the tables that grow, and those that are joined with them: one log, three tasks, batches of both kinds.
    fileprivate static func filling(_ bytes: (String) -> String) -> [String] {
        let numbers = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < \(reports))"
        let id = bytes("n")
        func some(_ count: Int) -> String { "\(numbers) SELECT n FROM n WHERE n <= \(count)" }
        return [
            "INSERT INTO task_ids (task, task_id) SELECT n, \(id) FROM (\(some(3))) AS n",
            """
            INSERT INTO tasks (task, sequence, name, configuration, collector_config, verify_key, verify_key_id, source,
                service) SELECT n, n, 'task', \(id), \(id), \(id), 0, 0, 0 FROM (\(some(3))) AS n
            """,
            """
            INSERT INTO leader_batches (batch, task, batch_id, state, accepted, has_room)
            SELECT n, 2, \(id), 2, 1000, 0 FROM (\(some(20))) AS n
            """,
            "INSERT INTO helper_batches (batch, task, batch_id) SELECT n, 2, \(id) FROM (\(some(20))) AS n",
            "INSERT INTO helper_log (log, origin, size, range) SELECT n, 'log', 1, \(id) FROM (\(some(1))) AS n",
        ]
            + [
                // Nine of ten are over; some wait, and some are in a job.
                """
                INSERT INTO leader_reports (report, task, report_id, fingerprint, time, state, batch, job, position,
                    not_before, log_index, deadline)
                SELECT n, n % 3 + 1, \(id), \(id), n / 500,
                    CASE WHEN n % 20 = 0 THEN 0 WHEN n % 20 = 1 THEN 1 ELSE 2 END,
                    CASE WHEN n % 3 = 1 THEN n % 20 + 1 END, n / 100, n % 100, 0, n, n
                """,
                "INSERT INTO leader_payloads SELECT n, 1, \(id), \(id), \(id), \(id)",
                "INSERT INTO leader_kept_shares SELECT n, 1, 0, \(id)",
                "INSERT INTO leader_withdrawals SELECT n, \(id)",
                "INSERT INTO leader_early_withdrawals SELECT n % 3 + 1, \(id), \(id)",
                "INSERT INTO leader_jobs (job, task, state) SELECT n, n % 3 + 1, CASE WHEN n % 100 = 0 THEN 0 ELSE 1 END",
                "INSERT INTO leader_job_requests SELECT n, 0, \(id)",
                "INSERT INTO leader_turns SELECT n, 0, 0, 0, 0, 0, 0, ''",
                """
                INSERT INTO helper_jobs (task, job_id, response, state)
                SELECT n % 3 + 1, \(id), \(id), CASE WHEN n % 100 = 0 THEN 1 ELSE 0 END
                """,
                "INSERT INTO helper_job_requests SELECT n % 3 + 1, \(id), 0, \(id)",
                """
                INSERT INTO helper_reports (report, task, report_id, time, batch, state, leaf_hash, claim_key)
                SELECT n, n % 3 + 1, \(id), n / 500, CASE WHEN n % 3 = 1 THEN n % 20 + 1 END,
                    CASE WHEN n % 50 = 0 THEN 3 ELSE 0 END, \(id), \(id)
                """,
                "INSERT INTO helper_kept_shares SELECT n, 1, 0, \(id)",
                "INSERT INTO helper_refusals SELECT n % 3 + 1, \(id), 1, NULL",
                "INSERT INTO helper_early_withdrawals SELECT n % 3 + 1, \(id), \(id), \(id)",
                """
                INSERT INTO helper_log_reports (log, idx, task, report_id, time, batch_id, leaf_hash, claim_key)
                SELECT 1, n, n % 3 + 1, \(id), n / 500, CASE WHEN n % 3 = 1 THEN \(bytes("n % 20 + 1")) END, \(id), \(id)
                """,
                "INSERT INTO helper_log_endings SELECT 1, n, n % 3 + 1, \(id), NULL",
                "INSERT INTO log_entries SELECT n, \(id)", "INSERT INTO log_submissions SELECT \(id), n",
                """
                INSERT INTO log_queue (task, word, subject, bucket_kind, bucket_ref, not_before, stage, turn, bytes)
                SELECT n % 3 + 1, 1, n, 0, n / 500, n / 100, 0, n, \(id)
                """,
                "INSERT INTO log_checkpoints SELECT n, \(id), \(id), NULL",
            ].map { "\($0) FROM (\(numbers) SELECT n FROM n) AS n" }
    }
}

/// A filled file.
private final class PlanFile: Sendable {
    private let file: SQLiteFile
    private let queue: DatabaseQueue

    init(hasStatistics: Bool) throws {
        file = try SQLiteFile()
        try NodeDatabase.open(path: file.path).close()
        queue = try FormerDatabase.hastyQueue(file.path)
        try queue.write { database in
            for sql in PlanReference.filling({ "CAST(printf('%032d', \($0)) AS BLOB)" }) {
                try database.execute(sql: sql)
            }
        }
        if hasStatistics { try queue.writeWithoutTransaction { try $0.execute(sql: "ANALYZE") } }
    }

    func steps(_ sql: String) throws -> [PlanStep] {
        try queue.writeWithoutTransaction { database in
            let statement = try database.makeStatement(sql: "EXPLAIN QUERY PLAN \(sql)")
            statement.setUncheckedArguments(StatementArguments())
            let rows = try Row.fetchAll(statement).map { (parent: $0["parent"] as Int, detail: $0["detail"] as String) }
            return PlanReader.steps(sqlite: rows, sql)
        }
    }
}

/// A filled database of the tests' server.
private final class PlanServer: Sendable {
    private let database: PostgresDatabase

    init() async throws {
        database = try await StoreTemplate.shared().database()
        for sql in PlanReference.filling({ "convert_to(lpad((\($0))::text, 32, '0'), 'UTF8')" }) + ["ANALYZE"] {
            try database.run(sql)
        }
    }

    /// The plan for whatever arguments, as it would be where tables are large: tables of this size are sometimes read whole
    /// for some dozens of rows, so that is made dear, and so are the joins that do it. Whatever is read whole all the same has
    /// no index that would help.
    func steps(_ sql: String) throws -> [PlanStep] {
        let count = sql.matches(of: /\$(\d+)/).compactMap { Int($0.1) }.max() ?? 0
        let arguments = count == 0 ? "" : "(\(Array(repeating: "NULL", count: count).joined(separator: ", ")))"
        let json = try database.cluster.run(
            "SET plan_cache_mode = force_generic_plan", "SET enable_seqscan = off", "SET enable_bitmapscan = off",
            "SET enable_hashjoin = off", "SET enable_mergejoin = off", "PREPARE asked AS \(sql)",
            "EXPLAIN (FORMAT JSON, COSTS OFF) EXECUTE asked\(arguments)", in: database.name)
        return try PlanReader.steps(postgreSQL: json.compactMap { $0 }.joined(separator: "\n"))
    }
}
