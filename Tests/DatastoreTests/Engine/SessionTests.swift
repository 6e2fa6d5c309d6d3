import Datastore
import Testing

/// What every engine must do with a statement.
@Suite struct SessionTests {
    @Test func placeholdersBindByTheirNumber() async throws {
        let file = try SQLiteFile()
        let engine = try file.engine()
        let row = try await engine.read { session in
            try session.first(
                "SELECT CAST($2 AS BIGINT) AS b, '$1' AS literal, CAST($1 AS BIGINT) AS a -- $3\n", [1, 2])
        }
        #expect(try row?.integer("a") == 1)
        #expect(try row?.integer("b") == 2)
        #expect(try row?.text("literal") == "$1")
    }

    @Test func valuesComeBackAsTheyWere() async throws {
        let file = try SQLiteFile()
        let engine = try file.engine()
        let values: [SQLValue] = [.blob([]), .blob([0, 255]), .null]
        let words: [SQLValue] = [.text(""), .text("größer"), .null]
        try await engine.write { session in
            try session.executeMany(
                "INSERT INTO things (thing, bytes, words) VALUES ($1, $2, $3)",
                (0..<3).map { [$0, values[$0], words[$0]] })
        }
        let rows = try await engine.read { try $0.rows("SELECT * FROM things ORDER BY thing") }
        #expect(try rows.map { try $0.value("bytes") } == values)
        #expect(try rows.map { try $0.value("words") } == words)
        #expect(throws: DatastoreError.corrupt("the column nothing is missing")) { try rows[0].value("nothing") }
    }

    @Test func changesAreCountedPerStatementAndTransaction() async throws {
        let file = try SQLiteFile()
        let engine = try file.engine()
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

    @Test func returningManyGivesTheFirstRowOfEach() async throws {
        let file = try SQLiteFile()
        let engine = try file.engine()
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

    @Test func keysAreFoundHoweverManyThereAre() async throws {
        let file = try SQLiteFile()
        let engine = try file.engine()
        try await engine.write { session in
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

    @Test func aRowThatBreaksARuleIsAConflict() async throws {
        let file = try SQLiteFile()
        let engine = try file.engine()
        try await engine.write { try $0.execute("INSERT INTO things (thing) VALUES (1)") }
        let thrown = await #expect(throws: DatastoreError.self) {
            try await engine.write { try $0.execute("INSERT INTO things (thing) VALUES (1)") }
        }
        guard case .conflict = thrown else {
            Issue.record("\(String(describing: thrown))")
            return
        }
    }

    @Test func aReaderSeesOneSnapshotAndWritesNothing() async throws {
        let file = try SQLiteFile()
        let engine = try file.engine()
        await #expect(throws: DatastoreError.self) {
            try await engine.read { try $0.execute("INSERT INTO things (thing) VALUES (1)") }
        }
        #expect(try await engine.read { try $0.integer("SELECT COUNT(*) FROM things") } == 0)
    }
}
