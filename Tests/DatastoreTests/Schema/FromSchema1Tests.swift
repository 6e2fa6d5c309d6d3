import DAP
import Datastore
import Foundation
import GRDB
import Ledger
import Testing

/// Databases of the version before are carried over, and nothing of what they say changes.
@Suite struct FromSchema1Tests {
    @Test(arguments: FormerDatabase.Name.allCases)
    func aCopyIsKeptThatIsTheFormerDatabase(name: FormerDatabase.Name) throws {
        let former = try FormerDatabase(name)
        let before = try FormerDatabase.everything(former.file.path)
        let notes = try former.migrate()
        #expect(notes.contains { $0.contains(former.copy) })
        #expect(try FormerDatabase.everything(former.copy) == before)
        let mode = try FileManager.default.attributesOfItem(atPath: former.copy)[.posixPermissions] as? NSNumber
        #expect(mode?.int16Value == 0o600)
        // Opened again there is nothing to do, and the copy can take the database's place.
        #expect(try former.migrate().isEmpty)
        try FileManager.default.removeItem(atPath: former.file.path)
        try FileManager.default.copyItem(atPath: former.copy, toPath: former.file.path)
        #expect(try !former.migrate().isEmpty)
    }

    /// One way of making tables: a migrated database is as a new one.
    @Test(arguments: FormerDatabase.Name.allCases)
    func aMigratedDatabaseHasTheTablesOfANewOne(name: FormerDatabase.Name) throws {
        let former = try FormerDatabase(name)
        _ = try former.migrate()
        let new = try SQLiteFile()
        try NodeDatabase.open(path: new.path).close()
        let columns = """
            SELECT m.name, c.name, c.type, c."notnull", c.pk, c.dflt_value FROM sqlite_master AS m
            JOIN pragma_table_info(m.name) AS c WHERE m.type = 'table' ORDER BY m.name, c.cid
            """
        let indexes = "SELECT name, tbl_name, sql FROM sqlite_master WHERE type <> 'table' ORDER BY name"
        for sql in [columns, indexes] {
            #expect(try FormerDatabase.rows(former.file.path, sql) == FormerDatabase.rows(new.path, sql))
        }
        #expect(try FormerDatabase.rows(former.file.path, "PRAGMA integrity_check") == [["ok"]])
        #expect(try FormerDatabase.rows(former.file.path, "PRAGMA foreign_key_check").isEmpty)
    }

    /// Former tables whose rows are not one for one those of a table now, and what they have become.
    private static let restated = [
        "helper_log_rejections": "helper_log_endings", "leader_output_shares": "leader_kept_shares",
    ]

    @Test(arguments: FormerDatabase.Name.allCases)
    func noTableHasLostARow(name: FormerDatabase.Name) throws {
        let former = try FormerDatabase(name)
        _ = try former.migrate()
        let tables = try former.rows(
            "SELECT name FROM former.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
        // Of several logs nothing is carried over: each is read anew.
        let hasOneLog = try former.rows("SELECT COUNT(*) FROM former.helper_log")[0][0] == "1"
        for table in tables.map({ $0[0] }) where table != "grdb_migrations" {
            if table.hasPrefix("helper_log"), !hasOneLog { continue }
            let now = try former.rows("SELECT COUNT(*) FROM main.\(Self.restated[table] ?? table)")
            #expect(now == (try former.rows("SELECT COUNT(*) FROM former.\(table)")), "\(table)")
        }
        #expect(tables.count > 30)
    }

    /// A row that belongs to nothing is not left behind in silence.
    @Test(arguments: [
        "INSERT INTO task_other_keys (task_id, position, key_id, verify_key) VALUES (x'FF', 1, 2, x'03')",
        "UPDATE leader_payloads SET sequence = 1000000 WHERE sequence = (SELECT MIN(sequence) FROM leader_payloads)",
        """
        UPDATE leader_output_shares SET sequence = 1000000
        WHERE sequence = (SELECT MIN(sequence) FROM leader_output_shares)
        """,
        "DELETE FROM log_entries WHERE idx = (SELECT MAX(idx) - 1 FROM log_entries)",
    ])
    func aRowThatWouldBeLostStopsTheMigration(change: String) throws {
        let former = try FormerDatabase(.leader, change: "PRAGMA foreign_keys = OFF; \(change)")
        let before = try FormerDatabase.everything(former.file.path)
        let error = #expect(throws: DatastoreError.self) { try former.migrate() }
        guard case .corrupt(let words) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(words.contains("some rows belong to others that are missing"))
        #expect(try FormerDatabase.everything(former.file.path) == before)
    }

    @Test func everyReportOfALeaderIsWhereItWas() throws {
        let former = try FormerDatabase(.leader)
        _ = try former.migrate()
        let columns = """
            r.report_id, r.fingerprint, r.time, r.state, r.job, r.position, r.attempts, r.not_before, r.refused_after,
            r.error, r.log_index, r.deadline
            """
        let now = try former.rows(
            """
            SELECT r.report, i.task_id, b.batch_id, \(columns) FROM main.leader_reports AS r
            JOIN task_ids AS i ON i.task = r.task LEFT JOIN main.leader_batches AS b ON b.batch = r.batch ORDER BY 1
            """)
        let then = try former.rows(
            "SELECT r.sequence, r.task_id, r.batch_id, \(columns) FROM former.leader_reports AS r ORDER BY 1")
        #expect(now == then)
        #expect(Set(now.map { $0[6] }).count == 5, "the fixture has every state")
    }

    @Test func countersOfALeaderAreWhatThereIs() throws {
        let former = try FormerDatabase(.leader)
        _ = try former.migrate()
        for (state, column) in ["received", "aggregating", "accepted", "rejected", "withdrawn"].enumerated() {
            let counted = try former.rows(
                """
                SELECT i.task_id, n.time, n.\(column) FROM leader_buckets AS n JOIN task_ids AS i ON i.task = n.task
                WHERE n.\(column) > 0 ORDER BY 1, 2
                """)
            let there = try former.rows(
                """
                SELECT task_id, time, COUNT(*) FROM former.leader_reports WHERE state = \(state)
                GROUP BY 1, 2 ORDER BY 1, 2
                """)
            #expect(counted == there, "\(column)")
        }
        let batches = try former.rows(
            """
            SELECT b.batch, b.aggregating, b.accepted, b.state, b.batch_id, b.first_time, b.end_time
            FROM main.leader_batches AS b ORDER BY 1
            """)
        let formerBatches = try former.rows(
            """
            SELECT b.sequence,
                (SELECT COUNT(*) FROM former.leader_reports AS r
                    WHERE r.task_id = b.task_id AND r.batch_id = b.batch_id AND r.state = 1),
                (SELECT COUNT(*) FROM former.leader_reports AS r
                    WHERE r.task_id = b.task_id AND r.batch_id = b.batch_id AND r.state = 2),
                b.state, b.batch_id, b.first_time, b.end_time
            FROM former.leader_batches AS b ORDER BY 1
            """)
        #expect(batches == formerBatches)
        #expect(Set(batches.map { $0[3] }).count == 6, "the fixture has every state")
        let refusals = try former.rows(
            "SELECT i.task_id, n.error, n.reports FROM leader_refusals AS n JOIN task_ids AS i USING (task) ORDER BY 1, 2"
        )
        let formerRefusals = try former.rows(
            """
            SELECT task_id, error, COUNT(*) FROM former.leader_reports WHERE error IS NOT NULL
            GROUP BY 1, 2 ORDER BY 1, 2
            """)
        #expect(refusals == formerRefusals)
    }

    @Test func jobsKeepTheirRequestsAndTurns() throws {
        // A request of more than two pieces.
        let former = try FormerDatabase(
            .leader, change: "UPDATE leader_jobs SET request = randomblob(2500000) WHERE state = 0 AND location = 'job'"
        )
        _ = try former.migrate()
        let parts = try former.rows(
            "SELECT job, MAX(length(bytes)), SUM(length(bytes)) FROM leader_job_requests GROUP BY job ORDER BY job")
        #expect(parts.contains { $0[1] == "1048576" && $0[2] == "2500000" })
        let whole = try former.rows(
            "SELECT sequence, hex(request) FROM former.leader_jobs WHERE request IS NOT NULL ORDER BY 1")
        var joined: [String: String] = [:]
        for row in try former.rows("SELECT job, hex(bytes) FROM leader_job_requests ORDER BY job, part") {
            joined[row[0], default: ""] += row[1]
        }
        #expect(whole.count == joined.count)
        for row in whole { #expect(joined[row[0]] == row[1], "job \(row[0])") }
        for table in ["leader_turns"] {
            #expect(
                try former.rows("SELECT * FROM main.\(table)") == former.rows("SELECT * FROM former.\(table)"))
        }
        let jobs = "j.state, j.location FROM"
        #expect(
            try former.rows("SELECT job, \(jobs) main.leader_jobs AS j ORDER BY 1")
                == former.rows("SELECT sequence, \(jobs) former.leader_jobs AS j ORDER BY 1"))
    }

    @Test func collectionJobsGoOnWhereTheyWere() async throws {
        let former = try FormerDatabase(.leader)
        _ = try former.migrate()
        let columns = """
            collection_id, request, hidden, state, watermark, selector, close_entry, share_id, helper_statement,
            problem_type, problem_detail
            """
        let now = try former.rows("SELECT collection, \(columns) FROM main.leader_collections ORDER BY 1")
        #expect(now == (try former.rows("SELECT sequence, \(columns) FROM former.leader_collections ORDER BY 1")))
        #expect(Set(now.map { $0[4] }).count == 7, "the fixture has every state")
        let parts = try former.rows(
            "SELECT collection, kind, part, bytes FROM main.collection_parts ORDER BY collection")
        #expect(
            parts
                == (try former.rows(
                    """
                    SELECT sequence, state <> 3, 0, CASE WHEN state = 3 THEN helper_share ELSE response END
                    FROM former.leader_collections WHERE state IN (3, 4, 5) ORDER BY sequence
                    """)))
        #expect(parts.count >= 3)
        // The proposal of a batch that is as it was stays; the other one is to be made anew.
        let proposals = try former.rows(
            """
            SELECT n.proposal_size IS NOT NULL FROM main.leader_collections AS n
            JOIN former.leader_collections AS f ON f.sequence = n.collection WHERE f.proposal IS NOT NULL ORDER BY 1
            """)
        #expect(proposals == [["0"], ["1"]])
        let sizes = try former.rows("SELECT proposal_size FROM main.leader_collections WHERE proposal_size IS NOT NULL")
        let proposal = try former.rows("SELECT hex(proposal) FROM former.leader_collections WHERE proposal IS NOT NULL")
        #expect(proposal.contains { $0[0].contains(String(format: "%016X", Int(sizes[0][0]) ?? -1)) })
    }

    @Test func theLogIsTheSameAndGoesOnBehindItsEnd() async throws {
        let former = try FormerDatabase(.leader)
        _ = try former.migrate()
        for table in ["log_entries", "log_checkpoints", "log_submissions", "peer_standing", "task_revision"] {
            #expect(
                try former.rows("SELECT * FROM main.\(table) ORDER BY 1")
                    == former.rows("SELECT * FROM former.\(table) ORDER BY 1"), "\(table)")
        }
        let size = try former.rows("SELECT COUNT(*) FROM former.log_entries")[0][0]
        let database = try NodeDatabase.open(path: former.file.path)
        #expect(try await String(database.numberedSize()) == size)
        #expect(
            try await String(database.generation()) == former.rows("SELECT generation FROM former.node_state")[0][0])
        #expect(try await database.submitted([0xAB]).map { String($0) } == size)
    }

    @Test func tasksAreWhatTheyWere() async throws {
        let former = try FormerDatabase(.leader)
        _ = try former.migrate()
        let database = try NodeDatabase.open(path: former.file.path)
        let tasks = try await database.tasks()
        #expect(tasks.map { $0.id.bytes[0] } == [0xA1, 0xB2, 0xC3, 0xD4, 0xE5, 0xF6])
        #expect(tasks.map(\.service) == [.served, .served, .served, .served, .ended, .discarded])
        #expect(tasks[4].verifyKeys.map(\.id) == [200, 0, 7])
        #expect(tasks[4].source == .manual && tasks[2].policyText == nil && tasks[0].policyText == [0xA1, 3])
    }

    /// A node of the version before would lose its tables.
    @Test func nothingIsMovedWhileSomebodyHasTheDatabaseOpen() throws {
        let former = try FormerDatabase(.leader)
        let node = try DatabasePool(path: former.file.path)
        let count = { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM leader_reports") }
        let before = try node.read(count)
        let settings = SQLiteSettings(patience: 0.2)
        let error = #expect(throws: DatastoreError.self) {
            try NodeDatabase.open(path: former.file.path, settings: settings).close()
        }
        guard case .busy = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(try node.read(count) == before)
        try node.close()
        #expect(try !former.migrate().isEmpty)
    }
}
