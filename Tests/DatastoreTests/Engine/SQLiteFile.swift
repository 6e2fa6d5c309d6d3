import Datastore
import Foundation

/// A database file in a folder of its own, removed at the end.
final class SQLiteFile: Sendable {
    let directory: URL

    var path: String { directory.appending(path: "node.sqlite").path }

    init() throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "cairn-engine-\(UUID())")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    }

    /// An engine with one table, `things`, of a key and bytes.
    func engine(_ settings: SQLiteSettings = SQLiteSettings()) throws -> SQLiteEngine {
        try SQLiteEngine.open(path: path, settings: settings) { engine in
            _ = try engine.writeNow { session in
                try session.execute(
                    "CREATE TABLE IF NOT EXISTS things (thing BIGINT PRIMARY KEY, bytes BLOB, words TEXT)")
            }
        }
    }

    /// Copies what is on the disk now, with the write-ahead log, beside it.
    ///
    /// - Returns: the copy's path.
    func copyAsKilled() throws -> String {
        let copy = directory.appending(path: "killed-\(UUID())")
        try FileManager.default.createDirectory(at: copy, withIntermediateDirectories: true)
        for name in ["node.sqlite", "node.sqlite-wal"] {
            let file = directory.appending(path: name)
            guard FileManager.default.fileExists(atPath: file.path) else { continue }
            try FileManager.default.copyItem(at: file, to: copy.appending(path: name))
        }
        return copy.appending(path: "node.sqlite").path
    }

    deinit { try? FileManager.default.removeItem(at: directory) }
}
