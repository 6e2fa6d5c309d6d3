import Datastore
import PostgresCluster
import Testing

/// Servers and databases that a node cannot use, or not now: a clear word, and nothing lost.
@Suite(.inTurns, .enabled(if: !PostgresCluster.isLeftOut)) struct BadServerTests: ServerWords {
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

    @Test(arguments: [OpeningPurpose.looking, .changing])
    func whoMakesNothingMakesNoTables(purpose: OpeningPurpose) async throws {
        let database = try await PostgresCluster.shared().database()
        #expect(
            words(unavailable) { _ = try PostgreSQLEngine.open(try database.options, for: purpose) }
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
