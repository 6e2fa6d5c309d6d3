import Datastore
import Dispatch
import Testing

/// What every engine must do with a transaction, beside others and where it fails.
@Suite(.inTurns) struct TransactionTests {
    @Test(arguments: EngineKind.tested)
    func aReaderSeesOneSnapshotAndWritesNothing(_ kind: EngineKind) async throws {
        let place = try await kind.place()
        let engine = try await place.engine()
        await #expect(throws: DatastoreError.self) {
            try await engine.read { try $0.execute("INSERT INTO things (thing) VALUES (1)") }
        }
        #expect(try await engine.read { try $0.integer("SELECT COUNT(*) FROM things") } == 0)
    }

    @Test(arguments: EngineKind.tested)
    func aThrowLeavesNothing(_ kind: EngineKind) async throws {
        struct Stop: Error {}
        let place = try await kind.place()
        let engine = try await place.engine()
        await #expect(throws: DatastoreError.stale) {
            try await engine.write { session in
                try session.executeMany("INSERT INTO things (thing) VALUES ($1)", (0..<10).map { [$0] })
                throw DatastoreError.stale
            }
        }
        await #expect(throws: DatastoreError.self) {
            try await engine.write { session in
                try session.execute("INSERT INTO things (thing) VALUES (1)")
                throw Stop()
            }
        }
        #expect(try await engine.read { try $0.integer("SELECT COUNT(*) FROM things") } == 0)
    }

    /// The first error ends the transaction, whatever the body makes of it: on PostgreSQL nothing after it would run.
    @Test(arguments: EngineKind.tested)
    func anErrorAmongManyStatementsUndoesAllOfThem(_ kind: EngineKind) async throws {
        let place = try await kind.place()
        let engine = try await place.engine()
        await #expect(throws: DatastoreError.self) {
            try await engine.write { session in
                try session.executeMany(
                    "INSERT INTO things (thing) VALUES ($1)", ((0..<700) + [3] + (700..<1_500)).map { [$0] })
            }
        }
        #expect(try await engine.read { try $0.integer("SELECT COUNT(*) FROM things") } == 0)
        // The connection is as good as before.
        let changed = try await engine.write { session in
            try session.executeMany("INSERT INTO things (thing) VALUES ($1)", (0..<1_500).map { [$0] })
        }
        #expect(changed == [Int](repeating: 1, count: 1_500))
    }

    /// `Int`s that are counted by many at once: each reads what the one before wrote.
    @Test(arguments: EngineKind.tested)
    func manyWritersCountExactlyUpToALimit(_ kind: EngineKind) async throws {
        let place = try await kind.place()
        let engine = try await place.engine()
        _ = try await engine.write { try $0.execute("INSERT INTO things (thing, words) VALUES (0, 'count')") }
        let taken = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<40 {
                group.addTask {
                    try await engine.write { session in
                        try session.execute(
                            "UPDATE things SET thing = thing + $1 WHERE words = 'count' AND thing + $1 <= $2", [3, 60])
                    }
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(taken == 20)
        #expect(try await engine.read { try $0.integer("SELECT thing FROM things") } == 60)
    }

    /// Two find that a row is missing and both insert it: one of them runs again, and finds it.
    @Test(arguments: EngineKind.tested)
    func whoFindsARowMissingThatAnotherInsertsRunsAgain(_ kind: EngineKind) async throws {
        let place = try await kind.place()
        let engine = try await place.engine()
        let made = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<12 {
                group.addTask {
                    try await engine.write { session in
                        guard try !session.exists("SELECT 1 FROM things WHERE thing = 1") else { return 0 }
                        return try session.execute("INSERT INTO things (thing) VALUES (1)")
                    }
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(made == 1)
    }

    /// Rows are changed in opposite orders: somebody has to give way, and does its work again.
    @Test(arguments: EngineKind.tested)
    func whoWaitForEachOtherBothEnd(_ kind: EngineKind) async throws {
        let place = try await kind.place()
        let engine = try await place.engine()
        _ = try await engine.write {
            try $0.executeMany("INSERT INTO things (thing, words) VALUES ($1, '')", [[1], [2]])
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask {
                    for _ in 0..<5 {
                        try await engine.write { session in
                            for thing in number.isMultiple(of: 2) ? [1, 2] : [2, 1] {
                                try session.execute("UPDATE things SET words = words || 'x' WHERE thing = $1", [thing])
                            }
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        let words = try await engine.read { try $0.rows("SELECT words FROM things ORDER BY thing") }
        #expect(try words.map { try $0.text("words").count } == [40, 40])
    }

    /// What adds shares the lock; what ends has it alone, so that what it counted stays what it counted.
    @Test(arguments: EngineKind.tested)
    func nothingIsAddedBehindAnEnd(_ kind: EngineKind) async throws {
        let place = try await kind.place()
        let engine = try await place.engine()
        _ = try await engine.write { try $0.execute("INSERT INTO things (thing, words) VALUES (0, 'open')") }
        let added = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 1...30 {
                group.addTask {
                    try await engine.write { session in
                        try session.lock(.tasks, .shared)
                        guard try session.first("SELECT words FROM things WHERE thing = 0")?.text("words") == "open"
                        else { return 0 }
                        return try session.execute("INSERT INTO things (thing) VALUES ($1)", [number])
                    }
                }
                if number == 10 {
                    group.addTask {
                        try await engine.write { session in
                            try session.lock(.tasks, .exclusive)
                            let count = try session.integer("SELECT COUNT(*) FROM things") ?? 0
                            try session.execute("UPDATE things SET words = $1 WHERE thing = 0", [String(count - 1)])
                            return 0
                        }
                    }
                }
            }
            return try await group.reduce(0, +)
        }
        let counted = try await engine.read { try $0.first("SELECT words FROM things WHERE thing = 0")?.text("words") }
        #expect(counted == String(added))
    }

    /// A reader keeps its snapshot while others write.
    @Test(arguments: EngineKind.tested)
    func whatIsWrittenMeanwhileIsNotRead(_ kind: EngineKind) async throws {
        let place = try await kind.place()
        let engine = try await place.engine()
        _ = try await engine.write { try $0.execute("INSERT INTO things (thing) VALUES (1)") }
        let (hasRead, reader) = AsyncStream.makeStream(of: Void.self)
        let (hasWritten, writer) = (DispatchSemaphore(value: 0), engine)
        async let counts = engine.read { session in
            let before = try session.integer("SELECT COUNT(*) FROM things")
            reader.finish()
            hasWritten.wait()
            return (before, try session.integer("SELECT COUNT(*) FROM things"))
        }
        for await _ in hasRead {}
        _ = try await writer.write { try $0.execute("INSERT INTO things (thing) VALUES (2)") }
        hasWritten.signal()
        let (before, after) = try await counts
        #expect(before == 1)
        #expect(after == 1)
    }

    @Test(arguments: EngineKind.tested)
    func whatIsCancelledBeforeItBeganDoesNotHappen(_ kind: EngineKind) async throws {
        let place = try await kind.place()
        let engine = try await place.engine()
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            _ = try await engine.write { try $0.execute("INSERT INTO things (thing) VALUES (1)") }
        }
        task.cancel()
        await #expect(throws: DatastoreError.cancelled) { try await task.value }
        #expect(try await engine.read { try $0.integer("SELECT COUNT(*) FROM things") } == 0)
    }
}
