import Datastore
import Foundation
import Testing

/// A file that somebody deletes, moves or replaces under a running node: nothing more is acknowledged.
@Suite struct LostFileTests {
    private func put(_ engine: SQLiteEngine, _ key: Int) async throws {
        _ = try await engine.write { try $0.execute("INSERT INTO things (thing) VALUES ($1)", [key]) }
    }

    /// Also where nothing is written.
    @Test(arguments: ["node.sqlite", "node.sqlite-wal"], [true, false])
    func whoeverWaitsForTheLossOfAFileHearsOfIt(name: String, isReplaced: Bool) async throws {
        let file = try SQLiteFile()
        let store = try NodeDatabase.open(path: file.path)
        async let loss = store.awaitLoss()
        let path = file.directory.appending(path: name).path
        try FileManager.default.moveItem(atPath: path, toPath: "\(path).moved")
        if isReplaced { try FileManager.default.copyItem(atPath: "\(path).moved", toPath: path) }
        let words = try #require(await loss)
        #expect(words.contains(path) && words.contains("was deleted, moved or replaced"), "\(words)")
        try? store.close()
    }

    /// SQLite would write a log that is left behind over the file that has the name now.
    @Test(arguments: [true, false]) func whatTheLogHasGoesWithTheFileThatWasMoved(isWaitedFor: Bool) async throws {
        let file = try SQLiteFile()
        let store = try NodeDatabase.open(path: file.path)
        let (moved, copy) = ("\(file.path).moved", "\(file.path).copy")
        try await store.backUp(to: copy)
        let generation = try await store.beginGeneration(.random())
        try FileManager.default.moveItem(atPath: file.path, toPath: moved)
        try FileManager.default.moveItem(atPath: copy, toPath: file.path)
        if isWaitedFor {
            #expect(await store.awaitLoss() != nil)
            let log = try FileManager.default.attributesOfItem(atPath: "\(file.path)-wal")
            #expect(log[.size] as? Int == 0)
        }
        try store.close()
        let old = try NodeDatabase.open(path: file.path)
        #expect(try await old.generation() == generation - 1)
        let newest = try NodeDatabase.open(path: moved)
        #expect(try await newest.generation() == generation)
        try newest.close()
        try old.close()
    }

    @Test func aFileThatIsClosedIsNotLost() async throws {
        let file = try SQLiteFile()
        let store = try NodeDatabase.open(path: file.path)
        async let loss = store.awaitLoss()
        try await Task.sleep(for: .milliseconds(1_200))
        try store.close()
        try FileManager.default.removeItem(atPath: file.path)
        #expect(await loss == nil)
    }

    @Test(arguments: ["node.sqlite", "node.sqlite-wal"], [true, false])
    func nothingIsWrittenIntoAFileThatHasGone(name: String, isReplaced: Bool) async throws {
        let file = try SQLiteFile()
        let engine = try file.engine()
        try await put(engine, 1)
        let path = file.directory.appending(path: name).path
        let moved = "\(path).moved"
        try FileManager.default.moveItem(atPath: path, toPath: moved)
        if isReplaced { try FileManager.default.copyItem(atPath: moved, toPath: path) }
        do {
            try await put(engine, 2)
            Issue.record("it was written")
        } catch DatastoreError.unavailable(let words) {
            #expect(words.contains(path) && words.contains("would be lost"))
        }
        // Put back, it serves on.
        if isReplaced { try FileManager.default.removeItem(atPath: path) }
        try FileManager.default.moveItem(atPath: moved, toPath: path)
        try await put(engine, 3)
        try engine.close()
        let again = try file.engine()
        let things = try await again.read { try $0.rows("SELECT thing FROM things").map { try $0.integer("thing") } }
        #expect(things.sorted() == [1, 3])
        try again.close()
    }
}
