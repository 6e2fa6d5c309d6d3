import DAP
import Datastore
import PostgresCluster
import Testing

/// A database of schema 2 gets what was added since, and keeps what it has.
@Suite(.inTurns) struct SchemaAdditionsTests {
    /// What schema 5 did not have, taken away from a database of today.
    private static let undoneSince5 = [
        "DROP TABLE shown_status", "DROP TABLE blobs", "DROP TABLE task_files",
        "ALTER TABLE node_state DROP COLUMN forgotten",
    ]

    /// What schema 4 did not have either.
    private static let undoneSince4 =
        undoneSince5 + ["DROP INDEX leader_collections_open"]
        + [
            "lease_token", "due", "is_asked", "failures", "refusals", "long_requests", "long_since", "comparisons",
            "looks", "unfinished", "note",
        ].map { "ALTER TABLE leader_collections DROP COLUMN \($0)" }
        + ["CREATE INDEX leader_collections_active ON leader_collections (collection) WHERE state < 5"]
        + ["DROP INDEX node_runs_by_run", "DROP INDEX node_runs_open"]
        + ["last", "deeds", "follows", "process", "name", "is_open"].map { "ALTER TABLE node_runs DROP COLUMN \($0)" }
        + [
            "ALTER TABLE log_head DROP COLUMN fence", "DROP TABLE log_queue", "DROP INDEX leader_reports_waiting",
            "ALTER TABLE leader_reports DROP COLUMN turn",
            "CREATE INDEX leader_reports_waiting ON leader_reports (task, not_before, report) WHERE state = 0",
        ]

    /// What schema 3 did not have either.
    private static let undoneSince3 =
        undoneSince4 + [
            "ALTER TABLE tasks DROP COLUMN role", "DROP TABLE node_keys", "DROP TABLE node_peers",
            "DROP INDEX helper_jobs_waiting", "DROP TABLE helper_job_requests", "DROP TABLE helper_waiting",
            "DROP TABLE duties", "DROP INDEX leader_jobs_open", "ALTER TABLE leader_jobs DROP COLUMN lease_token",
            "ALTER TABLE leader_jobs DROP COLUMN due",
            "CREATE INDEX leader_jobs_pending ON leader_jobs (job) WHERE state = 0",
        ]
        + [
            "state", "arrived", "reports", "bytes", "attempts", "lease_token", "due", "request_key",
        ].map { "ALTER TABLE helper_jobs DROP COLUMN \($0)" }

    /// What schema 2 did not have either.
    private static let undone =
        undoneSince3 + [
            "DROP TABLE node_runs", "ALTER TABLE node_state DROP COLUMN run", "DROP INDEX leader_collections_left",
            "UPDATE cairn_schema SET version = 2",
        ]

    private func run(_ place: EnginePlace, _ statements: [String]) throws {
        switch place {
        case .sqlite(let file):
            let queue = try FormerDatabase.hastyQueue(file.path)
            try queue.writeWithoutTransaction { database in
                for statement in statements { try database.execute(sql: statement) }
            }
            try queue.close()
        case .postgreSQL(let database):
            for statement in statements { _ = try database.run(statement) }
        }
    }

    /// All columns and indexes, and how bytes are kept.
    private func structure(_ place: EnginePlace) throws -> [[String]] {
        switch place {
        case .sqlite(let file):
            try FormerDatabase.rows(
                file.path,
                """
                SELECT m.name, c.name, c.type, c."notnull", c.pk, c.dflt_value FROM sqlite_master AS m
                JOIN pragma_table_info(m.name) AS c WHERE m.type = 'table' ORDER BY m.name, c.cid
                """)
                + FormerDatabase.rows(
                    file.path, "SELECT name, tbl_name, sql FROM sqlite_master WHERE type <> 'table' ORDER BY name")
        case .postgreSQL(let database):
            [
                try database.run(
                    """
                    SELECT concat_ws(' ', c.relname, a.attname, a.atttypid::regtype, a.attnotnull, a.attstorage)
                    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
                    JOIN pg_namespace n ON n.oid = c.relnamespace
                    WHERE n.nspname = 'public' AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
                    ORDER BY c.relname, a.attnum
                    """),
                try database.run("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"),
            ].map { $0.map { $0 ?? "" } }
        }
    }

    private func open(_ place: EnginePlace) throws -> NodeDatabase { try .openNow(place.storage) }

    /// The last one that was in use: its collections are nobody's and due.
    @Test(arguments: EngineKind.tested)
    func whatWasAddedSinceSchema4IsAddedAndCollectionsGoOn(kind: EngineKind) async throws {
        let place = try await kind.place()
        let new = try open(place)
        try await new.addTask(Make.storedTask(), logEntry: nil)
        let job = try await new.newCollection(request: [1], interval: Interval(start: 100, duration: 1))
        try new.close()
        let structure = try structure(place)
        try run(place, Self.undoneSince4 + ["UPDATE cairn_schema SET version = 4"])
        #expect(try self.structure(place) != structure)
        let old = try open(place)
        #expect(try self.structure(place) == structure)
        #expect(try await old.collection(key: job.key) == job)
        #expect(try await old.activeCollections() == [job.key])
        try old.close()
    }

    @Test(arguments: EngineKind.tested)
    func whatWasAddedSinceSchema5IsAddedAndTasksAndRunsGoOn(kind: EngineKind) async throws {
        let place = try await kind.place()
        let new = try open(place)
        try await new.addTask(Make.storedTask(), logEntry: nil)
        let run = GenerationRun.random()
        try await new.beginGeneration(run)
        try new.close()
        let structure = try structure(place)
        try self.run(place, Self.undoneSince5 + ["UPDATE cairn_schema SET version = 5"])
        #expect(try self.structure(place) != structure)
        let old = try open(place)
        #expect(try self.structure(place) == structure)
        #expect(try await old.generationMark() == GenerationMark(number: 1, run: run))
        #expect(try await old.task(Make.task) == Make.storedTask())
        #expect(try await old.taskFile(Make.task) == nil)
        try await old.keepFormerTaskFile([1], of: Make.task)
        try await old.keepBlob(NamedBlob([2]))
        #expect(try await old.taskFile(Make.task) == [1])
        #expect(try await old.blob(NamedBlob([2]).hash) == [2])
        try old.close()
    }

    @Test(arguments: EngineKind.tested)
    func whatWasAddedSinceSchema2IsAddedAndNothingIsLost(kind: EngineKind) async throws {
        let place = try await kind.place()
        let new = try open(place)
        try await new.beginGeneration(.random())
        try await new.recordHalt("to be kept")
        try new.close()
        let structure = try structure(place)

        // The start counted for the whole node.
        try run(place, Self.undone + ["UPDATE node_state SET generation = 1"])
        #expect(try self.structure(place) != structure)
        let old = try open(place)
        #expect(try self.structure(place) == structure)
        #expect(try await old.haltReason() == "to be kept")
        // A generation of before has no run, and the next start names one.
        #expect(try await old.generationMark() == GenerationMark(number: 1, run: nil))
        let run = GenerationRun.random()
        #expect(try await old.beginGeneration(run) == 2)
        #expect(try await old.generationMark() == GenerationMark(number: 2, run: run))
        try old.close()
        // Once added, it is not added again.
        try open(place).close()
        #expect(try self.structure(place) == structure)
    }

    @Test(arguments: EngineKind.tested)
    func whoOnlyLooksAtAnOlderDatabaseIsToldSoAndChangesNothing(kind: EngineKind) async throws {
        let place = try await kind.place()
        let new = try open(place)
        try await new.addTask(Make.storedTask(), logEntry: nil)
        try new.close()
        try run(place, Self.undoneSince4 + ["UPDATE cairn_schema SET version = 4"])
        let before = try structure(place)
        let error = #expect(throws: DatastoreError.self) { try NodeDatabase.openNow(place.storage, for: .looking) }
        guard case .unsuitable(let words) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(words.contains("older version") && words.contains("schema 4") && words.contains("start the node"))
        #expect(try structure(place) == before)
        // Whoever changes something brings it up to date, and then it can be looked at.
        try NodeDatabase.openNow(place.storage, for: .changing).close()
        let looked = try NodeDatabase.openNow(place.storage, for: .looking)
        #expect(try await looked.tasks().map(\.id) == [Make.storedTask().id])
        try looked.close()
    }

    /// Schema 4 had one count for the whole node, and knew of each start where it began.
    @Test(arguments: EngineKind.tested)
    func theStartsOfASchema4NodeAreRunsThatWentOnFromEachOther(kind: EngineKind) async throws {
        let place = try await kind.place()
        try open(place).close()
        let runs = (0..<2).map { _ in GenerationRun.random() }
        let literal: (GenerationRun) -> String = { kind == .sqlite ? "x'\($0.hex)'" : "'\\x\($0.hex)'" }
        try run(
            place,
            Self.undoneSince4 + [
                "INSERT INTO node_runs (first, run) VALUES (3, \(literal(runs[0])))",
                "INSERT INTO node_runs (first, run) VALUES (7, \(literal(runs[1])))",
                "UPDATE node_state SET generation = 12, run = \(literal(runs[1]))",
                "UPDATE cairn_schema SET version = 4",
            ])
        let store = try open(place)
        let newest = GenerationMark(number: 12, run: runs[1])
        #expect(try await store.generationMark() == newest)
        for (run, span, mark, successor) in [
            (nil, 0...2, GenerationMark(number: 6, run: runs[0]), .followed), (runs[0], 3...6, newest, .last),
            (runs[1], 7...12, newest, .none),
        ] as [(GenerationRun?, ClosedRange<UInt64>, GenerationMark, GenerationRecord.Successor)] {
            let record = try await store.generationRecord(of: run)
            #expect(record.newest == newest && record.span == span && record.mark == mark)
            #expect(record.successor == successor)
        }
        #expect(try await store.beginGeneration(.random(), after: newest) == 13)
        #expect(try await store.generationRecord(of: runs[1]).successor == .last)
        try store.close()
    }

    /// Schema 2 let the withdrawals that wait in tasks that have ended count for ever.
    @Test(arguments: EngineKind.tested)
    func placesOfTasksThatHadEndedAreFreed(kind: EngineKind) async throws {
        let place = try await kind.place()
        let new = try open(place)
        var reports = try HelperReports()
        for (task, count) in [(reports.task, 2), (TaskID.random(), 3)] {
            reports.task = task
            try await new.addTask(Make.storedTask(task), logEntry: nil)
            for number in 0..<count {
                #expect(try await reports.withdraw(number, earlyLimit: 9, in: new) == .pending)
            }
        }
        try new.close()
        try run(place, Self.undone + ["UPDATE tasks SET service = 1 WHERE task = (SELECT MAX(task) FROM tasks)"])
        let old = try open(place)
        let counted = try await old.engine.read { try $0.integer("SELECT withdrawals FROM helper_early_count") }
        #expect(counted == 2)
        try old.close()
    }

    /// Schema 2 let the server copy keys into its statistics.
    @Test(.enabled(if: !PostgresCluster.isLeftOut)) func keysLeaveTheStatistics() async throws {
        let place = try await EngineKind.postgreSQL.place()
        guard case .postgreSQL(let database) = place else { return }
        let new = try open(place)
        try await HelperReports().accept(1...2, in: new)
        try new.close()
        let structure = try structure(place)
        try run(place, Self.undone + ["ALTER TABLE share_keys ALTER COLUMN secret SET STATISTICS -1"])
        let statistics = "SELECT attname FROM pg_stats WHERE tablename = 'share_keys' AND attname = 'secret'"
        try database.run("ANALYZE share_keys")
        try #require(try database.run(statistics) == ["secret"])
        try open(place).close()
        try database.run("ANALYZE share_keys")
        #expect(try database.run(statistics).isEmpty)
        #expect(try self.structure(place) == structure)
    }

    @Test(arguments: EngineKind.tested)
    func whatCannotBeAddedLeavesTheFormerSchema(kind: EngineKind) async throws {
        let place = try await kind.place()
        try open(place).close()
        // The last of the additions is in the way of itself.
        try run(place, Array(Self.undone.dropLast(2)) + Self.undone.suffix(1))
        let structure = try structure(place)
        #expect(throws: DatastoreError.self) { try self.open(place).close() }
        #expect(try self.structure(place) == structure)
    }
}
