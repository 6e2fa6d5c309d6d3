import Datastore
import Foundation
import GRDB

/// A database of schema 1, from the fixtures.
final class FormerDatabase {
    enum Name: String, CaseIterable {
        case leader, helper, witness
    }

    let file: SQLiteFile

    /// Where the migration puts its copy.
    var copy: String { "\(file.path).before-2" }

    /// - Parameter change: more to happen to it before it is migrated.
    init(_ name: Name, change: String? = nil) throws {
        file = try SQLiteFile()
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let sql = try String(
            contentsOf: folder.appending(path: "Fixtures/schema1/\(name.rawValue).sql"), encoding: .utf8)
        let queue = try Self.hastyQueue(file.path)
        try queue.writeWithoutTransaction { try $0.execute(sql: sql) }
        if let change { try queue.writeWithoutTransaction { try $0.execute(sql: change) } }
        try queue.close()
    }

    /// Opens it, which migrates it, and closes it again.
    func migrate() throws -> [String] {
        let database = try NodeDatabase.open(path: file.path)
        try database.close()
        return database.notes
    }

    /// A connection that waits for no disk: for what only has to be there before a test begins.
    static func hastyQueue(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous = OFF") }
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    /// Rows of a file, each as its values in words.
    static func rows(_ path: String, _ sql: String, attaching other: String? = nil) throws -> [[String]] {
        let queue = try DatabaseQueue(path: path)
        defer { try? queue.close() }
        return try queue.writeWithoutTransaction { database in
            if let other { try database.execute(sql: "ATTACH ? AS former", arguments: [other]) }
            return try Row.fetchAll(database, sql: sql).map { row in
                row.databaseValues.map { String.fromDatabaseValue($0) ?? $0.description }
            }
        }
    }

    /// What the migrated file says, with the copy of the former one as the schema `former`.
    func rows(_ sql: String) throws -> [[String]] { try Self.rows(file.path, sql, attaching: copy) }

    /// Every row of every table of a file.
    static func everything(_ path: String) throws -> [String: [[String]]] {
        var tables: [String: [[String]]] = [:]
        for name in try rows(path, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").map({ $0[0] }) {
            tables[name] = try rows(path, "SELECT * FROM \(name)").sorted { $0.description < $1.description }
        }
        return tables
    }
}
