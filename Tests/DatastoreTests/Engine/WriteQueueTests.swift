import Datastore
import Foundation
import GRDB
import Synchronization
import Testing

/// Holds an engine's writer, so that all writes wait behind it.
private final class Hold: Sendable {
    private let isHeld = Atomic(false)
    private let mayEnd = Atomic(false)
    private let engine: SQLiteEngine

    init(_ engine: SQLiteEngine) {
        self.engine = engine
    }

    /// Runs `body` while the writer is held; it lets go by ``end()``.
    func during<T: Sendable>(_ body: @escaping @Sendable () async throws -> T) async throws -> T {
        async let holding: Void = engine.write { [self] _ in
            isHeld.store(true, ordering: .relaxed)
            while !mayEnd.load(ordering: .relaxed) { usleep(500) }
        }
        while !isHeld.load(ordering: .relaxed) { try await Task.sleep(for: .milliseconds(1)) }
        defer { end() }
        let result = try await body()
        end()
        try await holding
        return result
    }

    func end() { mayEnd.store(true, ordering: .relaxed) }
}

private final class Counter: Sendable {
    private let number = Atomic(0)
    var value: Int { number.load(ordering: .relaxed) }
    func count() { number.add(1, ordering: .relaxed) }
}

/// Waiting writes are committed together, and each still is a transaction of its own to its caller.
@Suite struct WriteQueueTests {
    /// Runs writes that all wait at once, so that they are one group.
    private func asOneGroup(
        _ engine: SQLiteEngine, _ bodies: [@Sendable (Session) throws -> Void]
    ) async throws -> [DatastoreError?] {
        let hold = Hold(engine)
        return try await hold.during {
            try await withThrowingTaskGroup(of: (Int, DatastoreError?).self) { group in
                for (index, body) in bodies.enumerated() {
                    group.addTask {
                        do throws(DatastoreError) {
                            try await engine.write(body)
                            return (index, nil)
                        } catch { return (index, error) }
                    }
                    // In their order.
                    try await Task.sleep(for: .milliseconds(2))
                }
                hold.end()
                var results = [DatastoreError?](repeating: nil, count: bodies.count)
                for try await (index, error) in group { results[index] = error }
                return results
            }
        }
    }

    private func insert(_ number: Int) -> @Sendable (Session) throws -> Void {
        { try $0.execute("INSERT INTO things (thing) VALUES ($1)", [number]) }
    }

    private func things(_ engine: SQLiteEngine) async throws -> [Int64] {
        try await engine.read { session in
            try session.rows("SELECT thing FROM things ORDER BY thing").map { try $0.integer("thing") }
        }
    }

    @Test func whoFailsFailsAlone() async throws {
        let file = try SQLiteFile()
        let engine = try file.engine()
        let bodies = (0..<20).map { number -> @Sendable (Session) throws -> Void in
            let insert = insert(number)
            return { session in
                try insert(session)
                #expect(session.changes == 1, "each counts its own changes")
                if number % 3 == 1 { throw DatastoreError.stale }
            }
        }
        let results = try await asOneGroup(engine, bodies)
        #expect(results == (0..<20).map { $0 % 3 == 1 ? .stale : nil })
        #expect(try await things(engine) == (0..<20).filter { $0 % 3 != 1 })
    }

    /// The commit is what makes a write durable, so nobody hears of success or failure before it.
    @Test func nobodyIsToldBeforeTheCommit() async throws {
        let file = try SQLiteFile()
        let engine = try file.engine()
        let path = file.path
        let ended = Counter()
        let members = (0..<5).map(insert)
        let hold = Hold(engine)
        let seen = try await hold.during {
            try await withThrowingTaskGroup(of: [Int].self) { group in
                for (number, body) in members.enumerated() {
                    group.addTask {
                        try? await engine.write { session in
                            try body(session)
                            if number == 2 { throw DatastoreError.stale }
                        }
                        ended.count()
                        return []
                    }
                    try await Task.sleep(for: .milliseconds(2))
                }
                group.addTask {
                    try await engine.write { session in
                        let inside = try session.integer("SELECT COUNT(*) FROM things") ?? -1
                        let outside = try DatabaseQueue(path: path).read { database in
                            try Int.fetchOne(database, sql: "SELECT COUNT(*) FROM things")
                        }
                        return [Int(inside), outside ?? -1, ended.value]
                    }
                }
                try await Task.sleep(for: .milliseconds(5))
                hold.end()
                return try await group.reduce([], +)
            }
        }
        #expect(seen == [4, 0, 0], "rows in the group, rows outside of it, callers told")
        #expect(ended.value == 5)
    }

    /// A group whose commit fails is not lost: each member is tried alone.
    @Test func aCommitThatFailsFailsOnlyWhoIsAtFault() async throws {
        let file = try SQLiteFile()
        let engine = try file.engine()
        _ = try await engine.write { session in
            try session.execute(
                "CREATE TABLE parts (thing BIGINT REFERENCES things (thing) DEFERRABLE INITIALLY DEFERRED)")
        }
        let results = try await asOneGroup(
            engine,
            [
                insert(1), { try $0.execute("INSERT INTO parts (thing) VALUES (99)") }, insert(2),
                { try $0.execute("INSERT INTO things (thing) VALUES (1)") },
            ])
        #expect(results[0] == nil && results[2] == nil)
        for index in [1, 3] {
            guard case .conflict = results[index] else {
                Issue.record("\(index): \(String(describing: results[index]))")
                continue
            }
        }
        #expect(try await things(engine) == [1, 2])
    }

    /// SQLite gives up the whole transaction of a write that the disk has no room for.
    @Test func whoFillsTheDiskFailsAlone() async throws {
        let file = try SQLiteFile()
        let engine = try file.engine(SQLiteSettings(pageLimit: 200))
        let results = try await asOneGroup(
            engine,
            [
                insert(1),
                { try $0.execute("INSERT INTO things (thing, bytes) VALUES (2, zeroblob(2000000))") }, insert(3),
            ])
        #expect(results == [nil, .full, nil])
        #expect(try await things(engine) == [1, 3])
        try await engine.write(insert(4))
        #expect(try await things(engine) == [1, 3, 4])
    }

    @Test func whoIsCancelledWhileWaitingIsAnsweredAtOnce() async throws {
        let file = try SQLiteFile()
        let engine = try file.engine()
        let body = insert(1)
        try await Hold(engine).during {
            let waiting = Task { try await engine.write(body) }
            try await Task.sleep(for: .milliseconds(5))
            waiting.cancel()
            // The writer is still held, and reads do not wait for it either.
            await #expect(throws: DatastoreError.cancelled) { try await waiting.value }
            #expect(try await engine.read { try $0.integer("SELECT COUNT(*) FROM things") } == 0)
        }
        try await engine.write(insert(2))
        #expect(try await things(engine) == [2])
    }

    @Test func manyWritersAtOnceLoseNothing() async throws {
        let file = try SQLiteFile()
        let engine = try file.engine()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<40 {
                group.addTask {
                    for number in 0..<25 {
                        _ = try await engine.write { session in
                            try session.execute("INSERT INTO things (thing) VALUES ($1)", [writer * 1_000 + number])
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        try engine.close()
        let reopened = try file.engine()
        #expect(try await things(reopened).count == 1_000)
    }

    @Test func theWriteAheadLogDoesNotStayLarge() async throws {
        let file = try SQLiteFile()
        let limit = 100_000
        let engine = try file.engine(SQLiteSettings(logSize: limit))
        _ = try await engine.write { session in
            try session.execute("INSERT INTO things (thing, bytes) VALUES (0, zeroblob(3000000))")
        }
        #expect(try size(of: "\(file.path)-wal") > 3_000_000)
        // It begins anew.
        for number in 1...2 { try await engine.write(insert(number)) }
        #expect(try size(of: "\(file.path)-wal") <= limit)
        #expect(try await engine.scrub())
        #expect(try size(of: "\(file.path)-wal") == 0)
        #expect(try await things(engine) == [0, 1, 2])
    }

    /// Whoever has been cancelled has still written what it has written.
    @Test func cleaningUpIsNoFailureForWhoIsCancelled() async throws {
        let file = try SQLiteFile()
        let engine = try file.engine()
        try await engine.write(insert(1))
        let reading = Task {
            try await engine.read { session in
                _ = try session.integer("SELECT COUNT(*) FROM things")
                usleep(300_000)
            }
        }
        try await Task.sleep(for: .milliseconds(50))
        let cleaning = Task { try await engine.scrub() }
        cleaning.cancel()
        #expect(try await !cleaning.value, "it is to be done again")
        try await reading.value
        #expect(try await things(engine) == [1])
    }

    private func size(of path: String) throws -> Int {
        try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? -1
    }
}
