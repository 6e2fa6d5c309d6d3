import Datastore
import PostgresCluster
import Testing

/// What a test about every engine runs on.
enum EngineKind: String, Sendable, CustomTestStringConvertible {
    case sqlite
    case postgreSQL

    var testDescription: String { rawValue }

    /// Both, unless PostgreSQL is left out by an explicit word.
    static let tested: [EngineKind] = PostgresCluster.isLeftOut ? [.sqlite] : [.sqlite, .postgreSQL]

    /// A new place for an engine.
    func place() async throws -> EnginePlace {
        switch self {
        case .sqlite: .sqlite(try SQLiteFile())
        case .postgreSQL: .postgreSQL(try await StoreTemplate.shared().database())
        }
    }
}

/// Where an engine's database lies; removed with the last value.
enum EnginePlace {
    case sqlite(SQLiteFile)
    case postgreSQL(PostgresDatabase)

    var storage: NodeStorage {
        get throws {
            switch self {
            case .sqlite(let file): .sqlite(path: file.path)
            case .postgreSQL(let database): .postgreSQL(try database.options)
            }
        }
    }

    /// An engine with one table, `things`, of a key, bytes and words. May be called again.
    func engine(_ change: (inout PostgreSQLOptions) -> Void = { _ in }) async throws -> any StorageEngine {
        switch self {
        case .sqlite(let file): return try file.engine()
        case .postgreSQL(let database):
            var options = try database.options
            change(&options)
            let engine = try PostgreSQLEngine.open(options)
            try await engine.write { session in
                try session.lock(.schema, .exclusive)
                try session.execute(
                    "CREATE TABLE IF NOT EXISTS things (thing BIGINT PRIMARY KEY, bytes BYTEA, words TEXT)")
            }
            return engine
        }
    }
}

extension PostgresDatabase {
    var options: PostgreSQLOptions {
        get throws {
            var options = PostgreSQLOptions(location: try PostgreSQLLocation(url: url))
            options.connections = 4
            return options
        }
    }
}
