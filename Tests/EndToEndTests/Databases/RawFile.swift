import Crypto
import Foundation
import GRDB

/// A database file, read and written without the node's own code.
struct RawFile {
    let path: String

    /// Runs statements, without waiting for the disk.
    func run(_ sql: String) throws {
        var configuration = Configuration()
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous = OFF") }
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.writeWithoutTransaction { try $0.execute(sql: sql) }
        try queue.close()
    }

    /// Every row of every table, in words.
    func everything() throws -> [String: [String]] {
        let queue = try DatabaseQueue(path: path)
        defer { try? queue.close() }
        return try queue.writeWithoutTransaction { database in
            let names = try String.fetchAll(database, sql: "SELECT name FROM sqlite_master WHERE type = 'table'")
            var tables: [String: [String]] = [:]
            for name in names {
                tables[name] = try Row.fetchAll(database, sql: "SELECT * FROM \(name)").map { row in
                    row.databaseValues.map { value in
                        // Of what is long, its hash does.
                        Data.fromDatabaseValue(value).map {
                            $0.count > 100 ? "\($0.count) \(SHA256.hash(data: $0))" : "\(Array($0))"
                        } ?? value.description
                    }.joined(separator: " ")
                }.sorted()
            }
            return tables
        }
    }
}
