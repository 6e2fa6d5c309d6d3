import Foundation
import Testing

/// What node.md calls a room: nothing of an engine's library is known outside of it.
@Suite struct EngineRoomTests {
    /// The libraries, and the only folders whose files may import each. (A server that is started for a demonstration is
    /// asked whether it answers.)
    private static let rooms = [
        "GRDB": ["Sources/Datastore/Engine/SQLite/"], "GRDBSQLite": ["Sources/Datastore/Engine/SQLite/"],
        "CPostgres": ["Sources/Datastore/Engine/PostgreSQL/", "Sources/PostgresServer/"],
    ]

    @Test func onlyTheRoomOfAnEngineImportsItsLibrary() throws {
        let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().standardizedFileURL
        let sources = package.appending(path: "Sources")
        let files = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
        var found: Set<String> = []
        for case let file as URL in files where file.pathExtension == "swift" {
            let path = String(file.standardizedFileURL.path.dropFirst(package.path.count + 1))
            for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                let words = line.split(separator: " ")
                guard let place = words.firstIndex(of: "import"), place < 3, words.count > place + 1 else { continue }
                // `import struct GRDB.Row` names its module last.
                let module = words[words.count - 1].split(separator: ".")[0]
                guard let rooms = Self.rooms[String(module)] else { continue }
                found.insert(String(module))
                let isInside = rooms.contains { path.hasPrefix($0) }
                #expect(isInside, "\(path) imports \(module), which belongs into \(rooms.joined(separator: ", "))")
            }
        }
        #expect(found == Set(Self.rooms.keys), "the test has seen the files that may")
    }
}
