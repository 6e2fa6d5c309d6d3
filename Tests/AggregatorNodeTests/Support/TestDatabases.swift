import AggregatorNode
import Datastore
import PostgresCluster
import Synchronization

/// The databases of the nodes that tests put together inside their own process, each by its data folder: files, unless the
/// run asks for PostgreSQL (`TestStorage`). They go with the process.
enum TestDatabases {
    private static let made = Mutex<[String: PostgresDatabase]>([:])

    /// A node's configuration with the database that this run of the tests gives it, always the same one.
    static func configure(_ node: NodeConfiguration) async throws -> NodeConfiguration {
        guard TestStorage.isPostgreSQL, node.storage == nil else { return node }
        if made.withLock({ $0[node.dataDirectory] }) == nil, let new = try await TestStorage.database() {
            // Somebody may have been faster.
            made.withLock { $0[node.dataDirectory] = $0[node.dataDirectory] ?? new }
        }
        return try known(node)
    }

    /// The same for one that was configured before.
    static func known(_ node: NodeConfiguration) throws -> NodeConfiguration {
        guard let database = made.withLock({ $0[node.dataDirectory] }) else { return node }
        var node = node
        node.storage = .postgreSQL(try PostgreSQLLocation(url: database.url), passwordFile: nil, connections: 4)
        return node
    }
}

extension NodeConfiguration {
    /// Opens the database that this run of the tests gives the node.
    func openTestDatabase() async throws -> NodeDatabase {
        try await TestDatabases.configure(self).openDatabase()
    }

    func openTestDatabaseNow() throws -> NodeDatabase {
        try NodeDatabase.openNow(TestDatabases.known(self).database.storage())
    }
}
