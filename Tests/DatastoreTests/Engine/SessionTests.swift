import Datastore
import Testing

/// What every engine must do with a statement.
@Suite(.inTurns) struct SessionTests {
    @Test(arguments: EngineKind.tested)
    func placeholdersBindByTheirNumber(_ kind: EngineKind) async throws {
        let place = try await kind.place()
        let engine = try await place.engine()
        let row = try await engine.read { session in
            try session.first(
                "SELECT CAST($2 AS BIGINT) AS b, '$1' AS literal, CAST($1 AS BIGINT) AS a -- $3\n", [1, 2])
        }
        #expect(try row?.integer("a") == 1)
        #expect(try row?.integer("b") == 2)
        #expect(try row?.text("literal") == "$1")
    }

    @Test(arguments: EngineKind.tested)
    func valuesComeBackAsTheyWere(_ kind: EngineKind) async throws {
        let place = try await kind.place()
        let engine = try await place.engine()
        let values: [SQLValue] = [.blob([]), .blob([0, 255]), .null]
        let words: [SQLValue] = [.text(""), .text("größer"), .null]
        _ = try await engine.write { session in
            try session.executeMany(
                "INSERT INTO things (thing, bytes, words) VALUES ($1, $2, $3)",
                (0..<3).map { [$0, values[$0], words[$0]] })
        }
        let rows = try await engine.read { try $0.rows("SELECT * FROM things ORDER BY thing") }
        #expect(try rows.map { try $0.value("bytes") } == values)
        #expect(try rows.map { try $0.value("words") } == words)
        #expect(throws: DatastoreError.corrupt("the column nothing is missing")) { try rows[0].value("nothing") }
    }

    @Test(arguments: EngineKind.tested)
    func changesAreCountedPerStatementAndTransaction(_ kind: EngineKind) async throws {
        let place = try await kind.place()
        let engine = try await place.engine()
        let counts = try await engine.write { session in
            let inserted = try session.executeMany(
                "INSERT INTO things (thing) VALUES ($1) ON CONFLICT DO NOTHING", [[1], [2], [1]])
            let updated = try session.execute("UPDATE things SET words = $1", ["x"])
            let none = try session.execute("CREATE TABLE IF NOT EXISTS things (thing BIGINT)")
            return (inserted, updated, none, session.changes)
        }
        #expect(counts.0 == [1, 1, 0])
        #expect(counts.1 == 2)
        #expect(counts.2 == 0)
        #expect(counts.3 == 4)
        #expect(try await engine.write { $0.changes } == 0)
    }

    @Test(arguments: EngineKind.tested)
    func returningManyGivesTheFirstRowOfEach(_ kind: EngineKind) async throws {
        let place = try await kind.place()
        let engine = try await place.engine()
        let rows = try await engine.write { session in
            try session.returningMany(
                "INSERT INTO things (thing) VALUES ($1) ON CONFLICT DO NOTHING RETURNING thing", [[5], [6], [5]])
        }
        #expect(try rows.map { try $0?.integer("thing") } == [5, 6, nil])
        await #expect(throws: DatastoreError.conflict("the row is there already")) {
            try await engine.write { session in
                try session.insert("INSERT INTO things (thing) VALUES ($1) ON CONFLICT DO NOTHING RETURNING thing", [5])
            }
        }
    }

    @Test(arguments: EngineKind.tested)
    func keysAreFoundHoweverManyThereAre(_ kind: EngineKind) async throws {
        let place = try await kind.place()
        let engine = try await place.engine()
        _ = try await engine.write { session in
            try session.executeMany("INSERT INTO things (thing, words) VALUES ($1, 'a')", (0..<1_000).map { [$0] })
        }
        for count in [0, 1, 8, 9, 256, 700] {
            let found = try await engine.read { session in
                try session.rows(["a"], matching: (0..<count).map { .integer(Int64($0)) }) {
                    "SELECT thing FROM things WHERE words = $1 AND thing IN (\($0))"
                }
            }
            #expect(try found.map { try $0.integer("thing") }.sorted() == (0..<count).map(Int64.init))
        }
    }

    @Test(arguments: EngineKind.tested)
    func aRowThatBreaksARuleIsAConflict(_ kind: EngineKind) async throws {
        let place = try await kind.place()
        let engine = try await place.engine()
        _ = try await engine.write { try $0.execute("INSERT INTO things (thing) VALUES (1)") }
        let thrown = await #expect(throws: DatastoreError.self) {
            try await engine.write { try $0.execute("INSERT INTO things (thing) VALUES (1)") }
        }
        guard case .conflict = thrown else {
            Issue.record("\(String(describing: thrown))")
            return
        }
    }

    @Test(arguments: EngineKind.tested)
    func numbersHaveAllTheirBits(_ kind: EngineKind) async throws {
        let place = try await kind.place()
        let engine = try await place.engine()
        let numbers: [Int64] = [.min, -1, 0, 1, .max]
        _ = try await engine.write { session in
            try session.executeMany("INSERT INTO things (thing) VALUES ($1)", numbers.map { [$0] })
        }
        let rows = try await engine.read { try $0.rows("SELECT thing FROM things ORDER BY thing") }
        #expect(try rows.map { try $0.integer("thing") } == numbers)
    }

    @Test(arguments: EngineKind.tested)
    func truthValuesAreReadAsFlags(_ kind: EngineKind) async throws {
        let place = try await kind.place()
        let engine = try await place.engine()
        let row = try await engine.read { session in
            try session.first(
                """
                SELECT EXISTS (SELECT 1 FROM things) AS found, 1 < 2 AS less, CAST($1 AS BIGINT) AS stored,
                    CAST(SUM(thing) AS BIGINT) AS sum FROM things
                """, [true])
        }
        #expect(try row?.flag("found") == false)
        #expect(try row?.flag("less") == true)
        #expect(try row?.flag("stored") == true)
        #expect(try row?.optionalInteger("sum") == nil)
    }

    @Test(arguments: EngineKind.tested)
    func bytesComeBackWhateverTheirNumber(_ kind: EngineKind) async throws {
        let place = try await kind.place()
        let engine = try await place.engine()
        let sizes = [0, 1, 2_000, 65_535, 65_536, 1 << 20, 3 << 20]
        _ = try await engine.write { session in
            for size in sizes {
                try session.execute(
                    "INSERT INTO things (thing, bytes) VALUES ($1, $2)", [size, [UInt8](repeating: 0xA5, count: size)])
            }
        }
        for size in sizes {
            let row = try await engine.read { try $0.first("SELECT bytes FROM things WHERE thing = $1", [size]) }
            #expect(try row?.bytes("bytes") == [UInt8](repeating: 0xA5, count: size))
        }
    }

    @Test(arguments: EngineKind.tested)
    func aLongResultIsStreamedInOrderAndCanBeLeftEarly(_ kind: EngineKind) async throws {
        let place = try await kind.place()
        let engine = try await place.engine()
        let count = 2_000
        _ = try await engine.write { session in
            try session.executeMany("INSERT INTO things (thing) VALUES ($1)", (0..<count).map { [$0] })
        }
        for limit in [0, 1, 999, 1_000, 1_001, count] {
            let seen = try await engine.read { session in
                var seen: [Int64] = []
                try session.forEach("SELECT thing FROM things WHERE thing < $1 ORDER BY thing", [limit]) {
                    seen.append(try $0.integer("thing"))
                }
                // Another one in the same transaction.
                var again = 0
                try session.forEach("SELECT thing FROM things WHERE thing < $1 ORDER BY thing", [limit]) { _ in
                    again += 1
                }
                return again == seen.count ? seen : []
            }
            #expect(seen == (0..<limit).map(Int64.init))
        }
        await #expect(throws: DatastoreError.stale) {
            try await engine.read { session in
                try session.forEach("SELECT thing FROM things ORDER BY thing") { row in
                    if try row.integer("thing") == 1_500 { throw DatastoreError.stale }
                }
            }
        }
        #expect(try await engine.read { try $0.integer("SELECT COUNT(*) FROM things") } == Int64(count))
    }
}
