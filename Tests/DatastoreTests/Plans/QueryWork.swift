import Datastore
import Foundation
import GRDB
import GRDBSQLite
import PostgresCluster

/// A query of a store as it ran, with its arguments.
struct AskedQuery: Sendable {
    let sql: String
    let arguments: [SQLValue]
}

/// What queries cost an engine, counted and not timed: how busy the machine is changes nothing. They run again for it, on a
/// connection of the test's own, and have to be the same then.
///
/// A cost is compared with another of the same engine alone: SQLite counts the steps of its virtual machine, some for each
/// row or entry of an index that it looks at, and PostgreSQL the rows that it finds, taken or not.
enum QueryWork {
    /// - Parameter path: of a file, which may be in use.
    static func steps(_ queries: [AskedQuery], sqlite path: String) throws -> Int {
        var configuration = Configuration()
        configuration.readonly = true
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        defer { try? queue.close() }
        return try queue.read { database in
            try queries.reduce(0) { sum, query in
                let statement = try database.makeStatement(sql: query.sql)
                let names = query.arguments.indices.map { "\($0 + 1)" }
                let values = query.arguments.map(databaseValue)
                statement.setUncheckedArguments(
                    StatementArguments(Dictionary(zip(names, values)) { first, _ in first }))
                _ = try Row.fetchAll(statement)
                return sum + Int(sqlite3_stmt_status(statement.sqliteStatement, SQLITE_STMTSTATUS_VM_STEP, 0))
            }
        }
    }

    private static func databaseValue(_ value: SQLValue) -> DatabaseValue {
        switch value {
        case .null: .null
        case .integer(let number): number.databaseValue
        case .text(let text): text.databaseValue
        case .blob(let bytes): Data(bytes).databaseValue
        }
    }

    static func rows(_ queries: [AskedQuery], postgreSQL database: PostgresDatabase) throws -> Int {
        try queries.reduce(0) { sum, query in
            let values = query.arguments.map(literal).joined(separator: ", ")
            let json = try database.cluster.run(
                "PREPARE asked AS \(query.sql)",
                """
                EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF, FORMAT JSON) EXECUTE asked\(values.isEmpty ? "" : "(\(values))")
                """, in: database.name)
            return try sum + PlanReader.rowsRead(postgreSQL: json.compactMap { $0 }.joined(separator: "\n"))
        }
    }

    private static func literal(_ value: SQLValue) -> String {
        switch value {
        case .null: "NULL"
        case .integer(let number): "\(number)"
        case .text(let text): "'\(text.replacing("'", with: "''"))'"
        case .blob(let bytes): "'\\x\(bytes.map { String(format: "%02x", $0) }.joined())'"
        }
    }
}
