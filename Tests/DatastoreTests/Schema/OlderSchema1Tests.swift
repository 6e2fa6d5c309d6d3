import DAP
import Datastore
import Foundation
import GRDB
import Ledger
import Testing

/// Schema 1 as it is kept: what the versions before made, and databases of those that did not have all of it.
@Suite struct OlderSchema1Tests {
    /// What SQLite keeps of definitions, without the layout of the text.
    private func definitions(_ path: String) throws -> [[String]] {
        try FormerDatabase.rows(path, "SELECT type, name, sql FROM sqlite_master ORDER BY 1, 2").map { row in
            row.map { $0.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
        }
    }

    @Test(arguments: FormerDatabase.Name.allCases)
    func theKeptMigrationsMakeWhatTheVersionBeforeMade(name: FormerDatabase.Name) throws {
        let former = try FormerDatabase(name)
        let file = try SQLiteFile()
        try Schema1.makeFile(file.path)
        #expect(try definitions(file.path) == definitions(former.file.path))
        let names = "SELECT identifier FROM grdb_migrations ORDER BY rowid"
        #expect(try FormerDatabase.rows(file.path, names) == FormerDatabase.rows(former.file.path, names))
    }

    /// Each migration was a transaction, so a file may have ended behind any of them: because its version had no more, or
    /// because it was killed.
    @Test(arguments: Schema1.names)
    func whatEndsBehindAnyMigrationIsCarriedOver(last: String) async throws {
        let file = try SQLiteFile()
        try Schema1.makeFile(file.path, upTo: last)
        let queue = try FormerDatabase.hastyQueue(file.path)
        try await queue.write { database in
            try database.execute(
                sql: """
                    INSERT INTO tasks (task_id, name, configuration, collector_config, verify_key)
                    VALUES (zeroblob(32), 'kept', x'01', x'02', zeroblob(32))
                    """)
        }
        try queue.close()
        let database = try NodeDatabase.open(path: file.path)
        #expect(!database.notes.isEmpty)
        let tasks = try await database.tasks()
        #expect(tasks.map(\.name) == ["kept"] && tasks[0].service == .served && tasks[0].verifyKeys.map(\.id) == [0])
        try database.close()
        #expect(try NodeDatabase.open(path: file.path).notes.isEmpty)
    }

    @Test(arguments: FormerDatabase.Name.allCases)
    func whoOnlyLooksLeavesAFileOfSchema1AsItIs(name: FormerDatabase.Name) throws {
        let former = try FormerDatabase(name)
        let (path, before) = (former.file.path, try Data(contentsOf: URL(filePath: former.file.path)))
        let error = #expect(throws: DatastoreError.self) {
            try NodeDatabase.openNow(.sqlite(path: path), for: .looking)
        }
        guard case .unsuitable(let words) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(words.contains("older version") && words.contains("schema 1,") && words.contains("start the node"))
        #expect(try Data(contentsOf: URL(filePath: path)) == before)
        #expect(!FileManager.default.fileExists(atPath: former.copy))
        #expect(try !former.migrate().isEmpty)
        try NodeDatabase.openNow(.sqlite(path: path), for: .looking).close()
    }

    /// A file that was made, and in which nothing was ever written.
    @Test func whoOnlyLooksAtAnEmptyFileMakesNoTables() throws {
        let file = try SQLiteFile()
        try Data().write(to: URL(filePath: file.path))
        let error = #expect(throws: DatastoreError.self) {
            try NodeDatabase.openNow(.sqlite(path: file.path), for: .looking)
        }
        guard case .unavailable(let words) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(words.contains("never started"))
        #expect(try Data(contentsOf: URL(filePath: file.path)).isEmpty)
    }

    /// A first start that was killed before its first migration.
    @Test func aFileWithNothingButTheListIsANewOne() throws {
        let file = try SQLiteFile()
        let queue = try FormerDatabase.hastyQueue(file.path)
        try queue.writeWithoutTransaction {
            try $0.execute(sql: "CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)")
        }
        try queue.close()
        try NodeDatabase.open(path: file.path).close()
        #expect(try FormerDatabase.rows(file.path, "SELECT version FROM cairn_schema") == [["6"]])
    }

    /// Batches whose collection jobs had failed stayed `closing` for ever.
    @Test(arguments: [true, false], [true, false])
    func aBatchThatAnEarlierVersionLeftClosingIsFreed(isInterval: Bool, isSigned: Bool) throws {
        let file = try SQLiteFile()
        try Schema1.makeFile(file.path, upTo: "leader 4 turns")
        let queue = try FormerDatabase.hastyQueue(file.path)
        let batch = [UInt8](repeating: 7, count: 32)
        let selector =
            isInterval
            ? BatchScope.interval(Interval(start: 100, duration: 10)).selector
            : BatchScope.batch(BatchID(unchecked: batch)).selector
        try queue.write { database in
            try database.execute(
                sql: """
                    INSERT INTO leader_batches (task_id, batch_id, first_time, end_time, state)
                    VALUES (zeroblob(32), ?, ?, ?, 1)
                    """, arguments: isInterval ? [nil, 100, 110] : [Data(batch), nil, nil])
            try database.execute(
                sql: """
                    INSERT INTO leader_collections (task_id, collection_id, request, state, watermark, selector, close_entry)
                    VALUES (zeroblob(32), x'01', x'02', 6, 0, ?, ?)
                    """, arguments: [Data(selector.encoded()), isSigned ? Data([9]) : nil])
        }
        try queue.close()
        try NodeDatabase.open(path: file.path).close()
        let states = try FormerDatabase.rows(file.path, "SELECT state FROM leader_batches")
        #expect(states == (isSigned ? [["5"]] : isInterval ? [] : [["3"]]))
        let kept = try FormerDatabase.rows(file.path, "SELECT selector NOT NULL FROM leader_collections")
        #expect(kept == [[isSigned ? "1" : "0"]])
    }
}
