import DAP
import Datastore
import TaskTypes
import Testing

/// A helper's and a witness's databases of the version before.
@Suite struct FormerHelperTests {
    private func task(_ byte: UInt8) -> TaskID { TaskID(unchecked: [UInt8](repeating: byte, count: 32)) }

    /// Whether a report is closed over or collected follows from its bucket now; that it was dropped stays.
    @Test func everyReportOfAHelperIsWhereItWas() async throws {
        let former = try FormerDatabase(.helper)
        _ = try former.migrate()
        let columns = "r.report_id, r.time, r.leaf_hash, r.claim_key"
        let now = try former.rows(
            """
            SELECT i.task_id, b.batch_id, r.state, \(columns) FROM main.helper_reports AS r
            JOIN task_ids AS i ON i.task = r.task LEFT JOIN helper_batches AS b ON b.batch = r.batch
            ORDER BY 1, r.report_id
            """)
        let then = try former.rows(
            """
            SELECT r.task_id, r.batch_id, CASE r.state WHEN 3 THEN 3 ELSE 0 END, \(columns)
            FROM former.helper_reports AS r ORDER BY 1, r.report_id
            """)
        #expect(now == then)
        let states = try former.rows("SELECT DISTINCT state FROM former.helper_reports ORDER BY 1")
        #expect(states == [["0"], ["1"], ["2"], ["3"]], "the fixture has every state")
        let counted = try former.rows(
            "SELECT task, kind, ref, accepted, dropped FROM helper_buckets WHERE accepted + dropped > 0 ORDER BY 1, 2, 3"
        )
        let there = try former.rows(
            """
            SELECT task, batch NOT NULL, COALESCE(batch, time), SUM(state = 0), SUM(state = 3)
            FROM main.helper_reports GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
            """)
        #expect(counted == there)
    }

    @Test func closesAndCollectionsStillShutTheirBuckets() async throws {
        let former = try FormerDatabase(.helper)
        _ = try former.migrate()
        for table in ["helper_closes", "helper_collections", "helper_jobs", "helper_refusals", "helper_refusal_counts"]
        {
            let columns = try former.rows(
                """
                SELECT name FROM pragma_table_info('\(table)') WHERE name NOT IN ('task', 'collection')
                    AND name IN (SELECT name FROM pragma_table_info('\(table)', 'former')) ORDER BY 1
                """)
            let list = columns.map { "t.\($0[0])" }.joined(separator: ", ")
            #expect(
                try former.rows(
                    "SELECT i.task_id, \(list) FROM main.\(table) AS t JOIN task_ids AS i USING (task) ORDER BY 1, 2, 3"
                )
                    == former.rows("SELECT t.task_id, \(list) FROM former.\(table) AS t ORDER BY 1, 2, 3"), "\(table)")
        }
        let answers = try former.rows(
            """
            SELECT i.task_id, c.share_id, p.part, p.bytes FROM main.helper_collections AS c
            JOIN task_ids AS i USING (task) JOIN collection_parts AS p ON p.collection = c.collection AND p.kind = 2
            ORDER BY 1, 2
            """)
        #expect(
            try answers
                == former.rows(
                    """
                    SELECT task_id, share_id, 0, response FROM former.helper_collections WHERE response IS NOT NULL
                    ORDER BY 1, 2
                    """))
        #expect(!answers.isEmpty)
        let database = try NodeDatabase.open(path: former.file.path)
        let vdaf = try makeTaskVDAF(.count)
        for (byte, batch) in [(UInt8(0xB2), UInt8(1)), (0xD4, 1), (0xB2, 2)] {
            let late = VerifiedReport(
                time: 101, batchID: BatchID(unchecked: [UInt8](repeating: batch, count: 32)), leafHash: nil,
                claimKey: nil,
                outputShare: Make.share(1), inputShare: [], outbound: [])
            let response = try await database.commitHelperJob(
                task(byte), .random(),
                outcomes: [HelperOutcome(reportID: Make.reportID(700), finding: .verified(late))],
                verifyKey: nil, keepsLastWords: false, vdaf: vdaf)
            let answer = try AggregationJobResp(decoding: response).responses[0].outcome
            #expect(answer == .reject(.batchCollected))
        }
    }

    @Test func whatWasReadOfOneLogIsKept() async throws {
        let former = try FormerDatabase(.helper, change: "DELETE FROM helper_log WHERE origin <> 'log 161'")
        _ = try former.migrate()
        for (table, formerTable) in [
            ("helper_log", "helper_log"), ("helper_log_tasks", "helper_log_tasks"),
            ("helper_log_reports", "helper_log_reports"), ("helper_log_endings", "helper_log_rejections"),
            ("helper_log_closes", "helper_log_closes"),
        ] {
            let columns = try former.rows(
                "SELECT name FROM pragma_table_info('\(table)') WHERE name NOT IN ('task', 'log') ORDER BY 1")
            let list = columns.map { $0[0] }.joined(separator: ", ")
            let now = try former.rows("SELECT \(list) FROM main.\(table) ORDER BY 1, 2, 3")
            #expect(try now == former.rows("SELECT \(list) FROM former.\(formerTable) ORDER BY 1, 2, 3"), "\(table)")
            #expect(!now.isEmpty)
        }
        let database = try NodeDatabase.open(path: former.file.path)
        #expect(
            try await database.loggedTask(task(0x77), in: "log 161")?.keys.helper == [2],
            "a task that only the log names")
        #expect(try await database.helperLogPosition(origin: "log 161")?.size == 200)
    }

    /// Schema 1 does not say of which log an entry is: of several, nothing is kept, whether their indices meet or not.
    @Test(
        arguments: [
            "DELETE FROM helper_log WHERE origin = 'other'",
            """
            DELETE FROM helper_log WHERE origin <> 'other';
            UPDATE helper_log_reports SET idx = 1 WHERE report_id = (SELECT MIN(report_id) FROM helper_log_reports)
            """,
        ])
    func severalLogsAreReadAnew(change: String) async throws {
        let former = try FormerDatabase(.helper, change: change)
        _ = try former.migrate()
        for table in [
            "helper_log", "helper_log_tasks", "helper_log_reports", "helper_log_endings", "helper_log_closes",
        ] {
            #expect(try former.rows("SELECT * FROM main.\(table)").isEmpty)
        }
        #expect(try !former.rows("SELECT * FROM main.helper_reports").isEmpty)
        let database = try NodeDatabase.open(path: former.file.path)
        let start = HelperLogPosition(size: 1, range: [])
        #expect(try await database.advanceHelperLog(origin: "log 161", previous: 0, to: start, entries: []))
    }

    @Test func withdrawalsThatWaitStillWait() async throws {
        let former = try FormerDatabase(.helper)
        _ = try former.migrate()
        let columns = "w.report_id, w.claim_key, w.entry FROM"
        let now = try former.rows(
            "SELECT i.task_id, \(columns) main.helper_early_withdrawals AS w JOIN task_ids AS i USING (task) ORDER BY 1"
        )
        #expect(try now == former.rows("SELECT w.task_id, \(columns) former.helper_early_withdrawals AS w ORDER BY 1"))
        #expect(try former.rows("SELECT withdrawals FROM helper_early_count") == [[String(now.count)]])
        #expect(now.count == 2)
    }

    @Test func aWitnessForgetsNothing() async throws {
        let former = try FormerDatabase(.witness)
        _ = try former.migrate()
        let sql = { (schema: String) in
            "SELECT origin, vkey, size, root, checkpoint FROM \(schema).witness_logs ORDER BY 1"
        }
        #expect(try former.rows(sql("main")) == former.rows(sql("former")))
        let database = try NodeDatabase.open(path: former.file.path)
        #expect(try await database.witnessedLog(origin: "a")?.latest?.size == 5)
        #expect(try await database.haltReason() == "a restore was declared")
        #expect(try await database.generation() == 1)
    }

    @Test(arguments: zip(FormerDatabase.Name.allCases, DatabaseRole.allCases))
    func whatADatabaseContainsSaysItsRole(name: FormerDatabase.Name, role: DatabaseRole) async throws {
        let former = try FormerDatabase(name)
        _ = try former.migrate()
        let database = try NodeDatabase.open(path: former.file.path)
        try await database.claimRole(role)
        for other in DatabaseRole.allCases where other != role {
            let error = await #expect(throws: DatastoreError.self) { try await database.claimRole(other) }
            #expect(error?.description.contains("\(role.rawValue)'s") == true)
        }
    }
}
