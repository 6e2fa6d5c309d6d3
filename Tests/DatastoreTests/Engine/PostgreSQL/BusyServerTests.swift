import Datastore
import Dispatch
import Foundation
import PostgresCluster
import Testing

/// Servers that have no connection, no turn or no disk left: whoever comes waits for a while, is told, and has changed nothing.
@Suite(.inTurns, .enabled(if: !PostgresCluster.isLeftOut)) struct BusyServerTests: ServerWords {
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
        let mayEnd = DispatchSemaphore(value: 0)
        let (isHeld, holding) = AsyncStream.makeStream(of: Void.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<5 {
                group.addTask {
                    try await engine.read { session in
                        _ = try session.rows("SELECT 1 AS one")
                        holding.yield()
                        mayEnd.wait()
                    }
                }
            }
            for await _ in isHeld.prefix(5) {}
            let told = Result {
                let guest = try PostgreSQLEngine.open(guests)
                defer { try? guest.close() }
                return words(busy) { _ = try PostgreSQLEngine.open(guests) }
            }
            for _ in 0..<5 { mayEnd.signal() }
            #expect(try told.get().contains("no free connection"))
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
        let mayEnd = DispatchSemaphore(value: 0)
        let (isHeld, holding) = AsyncStream.makeStream(of: Void.self)
        async let slow: Void = engine.read { session in
            _ = try session.rows("SELECT 1 AS one")
            holding.finish()
            mayEnd.wait()
        }
        for await _ in isHeld {}
        let error = await #expect(throws: DatastoreError.self) {
            try await engine.read { try $0.integer("SELECT 1") }
        }
        #expect(error.flatMap(busy)?.contains("no connection to the database came free") == true)
        mayEnd.signal()
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
        let mayEnd = DispatchSemaphore(value: 0)
        let (hasLocked, locking) = AsyncStream.makeStream(of: Void.self)
        async let holder: Void = engine.write { session in
            try session.execute("UPDATE things SET words = 'held' WHERE thing = 1")
            locking.finish()
            mayEnd.wait()
        }
        for await _ in hasLocked {}
        let held = await #expect(throws: DatastoreError.self) {
            try await engine.write { try $0.execute("UPDATE things SET words = 'late' WHERE thing = 1") }
        }
        #expect(held.flatMap(busy)?.contains("does not let go") == true)
        mayEnd.signal()
        try await holder
        let slow = await #expect(throws: DatastoreError.self) {
            try await engine.read { try $0.rows("SELECT pg_sleep(600) IS NULL AS slept") }
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
