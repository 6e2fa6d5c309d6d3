import Datastore
import PostgresCluster
import Synchronization
import Testing

/// A connection that is lost while something is stored: it is stored once, whatever the server had heard.
@Suite(.inTurns, .enabled(if: !PostgresCluster.isLeftOut)) struct LostCommitTests {
    /// An engine behind a proxy, with a table of one counter.
    private func engine(_ database: PostgresDatabase, _ proxy: LossyProxy) async throws -> PostgreSQLEngine {
        var options = PostgreSQLOptions(
            location: try PostgreSQLLocation(url: "postgres://cairn@/\(database.name)?host=\(proxy.folder)"))
        options.connections = 2
        let engine = try PostgreSQLEngine.open(options)
        _ = try await engine.write { session in
            try session.execute("CREATE TABLE things (thing BIGINT PRIMARY KEY, count BIGINT NOT NULL)")
            try session.execute("INSERT INTO things (thing, count) VALUES (1, 0)")
        }
        return engine
    }

    @Test(arguments: [(LossyProxy.Fault.answerLost, 1), (.requestLost, 2), (.requestLate, 2)])
    func aCommitWithoutAnAnswerCountsOnce(_ fault: LossyProxy.Fault, _ runs: Int) async throws {
        let database = try await StoreTemplate.shared().database()
        let proxy = try LossyProxy(to: database.cluster.folder)
        defer { proxy.stop() }
        let engine = try await engine(database, proxy)
        proxy.arm(fault)
        let bodies = RunCounter()
        let changed = try await engine.write { session in
            bodies.add()
            return try session.execute("UPDATE things SET count = count + 1 WHERE thing = 1")
        }
        #expect(proxy.count == 1)
        #expect(changed == 1)
        #expect(bodies.value == runs)
        // The late COMMIT comes within this time.
        try await Task.sleep(for: .seconds(2))
        #expect(try await engine.read { try $0.integer("SELECT count FROM things") } == 1)
        try engine.close()
    }

    /// Whatever reason a server gives with its last words, they are no answer to a COMMIT: one whose disk fails may find it
    /// committed when it is up again. And one that does not know what has happened to itself has refused nothing.
    @Test(
        arguments: [
            ("PANIC", "53100"), ("PANIC", "58030"), ("FATAL", "XX000"), ("FATAL", "57P01"), ("ERROR", "XX000"),
        ],
        [true, false])
    func aServersLastWordsAtACommitAreNoRefusal(_ words: (String, String), _ isCommitted: Bool) async throws {
        let database = try await StoreTemplate.shared().database()
        let proxy = try LossyProxy(to: database.cluster.folder)
        defer { proxy.stop() }
        let engine = try await engine(database, proxy)
        proxy.arm(.answered(severity: words.0, code: words.1, isCommitted: isCommitted))
        let bodies = RunCounter()
        let write = Task {
            try await engine.write { session in
                bodies.add()
                return try session.execute("UPDATE things SET count = count + 1 WHERE thing = 1")
            }
        }
        let outcome = await write.result
        #expect(proxy.count == 1)
        if words.0 == "ERROR", !isCommitted {
            // The connection goes on, and so it would fail again.
            #expect(throws: DatastoreError.self) { try outcome.get() }
            #expect(try database.run("SELECT count FROM things") == ["0"])
        } else {
            #expect(try outcome.get() == 1)
            #expect(bodies.value == (isCommitted ? 1 : 2))
            #expect(try database.run("SELECT count FROM things") == ["1"])
        }
        // Whatever became of it, the next one is none the worse for it.
        let count = try await engine.read { try $0.integer("SELECT count FROM things") } ?? 0
        _ = try await engine.write { try $0.execute("UPDATE things SET count = count + 1 WHERE thing = 1") }
        #expect(try database.run("SELECT count FROM things") == ["\(count + 1)"])
        try engine.close()
    }

    /// Somebody else's answer to what became of a commit, or a row that an operator has touched: no other process has been
    /// there, so nobody gives up.
    @Test(arguments: [true, false]) func aConnectionWhoseRowWasEndedIsReplaced(isClaimed: Bool) async throws {
        let database = try await StoreTemplate.shared().database()
        let store = try await NodeDatabase.open(.postgreSQL(try database.options))
        if isClaimed { try await store.claim() }
        #expect(try await store.beginGeneration(.random()) == 1)
        try database.run("UPDATE cairn_commits SET number = 9223372036854775807 WHERE writer <> 0")
        #expect(try await store.beginGeneration(.random()) == 2)
        try store.close()
    }

    /// Ids of transactions come back after a crash: the mark must not.
    @Test func aCrashOfTheServerIsSurvivedByEveryWriterExactlyOnce() async throws {
        let cluster = try await PostgresCluster.start()
        let database = try cluster.database()
        var options = try database.options
        options.connections = 8
        let engine = try PostgreSQLEngine.open(options)
        _ = try await engine.write { session in
            try session.execute("CREATE TABLE things (thing BIGINT PRIMARY KEY, count BIGINT NOT NULL)")
            try session.execute("INSERT INTO things (thing, count) VALUES (0, 0)")
        }
        let perWriter = 150
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 1...8 {
                group.addTask {
                    for number in 0..<perWriter {
                        _ = try await engine.write { session in
                            try session.executeMany(
                                "INSERT INTO things (thing, count) VALUES ($1, $2)",
                                [[writer * 10_000 + number * 2, 1], [writer * 10_000 + number * 2 + 1, 1]])
                            try session.execute("UPDATE things SET count = count + 1 WHERE thing = 0")
                        }
                    }
                }
            }
            group.addTask {
                for _ in 0..<3 {
                    try await Task.sleep(for: .milliseconds(200))
                    try await cluster.restart()
                }
            }
            try await group.waitForAll()
        }
        let total = Int64(8 * perWriter)
        #expect(try await engine.read { try $0.integer("SELECT count FROM things WHERE thing = 0") } == total)
        #expect(try await engine.read { try $0.integer("SELECT COUNT(*) FROM things WHERE thing > 0") } == total * 2)
        try engine.close()
    }

    /// Neither success nor a second run: it may stand.
    @Test func anOutcomeThatCannotBeFoundOutIsSaidToBeUnknown() async throws {
        let cluster = try await PostgresCluster.start()
        let database = try cluster.database()
        let proxy = try LossyProxy(to: cluster.folder)
        defer { proxy.stop() }
        var options = PostgreSQLOptions(
            location: try PostgreSQLLocation(url: "postgres://cairn@/\(database.name)?host=\(proxy.folder)"))
        options.connections = 2
        options.settleFor = .seconds(1)
        let engine = try PostgreSQLEngine.open(options)
        _ = try await engine.write { try $0.execute("CREATE TABLE things (thing BIGINT PRIMARY KEY)") }
        let bodies = RunCounter()
        proxy.arm(.answerLost)
        let write = Task {
            try await engine.write { session in
                bodies.add()
                // Nobody answers questions afterwards.
                proxy.refuseOthers()
                return try session.execute("INSERT INTO things (thing) VALUES (1)")
            }
        }
        let error = await #expect(throws: DatastoreError.self) { try await write.value }
        #expect(error?.description.contains("is not known") == true, "\(String(describing: error))")
        #expect(bodies.value == 1)
        #expect(try database.run("SELECT count(*) FROM things") == ["1"])
    }
}

/// How often something was done.
final class RunCounter: Sendable {
    private let count = Atomic<Int>(0)

    var value: Int { count.load(ordering: .relaxed) }

    func add() { count.add(1, ordering: .relaxed) }
}
