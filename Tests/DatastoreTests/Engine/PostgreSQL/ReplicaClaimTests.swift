import DAP
import Datastore
import Foundation
import PostgresCluster
import Testing

/// Several processes on one database, which say so.
@Suite(.inTurns, .enabled(if: !PostgresCluster.isLeftOut)) struct ReplicaClaimTests {
    private func open(_ database: PostgresDatabase) async throws -> NodeDatabase {
        var options = try database.options
        options.connections = 2
        options.claimPatience = .milliseconds(300)
        return try await NodeDatabase.open(.postgreSQL(options))
    }

    /// Another process, as far as others see it: it holds the lock under its number.
    private func pretend(_ number: Int64, in store: NodeDatabase, while body: () async throws -> Void) async throws {
        let (hasLock, locking) = AsyncStream.makeStream(of: Void.self)
        let isOver = DispatchSemaphore(value: 0)
        let engine = store.engine
        let holding = Task {
            try await engine.read { session in
                // "cair" and 3, as a claim's.
                _ = try session.rows(
                    "SELECT pg_advisory_xact_lock_shared(\(0x6361_6972 + 3), CAST($1 AS INTEGER))::text", [number])
                locking.finish()
                isOver.wait()
            }
        }
        for await _ in hasLock {}
        defer { isOver.signal() }
        try await body()
        isOver.signal()
        try await holding.value
    }

    @Test func replicasShareTheDatabaseAndNobodyElseDoes() async throws {
        let database = try await StoreTemplate.shared().database()
        let (first, second, alone) = (try await open(database), try await open(database), try await open(database))
        try await first.claim(isShared: true)
        try await second.claim(isShared: true)
        for store in [first, second, first] { try await store.recordHalt("written") }
        let error = await #expect(throws: DatastoreError.self) { try await alone.claim() }
        #expect(error?.description.contains("replicas: true") == true)
        try first.close()
        await #expect(throws: DatastoreError.self) { try await alone.claim() }
        try second.close()
        try await alone.claim()
        let late = try await open(database)
        let refused = await #expect(throws: DatastoreError.self) { try await late.claim(isShared: true) }
        #expect(refused?.description.contains("not as a replica") == true)
        try alone.close()
        try late.close()
    }

    /// One that has lost its connection goes on beside the others; but not once somebody had the database alone.
    @Test func aReplicaThatLostItsConnectionGoesOnUnlessTheDatabaseWasAnothersMeanwhile() async throws {
        let database = try await StoreTemplate.shared().database()
        let (first, second) = (try await open(database), try await open(database))
        try await first.claim(isShared: true)
        try cut(database)
        try await second.claim(isShared: true)
        try await first.recordHalt("written")
        try second.close()
        try cut(database)
        let alone = try await open(database)
        try await alone.claim()
        try alone.close()
        let error = await #expect(throws: DatastoreError.self) { try await first.recordHalt("late") }
        #expect(error?.description.contains("another process") == true, "\(String(describing: error))")
        #expect(await first.awaitLoss() != nil)
        try first.close()
    }

    /// One that has found that the database must not be used waits for nobody to notice.
    @Test func aProcessThatStopsTheNodeEndsWhatTheOthersHaveBegun() async throws {
        let database = try await StoreTemplate.shared().database()
        let (first, second) = (try await open(database), try await open(database))
        for store in [first, second] { try await store.claim(isShared: true) }
        try await first.recordHalt("older")
        try await first.endOtherClaims()
        await #expect(throws: DatastoreError.self) { try await second.beginGeneration(.random()) }
        #expect(await second.awaitLoss() != nil)
        #expect(try await first.haltReason() == "older")
        try await first.beginGeneration(.random())
        for store in [first, second] { try store.close() }
    }

    /// It would count on in its way, and what it counted would be missing in the new tables.
    @Test func tablesOfAFormerVersionStayWhileANodeHasThem() async throws {
        let database = try await StoreTemplate.shared().database()
        let store = try await open(database)
        try await store.claim(isShared: false)
        try database.run("UPDATE cairn_schema SET version = 4")
        let error = await #expect(throws: DatastoreError.self) { try await open(database) }
        #expect(error?.description.contains("a node of a former version runs") == true, "\(String(describing: error))")
        try database.run("UPDATE cairn_schema SET version = 6")
        try await open(database).close()
        try store.close()
    }

    /// Ends all connections to a database.
    private func cut(_ database: PostgresDatabase) throws {
        try database.run(
            """
            SELECT count(pg_terminate_backend(pid, 10000))::text FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()
            """)
    }

    // MARK: Who is there

    @Test func theWorkOfThoseThatAreThereIsSparedAndThatOfTheOthersIsEnded() async throws {
        let database = try await StoreTemplate.shared().database()
        let (store, other) = (try await open(database), try await open(database))
        try await store.claim(isShared: true)
        let (living, gone): (Int64, Int64) = (5, 6)
        func put(_ duty: String, _ process: Int64) throws {
            try database.run(
                "INSERT INTO duties VALUES ('\(duty)', \(process << 32 | 1), 9999999999999, 'process \(process)')")
        }
        try await pretend(living, in: other) {
            try put("log", living)
            try put("clearing", gone)
            let own = try #require(try await store.takeDuty(.promises, holder: "own", for: .seconds(60)))
            try await store.endLeasesOfTheGone()
            #expect(try await store.duties().map(\.duty) == ["log", "promises"])
            try await store.renewDuty(own, for: .seconds(60))
            // A start ends what was its own under the same number, too: it has just begun.
            try await store.beginGeneration(.random())
            #expect(try await store.duties().map(\.duty) == ["log"])
        }
        try await store.endLeasesOfTheGone()
        #expect(try await store.duties().isEmpty)
        try store.close()
        try other.close()
    }

    /// Whether somebody works in the run that a file names, or works at all.
    @Test func aStartSeesWhoseRunItsFileNames() async throws {
        let database = try await StoreTemplate.shared().database()
        let (store, other) = (try await open(database), try await open(database))
        try await store.claim(isShared: true)
        let run = GenerationRun.random()
        try await store.beginGeneration(run)
        try database.run("UPDATE node_runs SET process = 5")
        try await pretend(5, in: other) {
            let record = try await store.generationRecord(of: run)
            #expect(record.isLed && record.hasCompany)
            let none = try await store.generationRecord(of: .random())
            #expect(!none.isLed && none.hasCompany && none.span == nil)
            // It goes on, and the start of another does not close it.
            try await store.beginGeneration(.random())
            #expect(try await store.generationRecord(of: run).hasCompany)
        }
        let record = try await store.generationRecord(of: run)
        #expect(!record.isLed && !record.hasCompany)
        try store.close()
        try other.close()
    }

    /// Two processes count at the same time, each in its own run; what each has seen of the other is in its number.
    @Test func replicasCountBesideEachOtherAndCoverWhatTheyHaveSeen() async throws {
        let database = try await StoreTemplate.shared().database()
        let stores = [try await open(database), try await open(database)]
        for (number, store) in stores.enumerated() {
            try await store.claim(isShared: true)
            let run = GenerationRun.random()
            let first = try await store.beginGeneration(run)
            #expect(first == UInt64(number) + 1)
            // In one process, the second start has closed the run of the first; its next deed opens it.
            store.generationMemory.watch(from: GenerationMark(number: first, run: run)) { found, known in
                Issue.record("\(found) where \(known) is known")
            }
        }
        for size in 1...4 as ClosedRange<UInt64> {
            let signer = stores[size < 4 ? 0 : 1]
            _ = try await signer.recordCheckpoint(StoredCheckpoint(size: size, root: [1], note: [2]))
        }
        #expect(try await stores[0].generationMark().number == 4)
        #expect(try await stores[1].generationMark().number == 3)
        #expect(try await stores[1].coveringMark().number == 4, "it has seen the other's deeds")
        #expect(try await stores[1].coveringMark().number == 4)
        #expect(try await stores[0].coveringMark().number == 5)
        // What stands for deeds is none itself.
        #expect(try await stores[1].coveringMark().number == 4)
        for store in stores { try store.close() }
    }
}
