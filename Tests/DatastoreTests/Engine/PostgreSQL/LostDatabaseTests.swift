import Datastore
import Dispatch
import Foundation
import PostgresCluster
import Testing

/// Another server or another process has the database: a node that does not notice goes on with what it believes to be its
/// state. It must not, until a start has looked at everything again.
@Suite(.inTurns, .enabled(if: !PostgresCluster.isLeftOut)) struct LostDatabaseTests {
    private func expectLost(
        _ store: NodeDatabase, _ words: String, sourceLocation: SourceLocation = #_sourceLocation
    ) async {
        // For good, whatever the server says later.
        for _ in 0..<2 {
            let error = await #expect(throws: DatastoreError.self, sourceLocation: sourceLocation) {
                try await store.generation()
            }
            guard case .unavailable(let reason) = error else {
                Issue.record("\(String(describing: error))", sourceLocation: sourceLocation)
                return
            }
            #expect(reason.contains(words), sourceLocation: sourceLocation)
        }
        #expect(await store.awaitLoss()?.contains(words) == true, sourceLocation: sourceLocation)
    }

    private func storage(
        _ database: PostgresDatabase, _ change: (inout PostgreSQLOptions) -> Void = { _ in }
    ) throws -> NodeStorage {
        var options = try database.options
        change(&options)
        return .postgreSQL(options)
    }

    /// Ends the connections that hold a claim, and nothing else.
    private func cutClaim(_ database: PostgresDatabase) throws {
        let ended = try database.run(
            """
            SELECT pg_terminate_backend(pid, 10000)::text FROM pg_locks
            WHERE locktype = 'advisory' AND objsubid = 2 AND classid = 1667328373 AND objid = 0 AND granted
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            """)
        #expect(ended == ["true"])
    }

    // MARK: Another server

    /// The standby may lack what its primary had acknowledged, and does not know what became of anything there.
    @Test func aCommitThatWasLostInAFailoverIsNotAskedForOnTheOtherServer() async throws {
        let cluster = try await PostgresCluster.start(settings: ["restore_command=/bin/false"])
        let database = try cluster.database()
        let engine = try PostgreSQLEngine.open(try database.options)
        _ = try await engine.write { try $0.execute("CREATE TABLE things (thing BIGINT PRIMARY KEY)") }
        let (hasWritten, writing) = AsyncStream.makeStream(of: Void.self)
        let hasTakenOver = DispatchSemaphore(value: 0)
        let bodies = RunCounter()
        let write = Task {
            try await engine.write { session in
                bodies.add()
                let changed = try session.execute("INSERT INTO things (thing) VALUES (1)")
                writing.finish()
                hasTakenOver.wait()
                return changed
            }
        }
        for await _ in hasWritten {}
        try await cluster.takeOver()
        hasTakenOver.signal()
        let error = await #expect(throws: DatastoreError.self) { try await write.value }
        #expect(error?.description.contains("has taken over") == true, "\(String(describing: error))")
        #expect(bodies.value == 1)
        #expect(try database.run("SELECT count(*) FROM things") == ["0"])
        try engine.close()
    }

    /// Also where no node runs, as in `cairn node task`.
    @Test func aDatabaseThatWasMadeAnewUnderTheSameNameIsAnother() async throws {
        let database = try await PostgresCluster.shared().database()
        let store = try await NodeDatabase.open(try storage(database))
        #expect(try await store.generation() == 0)
        try database.cluster.run(
            "DROP DATABASE \(database.name) WITH (FORCE)", "CREATE DATABASE \(database.name) TEMPLATE template0")
        try await NodeDatabase.open(try storage(database)).close()
        await expectLost(store, "another database")
        try store.close()
    }

    @Test func whoMayNotAskWhichServerItIsHearsOfIt() async throws {
        let cluster = try await PostgresCluster.start()
        try cluster.run("CREATE ROLE node LOGIN", "CREATE DATABASE guarded OWNER node TEMPLATE template0")
        func notes() async throws -> [String] {
            let options = PostgreSQLOptions(
                location: try PostgreSQLLocation(url: cluster.url(database: "guarded", user: "node")))
            let store = try await NodeDatabase.open(.postgreSQL(options))
            defer { try? store.close() }
            try await store.claim()
            _ = try await store.generation()
            return store.notes
        }
        #expect(try await notes().isEmpty, "by default everybody may")
        try cluster.run(
            "REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC",
            "REVOKE EXECUTE ON FUNCTION pg_walfile_name(pg_lsn) FROM PUBLIC", in: "guarded")
        let words = try await notes()
        #expect(words.contains { $0.contains("pg_control_system() and pg_walfile_name(pg_lsn)") }, "\(words)")

        // Who follows that advice, or changes their mind, is not taken for another server.
        let options = PostgreSQLOptions(
            location: try PostgreSQLLocation(url: cluster.url(database: "guarded", user: "node")))
        let store = try await NodeDatabase.open(.postgreSQL(options))
        try await store.claim()
        for change in ["GRANT EXECUTE ON FUNCTION %@ TO node", "REVOKE EXECUTE ON FUNCTION %@ FROM node"] {
            for function in ["pg_control_system()", "pg_walfile_name(pg_lsn)"] {
                try cluster.run(change.replacing("%@", with: function), in: "guarded")
                try cluster.run(
                    "SELECT pg_terminate_backend(pid, 10000)::text FROM pg_stat_activity WHERE usename = 'node'")
                #expect(try await store.generation() == 0)
            }
        }
        try store.close()
    }

    // MARK: Another process

    @Test func aClaimThatWasLostIsTakenAgainWhereNobodyElseHadIt() async throws {
        let database = try await StoreTemplate.shared().database()
        let store = try await NodeDatabase.open(try storage(database))
        try await store.claim()
        try cutClaim(database)
        #expect(try await store.beginGeneration(.random()) == 1)
        try cutClaim(database)
        #expect(try await store.generation() == 1)
        try store.close()
    }

    /// The server may go again while the claim is being taken again.
    @Test func aClaimIsTakenAgainAlsoWhereTheNextConnectionBreaks() async throws {
        let database = try await StoreTemplate.shared().database()
        let proxy = try LossyProxy(to: database.cluster.folder)
        defer { proxy.stop() }
        let store = try await NodeDatabase.open(try behind(proxy, database))
        try await store.claim()
        for words in ["pg_try_advisory_lock", "WHERE writer = 0"] {
            proxy.arm(.requestLost, at: words)
            try cutClaim(database)
            #expect(try await store.generation() == 0)
        }
        #expect(proxy.count == 2)
        try store.close()
    }

    /// A node that is told to stop does not wait for a server that hangs.
    @Test func aDatabaseIsClosedAlthoughItsServerHangs() async throws {
        let database = try await StoreTemplate.shared().database()
        let proxy = try LossyProxy(to: database.cluster.folder)
        let store = try await NodeDatabase.open(try behind(proxy, database))
        try await store.claim()
        proxy.stop()
        try FileManager.default.createDirectory(atPath: proxy.folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: proxy.folder) }
        let silent = try LossyProxy.listener(in: proxy.folder)
        defer { close(silent) }
        try cutClaim(database)
        let reads = (0..<4).map { _ in Task { try await store.generation() } }
        try await Task.sleep(for: .milliseconds(500))
        let start = ContinuousClock.now
        await store.closeWhenIdle()
        #expect(ContinuousClock.now - start < .seconds(12), "a connection alone is waited for 15 seconds")
        for read in reads { await #expect(throws: DatastoreError.self) { try await read.value } }
    }

    private func behind(_ proxy: LossyProxy, _ database: PostgresDatabase) throws -> NodeStorage {
        .postgreSQL(
            PostgreSQLOptions(
                location: try PostgreSQLLocation(url: "postgres://cairn@/\(database.name)?host=\(proxy.folder)")))
    }

    /// Its other connections are all in order.
    @Test func aNodeWhoseClaimAnotherProcessHasTakenEnds() async throws {
        let database = try await StoreTemplate.shared().database()
        let first = try await NodeDatabase.open(try storage(database) { $0.claimPatience = .milliseconds(300) })
        let second = try await NodeDatabase.open(try storage(database))
        try await first.claim()
        async let claim: Void = second.claim()
        try await Task.sleep(for: .milliseconds(300))
        try cutClaim(database)
        try await claim
        await expectLost(first, "another process")
        try second.close()
        await expectLost(first, "another process")
        try first.close()
    }

    /// Whoever was there in between may have done what must be done once.
    @Test func aNodeEndsAlsoWhereTheOtherProcessIsGoneAgain() async throws {
        let database = try await StoreTemplate.shared().database()
        let first = try await NodeDatabase.open(try storage(database))
        let second = try await NodeDatabase.open(try storage(database))
        try await first.claim()
        async let claim: Void = second.claim()
        try await Task.sleep(for: .milliseconds(300))
        try cutClaim(database)
        try await claim
        try second.close()
        await expectLost(first, "another process")
        try first.close()
    }

    /// What it has begun under its claim does not come after it.
    @Test func aTransactionDoesNotOutliveItsClaim() async throws {
        let database = try await StoreTemplate.shared().database()
        let first = try await NodeDatabase.open(try storage(database))
        let second = try await NodeDatabase.open(try storage(database))
        try await first.claim()
        let (hasWritten, writing) = AsyncStream.makeStream(of: Void.self)
        let isTaken = DispatchSemaphore(value: 0)
        let engine = first.engine
        let write = Task {
            try await engine.write { session in
                try session.execute("UPDATE node_state SET halted = 'late'")
                writing.finish()
                isTaken.wait()
            }
        }
        for await _ in hasWritten {}
        async let claim: Void = second.claim()
        try await Task.sleep(for: .milliseconds(300))
        try cutClaim(database)
        try await claim
        isTaken.signal()
        let error = await #expect(throws: DatastoreError.self) { try await write.value }
        #expect(error?.description.contains("another process") == true, "\(String(describing: error))")
        #expect(try await second.haltReason() == nil)
        #expect(try await second.beginGeneration(.random()) == 1)
        await expectLost(first, "another process")
        try first.close()
        try second.close()
    }
}
