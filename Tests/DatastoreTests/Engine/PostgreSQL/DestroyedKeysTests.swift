import DAP
import Datastore
import Foundation
import Ledger
import PostgresCluster
import Synchronization
import Testing

/// A key that was destroyed is in no file any more in which the server keeps tables.
@Suite(.inTurns, .enabled(if: !PostgresCluster.isLeftOut)) struct DestroyedKeysTests {
    private func keys(_ store: NodeDatabase) async throws -> [Int64: [UInt8]] {
        try await store.engine.read { session in
            let rows = try session.rows("SELECT ref, secret FROM share_keys ORDER BY ref")
            return Dictionary(
                try rows.map { (try $0.integer("ref"), try $0.bytes("secret")) }, uniquingKeysWith: { $1 })
        }
    }

    /// The files of a server that has written everything down, without its write-ahead log.
    private func files(_ cluster: PostgresCluster) throws -> [String: Data] {
        try cluster.run("CHECKPOINT")
        let root = "\(cluster.folder)/data"
        var found: [String: Data] = [:]
        for name in FileManager.default.enumerator(atPath: root)?.compactMap({ $0 as? String }) ?? [] {
            guard !name.hasPrefix("pg_wal"), let bytes = FileManager.default.contents(atPath: "\(root)/\(name)") else {
                continue
            }
            found[name] = bytes
        }
        return found
    }

    private func scrub(_ store: NodeDatabase) async throws {
        for _ in 0..<2_400 {
            if try await store.scrubIfDue() { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        Issue.record("the keys are still not cleaned up")
    }

    /// One after the other, as batches are collected: the server moves the rows of the others meanwhile, and looks at them to
    /// learn how they are distributed.
    @Test func aDestroyedKeyIsInNoTableFile() async throws {
        let cluster = try await PostgresCluster.start(settings: ["autovacuum=off"])
        let database = try cluster.database()
        let store = try await NodeDatabase.open(.postgreSQL(try database.options))
        let reports = try HelperReports()
        for time in 100..<130 { try await reports.accept([time], time: UInt64(time), in: store) }
        let secrets = try await keys(store)
        try #require(secrets.count == 30)
        try database.run("ANALYZE")
        for time in 110..<125 {
            let batch = BatchScope.interval(Interval(start: UInt64(time), duration: 1))
            #expect(try await reports.collect(batch, in: store) == .stored)
            try database.run("ANALYZE")
        }
        try await scrub(store)
        let files = try files(cluster)
        for (time, secret) in secrets.sorted(by: { $0.key < $1.key }) {
            let places = files.filter { $0.value.range(of: Data(secret)) != nil }.keys.sorted()
            let isDestroyed = (110..<125).contains(time)
            #expect(places.isEmpty == isDestroyed, "the key of \(time) is in \(places)")
        }
        try store.close()
    }

    /// Nobody waits for long behind it, and it stays due.
    ///
    /// - Parameter seesKey: whether whoever reads the table may still see the key.
    @Test(arguments: [true, false])
    func aTableThatSomebodyReadsIsCleanedUpLater(seesKey: Bool) async throws {
        let database = try await StoreTemplate.shared().database()
        var options = try database.options
        // Whoever waited as others may would wait for minutes.
        options.lockTimeout = .seconds(300)
        options.statementTimeout = .seconds(300)
        options.idleTimeout = .seconds(300)
        let store = try await NodeDatabase.open(.postgreSQL(options))
        let reports = try HelperReports()
        try await reports.accept(1...2, in: store)
        let batch = BatchScope.interval(Interval(start: 100, duration: 1))
        let engine = store.engine
        if !seesKey {
            #expect(try await reports.collect(batch, in: store) == .stored)
            try await scrub(store)
            _ = try await engine.write { try $0.execute("INSERT INTO scrubs_due DEFAULT VALUES") }
        }
        let (isReading, reading) = AsyncStream.makeStream(of: Void.self)
        let mayEnd = DispatchSemaphore(value: 0)
        let reader = Task {
            try await engine.read { session in
                _ = try session.rows("SELECT secret FROM share_keys")
                reading.finish()
                return mayEnd.wait(timeout: .now() + 60) == .success
            }
        }
        for await _ in isReading {}
        if seesKey { #expect(try await reports.collect(batch, in: store) == .stored) }
        #expect(try await !store.scrubIfDue())
        mayEnd.signal()
        #expect(try await reader.value, "it waited for the reader")
        try await scrub(store)
        try store.close()
    }

    /// A server that counts nothing never says that nothing is left, and older ones say so late. Whoever needs the connection
    /// has it meanwhile.
    @Test func nobodyWaitsBehindAServerThatDoesNotCount() async throws {
        let database = try await PostgresCluster.shared().database()
        try database.run("ALTER DATABASE \(database.name) SET track_counts = off")
        var options = try database.options
        options.connections = 1
        let store = try await NodeDatabase.open(.postgreSQL(options))
        // Where the machine was busy at that moment, once more.
        var wasServed = false
        for _ in 0..<10 where !wasServed {
            let hasEnded = Ended()
            let scrubbed = Task {
                defer { hasEnded.note() }
                return try await store.engine.scrub()
            }
            // The last that is said before it waits for the server's numbers.
            for _ in 0..<6_000 where !hasEnded.isTrue {
                let last = try database.run(
                    """
                    SELECT query FROM pg_stat_activity
                    WHERE datname = '\(database.name)' AND application_name = 'cairn' AND state = 'idle'
                    """)
                if last.contains(where: { $0?.wholeMatch(of: /SET lock_timeout = \d+/) != nil }) { break }
                try await Task.sleep(for: .milliseconds(5))
            }
            _ = try await store.generation()
            wasServed = !hasEnded.isTrue
            #expect(try await !scrubbed.value)
        }
        #expect(wasServed, "the connection came free with the end of the cleaning alone")
        try store.close()
    }

    /// It runs outside of transactions, on connections that have served some.
    @Test func whatAConnectionDidBeforeIsNotInTheWay() async throws {
        let database = try await StoreTemplate.shared().database()
        var options = try database.options
        options.connections = 1
        let store = try await NodeDatabase.open(.postgreSQL(options))
        try await HelperReports().accept(1...2, in: store)
        // One that asked the server nothing, and one that failed.
        #expect(try await store.engine.read { _ in 1 } == 1)
        #expect(try await store.engine.scrub())
        await #expect(throws: DatastoreError.self) {
            try await store.engine.write { try $0.execute("INSERT INTO share_keys SELECT * FROM share_keys") }
        }
        #expect(try await store.engine.scrub())
        // And it leaves the connection as it was.
        let settings = try await store.engine.read { session in
            try session.first("SELECT current_setting('lock_timeout') AS words")?.text("words")
        }
        #expect(settings == "20s")
        try store.close()
    }
}

/// Whether something has ended.
private final class Ended: Sendable {
    private let value = Mutex(false)

    var isTrue: Bool { value.withLock { $0 } }

    func note() { value.withLock { $0 = true } }
}
