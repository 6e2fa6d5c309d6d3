import Datastore
import Foundation
import Testing

/// A file that somebody deletes, moves or replaces under a running node: nothing more is acknowledged.
@Suite struct LostFileTests {
    private func put(_ engine: SQLiteEngine, _ key: Int) async throws {
        _ = try await engine.write { try $0.execute("INSERT INTO things (thing) VALUES ($1)", [key]) }
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
