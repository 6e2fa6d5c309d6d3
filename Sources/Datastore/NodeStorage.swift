/// Where a node's state lies.
package enum NodeStorage: Sendable {
    /// A file, made where there is none.
    case sqlite(path: String)
    /// A database on a server, which must be there.
    case postgreSQL(PostgreSQLOptions)
}

extension NodeDatabase {
    /// Opens a node's database, and makes its tables where they are missing.
    package static func open(_ storage: NodeStorage) async throws(DatastoreError) -> NodeDatabase {
        switch storage {
        case .sqlite(let path): try open(path: path)
        case .postgreSQL(let options): try await open(options)
        }
    }

    private static func open(_ options: PostgreSQLOptions) async throws(DatastoreError) -> NodeDatabase {
        let engine = try await PostgreSQLEngine.open(options)
        return NodeDatabase(engine, notes: engine.warnings)
    }
}
