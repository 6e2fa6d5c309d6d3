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
        case .postgreSQL(let options): NodeDatabase(try await PostgreSQLEngine.open(options))
        }
    }

    /// What an operator should hear at the start of a node.
    package var warnings: [String] { (engine as? PostgreSQLEngine)?.warnings ?? [] }
}
