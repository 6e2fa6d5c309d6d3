import Datastore
import Foundation
import PostgresCluster
import Testing

/// Servers and databases that a node cannot use, or not now: a clear word, and nothing lost.
@Suite(.inTurns, .enabled(if: !PostgresCluster.isLeftOut)) struct BadServerTests {
    private func words(_ kind: (DatastoreError) -> String?, _ body: () throws -> Void) -> String {
        let error = #expect(throws: DatastoreError.self, performing: body)
        guard let error, let words = kind(error) else {
            Issue.record("\(String(describing: error))")
            return ""
        }
        return words
    }

    private func unsuitable(_ error: DatastoreError) -> String? {
        if case .unsuitable(let words) = error { words } else { nil }
    }
    private func unavailable(_ error: DatastoreError) -> String? {
        if case .unavailable(let words) = error { words } else { nil }
    }
    private func busy(_ error: DatastoreError) -> String? { if case .busy(let words) = error { words } else { nil } }

    @Test func aServerThatForgetsIsRefusedUnlessATestSaysOtherwise() async throws {
        let cluster = try await PostgresCluster.start(settings: ["fsync=off"])
        let database = try cluster.database()
        var options = try database.options
        #expect(words(unsuitable) { _ = try PostgreSQLEngine.open(options) }.contains("fsync"))
        options.acceptsForgetfulServer = true
        try PostgreSQLEngine.open(options).close()
    }

    @Test func aCommitThatDoesNotWaitForTheDiskIsRefused() async throws {
        let database = try await PostgresCluster.shared().database()
        try database.run("ALTER DATABASE \(database.name) SET synchronous_commit = off")
        #expect(
            words(unsuitable) { _ = try PostgreSQLEngine.open(try database.options) }.contains("synchronous_commit"))
    }

    /// Nothing is decided by the server's clock: what it is asked for is a warning.
    @Test func aServerWithAnotherClockIsNamedAndUsed() async throws {
        let database = try await PostgresCluster.shared().database()
        // In front of the server's own, in this database.
        try database.run("ALTER DATABASE \(database.name) SET search_path = public, pg_catalog")
        for name in ["clock_timestamp", "now"] {
            try database.run(
                """
                CREATE FUNCTION public.\(name)() RETURNS timestamptz LANGUAGE sql
                AS $$ SELECT pg_catalog.\(name)() + INTERVAL '3 days' $$
                """)
        }
        let store = try await NodeDatabase.open(.postgreSQL(try database.options))
        #expect(store.notes.contains { $0.contains("ahead of") }, "\(store.notes)")
        try await store.claim()
        #expect(try await store.beginGeneration(.random()) == 1)
        // The clock goes back, and whoever starts next takes all marks for old ones.
        try database.run("ALTER DATABASE \(database.name) RESET search_path")
        try database.run("UPDATE cairn_commits SET at = at - INTERVAL '9 days'")
        let next = try await NodeDatabase.open(.postgreSQL(try database.options))
        #expect(next.notes.isEmpty, "\(next.notes)")
        #expect(try await store.beginGeneration(.random()) == 2)
        #expect(try await next.generation() == 2)
        try next.close()
        try store.close()
    }

    @Test func anotherEncodingIsRefused() async throws {
        let database = try await PostgresCluster.shared().database(encoding: "LATIN1")
        #expect(words(unsuitable) { _ = try PostgreSQLEngine.open(try database.options) }.contains("LATIN1"))
    }

    @Test func aDatabaseOfAnotherProgramIsLeftAlone() async throws {
        let database = try await PostgresCluster.shared().database()
        try database.run("CREATE TABLE customers (name TEXT)")
        #expect(words(unsuitable) { _ = try PostgreSQLEngine.open(try database.options) }.contains("customers"))
        #expect(
            try database.run("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'") == ["customers"])
    }

    @Test func aDatabaseOfANewerProgramStopsThisOne() async throws {
        let database = try await StoreTemplate.shared().database()
        try database.run("UPDATE cairn_schema SET version = version + 1")
        #expect(words(unsuitable) { _ = try PostgreSQLEngine.open(try database.options) }.contains("newer cairn"))
    }

    @Test func whoOnlyLooksMakesNoTables() async throws {
        let database = try await PostgresCluster.shared().database()
        #expect(
            words(unavailable) { _ = try PostgreSQLEngine.open(try database.options, mustExist: true) }
                .contains("never started"))
        #expect(try database.run("SELECT 1 FROM pg_tables WHERE schemaname = 'public'").isEmpty)
    }

    @Test func aDatabaseThatCanOnlyBeReadIsToldFromOneThatIsAway() async throws {
        let database = try await StoreTemplate.shared().database()
        try database.run("ALTER DATABASE \(database.name) SET default_transaction_read_only = on")
        var options = try database.options
        options.reconnectFor = .milliseconds(200)
        #expect(words(unavailable) { _ = try PostgreSQLEngine.open(options) }.contains("only be read"))
    }

    @Test func aMissingDatabaseUserOrServerIsNamed() async throws {
        let cluster = try await PostgresCluster.shared()
        func opening(_ url: String) throws {
            var options = PostgreSQLOptions(location: try PostgreSQLLocation(url: url))
            options.reconnectFor = .milliseconds(200)
            try PostgreSQLEngine.open(options).close()
        }
        #expect(words(unavailable) { try opening(cluster.url(database: "nowhere")) }.contains("no such database"))
        #expect(
            words(unavailable) { try opening(cluster.url(database: "postgres", user: "nobody")) }.contains(
                "pg_hba.conf"))
        #expect(
            words(unavailable) { try opening("postgres://cairn@/x?host=/nowhere") }.contains("is it running"))
        #expect(
            words(unavailable) { try opening("postgres://cairn@127.0.0.1:1/x") }.contains("is it running"))
    }

    @Test func aPasswordIsAskedForCheckedAndNeverShown() async throws {
        let cluster = try await PostgresCluster.start()
        try cluster.run("SET password_encryption = 'scram-sha-256'", "CREATE ROLE node LOGIN PASSWORD 's3cret'")
        try cluster.run("CREATE DATABASE guarded OWNER node TEMPLATE template0")
        try await cluster.requirePasswords()
        var options = PostgreSQLOptions(
            location: try PostgreSQLLocation(url: cluster.url(database: "guarded", user: "node")))
        #expect(words(unavailable) { _ = try PostgreSQLEngine.open(options) }.contains("name a password_file"))
        options.password = "wr0ng"
        let refused = words(unavailable) { _ = try PostgreSQLEngine.open(options) }
        #expect(refused.contains("refuses the password"))
        #expect(!refused.contains("wr0ng"))
        options.password = "s3cret"
        try PostgreSQLEngine.open(options).close()
    }

    @Test func aServerWithoutFreeConnectionsIsWaitedForAndThenBusy() async throws {
        let cluster = try await PostgresCluster.start(settings: [
            "max_connections=6", "superuser_reserved_connections=0",
        ])
        let database = try cluster.database()
        var options = try database.options
        options.connections = 5
        options.reconnectFor = .seconds(1)
        let guests = options
        let engine = try PostgreSQLEngine.open(options)
        // All five at once, held.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<5 {
                group.addTask { _ = try await engine.read { try $0.rows("SELECT pg_sleep(3) IS NULL AS slept") } }
            }
            group.addTask {
                try await Task.sleep(for: .milliseconds(500))
                let guest = try PostgreSQLEngine.open(guests)
                #expect(self.words(self.busy) { _ = try PostgreSQLEngine.open(guests) }.contains("no free connection"))
                try guest.close()
            }
            try await group.waitForAll()
        }
        try engine.close()
    }

    @Test func nobodyWaitsForEverForAConnectionOfThisProcess() async throws {
        let database = try await StoreTemplate.shared().database()
        var options = try database.options
        options.connections = 1
        options.patience = .milliseconds(300)
        let engine = try PostgreSQLEngine.open(options)
        async let slow: Void = engine.read { _ = try $0.rows("SELECT pg_sleep(2) IS NULL AS slept") }
        try await Task.sleep(for: .milliseconds(200))
        let error = await #expect(throws: DatastoreError.self) {
            try await engine.read { try $0.integer("SELECT 1") }
        }
        #expect(error.flatMap(busy)?.contains("no connection to the database came free") == true)
        try await slow
        #expect(try await engine.read { try $0.integer("SELECT 1") } == 1)
        try engine.close()
    }

    @Test func aLockThatSomebodyHoldsAndAStatementThatTakesTooLongAreBusy() async throws {
        let place = EnginePlace.postgreSQL(try await StoreTemplate.shared().database())
        let engine = try await place.engine {
            $0.lockTimeout = .milliseconds(300)
            $0.statementTimeout = .seconds(1)
        }
        _ = try await engine.write { try $0.execute("INSERT INTO things (thing) VALUES (1)") }
        let (hasLocked, locking) = AsyncStream.makeStream(of: Void.self)
        async let holder: Void = engine.write { session in
            try session.execute("UPDATE things SET words = 'held' WHERE thing = 1")
            locking.finish()
            Thread.sleep(forTimeInterval: 1)
        }
        for await _ in hasLocked {}
        let held = await #expect(throws: DatastoreError.self) {
            try await engine.write { try $0.execute("UPDATE things SET words = 'late' WHERE thing = 1") }
        }
        #expect(held.flatMap(busy)?.contains("does not let go") == true)
        try await holder
        let slow = await #expect(throws: DatastoreError.self) {
            try await engine.read { try $0.rows("SELECT pg_sleep(5) IS NULL AS slept") }
        }
        #expect(slow.flatMap(busy)?.contains("took too long") == true)
        let words = try await engine.read { try $0.first("SELECT words FROM things")?.text("words") }
        #expect(words == "held")
    }

    @Test func aFullDiskUndoesWhatDoesNotFitAndNothingElse() async throws {
        guard let disk = SmallDisk() else {
            print("NOT TESTED: this user may not mount a small disk for a database to fill")
            return
        }
        let cluster = try await PostgresCluster.shared()
        let name = "full\(UInt32.random(in: 0...UInt32.max))"
        try cluster.run("CREATE TABLESPACE \(name) LOCATION '\(disk.folder)'")
        defer {
            _ = try? cluster.run("DROP DATABASE \(name) WITH (FORCE)", "DROP TABLESPACE \(name)")
            disk.remove()
        }
        try cluster.run("CREATE DATABASE \(name) TEMPLATE template0 TABLESPACE \(name)")
        let options = PostgreSQLOptions(location: try PostgreSQLLocation(url: cluster.url(database: name)))
        let engine = try PostgreSQLEngine.open(options)
        _ = try await engine.write { try $0.execute("CREATE TABLE things (thing BIGINT PRIMARY KEY, bytes BYTEA)") }
        _ = try await engine.write { try $0.execute("INSERT INTO things (thing) VALUES (0)") }
        var noise = [UInt8](repeating: 0, count: 1 << 20)
        for index in noise.indices { noise[index] = .random(in: .min ... .max) }
        let bytes = noise
        await #expect(throws: DatastoreError.full) {
            for number in 1...64 {
                _ = try await engine.write {
                    try $0.execute("INSERT INTO things (thing, bytes) VALUES ($1, $2)", [number, bytes])
                }
            }
        }
        #expect(try await engine.read { try $0.exists("SELECT 1 FROM things WHERE thing = 0") })
        _ = try await engine.write { try $0.execute("DELETE FROM things WHERE thing > 0") }
        try engine.close()
    }

    // MARK: One node a database

    @Test func aSecondNodeOnTheSameDatabaseIsRefusedUntilTheFirstEnds() async throws {
        let database = try await StoreTemplate.shared().database()
        let storage = NodeStorage.postgreSQL(try database.options)
        let first = try await NodeDatabase.open(storage)
        try await first.claim()
        try await first.claim()
        // Others may look, and add tasks.
        let second = try await NodeDatabase.open(storage)
        try await second.addTask(Make.storedTask(), logEntry: nil)
        async let claim: Void = second.claim()
        try await Task.sleep(for: .milliseconds(500))
        try first.close()
        try await claim
        try second.close()
    }

    /// It may not have all that was acknowledged; the node's start finds out.
    @Test func aStandbyThatTakesOverStopsARunningNode() async throws {
        let cluster = try await PostgresCluster.start(settings: ["restore_command=/bin/false"])
        let database = try cluster.database()
        let storage = NodeStorage.postgreSQL(try database.options)
        let node = try await NodeDatabase.open(storage)
        try await node.claim()
        try await cluster.takeOver()
        let error = await #expect(throws: DatastoreError.self) { try await node.generation() }
        #expect(error.flatMap(unavailable)?.contains("has taken over") == true, "\(String(describing: error))")
        try node.close()
        let restarted = try await NodeDatabase.open(storage)
        try await restarted.claim()
        #expect(try await restarted.generation() == 0)
        try restarted.close()
    }

    @Test func tablesThatAreMovedAsideAreKeptAndOutOfTheWay() async throws {
        let database = try await StoreTemplate.shared().database()
        let storage = NodeStorage.postgreSQL(try database.options)
        let old = try await NodeDatabase.open(storage)
        try await old.addTask(Make.storedTask(), logEntry: nil)
        let schema = try #require(try await old.moveAside())
        try old.close()
        let new = try await NodeDatabase.open(storage)
        #expect(try await new.tasks().isEmpty)
        #expect(try database.run("SELECT name FROM \(schema).tasks") == ["test"])
        try new.close()
    }
}

/// A disk of 40 MiB in memory, where this user may mount one.
private struct SmallDisk {
    let folder = "/tmp/cairn-disk-\(UInt32.random(in: 0...UInt32.max))"

    init?() {
        guard geteuid() == 0, let user = getpwnam("postgres")?.pointee else { return nil }
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        guard mount("none", folder, "tmpfs", 0, "size=40m,mode=0700,uid=\(user.pw_uid),gid=\(user.pw_gid)") == 0 else {
            rmdir(folder)
            return nil
        }
    }

    func remove() {
        umount2(folder, 0)
        rmdir(folder)
    }
}
