import ChildProcesses
import Foundation
import Testing

// Backups of a node that is stopped: of its folder, and of its database where that is no file in it.
extension TestNode {
    private var data: String { "\(folder)/data" }
    private var saved: String { "\(folder)/data.saved" }
    private var dump: String { "\(folder)/database.saved" }

    /// Copies everything that the node keeps, as the snapshot of a whole machine does.
    func saveState() async throws {
        try FileManager.default.copyItem(atPath: data, toPath: saved)
        try await database?.dump(to: dump)
    }

    /// Puts the copy in the place of what the node keeps now.
    ///
    /// - Parameter keepingKeys: the keys beside the database are not in the copy, and stay.
    func restoreState(keepingKeys: Bool = false) async throws {
        let newest = "\(folder)/data.newest"
        try? FileManager.default.removeItem(atPath: newest)
        try FileManager.default.moveItem(atPath: data, toPath: newest)
        try FileManager.default.copyItem(atPath: saved, toPath: data)
        if keepingKeys {
            try FileManager.default.removeItem(atPath: "\(data)/keys")
            try FileManager.default.copyItem(atPath: "\(newest)/keys", toPath: "\(data)/keys")
        }
        try await database?.restore(from: dump)
    }

    // MARK: The database alone, whether the node runs or not

    /// Copies the database into a file, as its operator's tools do.
    func copyDatabase(to file: String) async throws {
        if let database { return try await database.dump(to: file) }
        try await Self.copyPages(from: "\(data)/node.sqlite", to: file)
    }

    /// Puts what ``copyDatabase(to:)`` has written in the place of the database, in one transaction.
    func putDatabase(from file: String) async throws {
        if let database { return try await database.exchange(for: file) }
        try await Self.copyPages(from: file, to: "\(data)/node.sqlite")
    }

    /// With SQLite's own interface for backups, which needs nobody to let go of the file.
    private static func copyPages(from source: String, to target: String) async throws {
        let program = """
            import sqlite3, sys
            source, target = (sqlite3.connect(path, timeout=60) for path in sys.argv[1:])
            source.backup(target)
            """
        let outcome = try await ChildProcess.run("/usr/bin/env", ["python3", "-c", program, source, target])
        try #require(outcome.ending == .exited(0), "\(String(decoding: outcome.errors, as: UTF8.self))")
    }

    /// Makes it a node that was never started.
    func eraseState() async throws {
        try FileManager.default.removeItem(atPath: data)
        try await database?.empty()
    }
}
