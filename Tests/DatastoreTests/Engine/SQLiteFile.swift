import Datastore
import Foundation
import TestSupport

/// A database file in a folder of its own, removed at the end.
final class SQLiteFile: Sendable {
    private let folder: TemporaryFolder

    var directory: URL { URL(filePath: folder.path) }
    var path: String { folder.file("node.sqlite") }

    init() throws { folder = try TemporaryFolder() }

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
}
