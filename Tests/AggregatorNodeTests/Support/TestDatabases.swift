import AggregatorNode
import Datastore
import Foundation
import PostgresCluster
import Synchronization
import TestSupport

/// The databases of the nodes that tests put together inside their own process, each by its data folder: files, unless the
/// run asks for PostgreSQL (`TestStorage`). They go with the temporary folder.
enum TestDatabases {
    private static let made = Mutex<[String: PostgresDatabase]>([:])

    /// A node's configuration with the database that this run of the tests gives it, always the same one.
    static func configure(_ node: NodeConfiguration) async throws -> NodeConfiguration {
        guard node.storage == nil else { return node }
        if database(of: node) == nil, let new = try await TestStorage.ofThisRun.database() {
            // Somebody may have been faster.
            made.withLock { $0[node.dataDirectory] = $0[node.dataDirectory] ?? new }
        }
        return try known(node)
    }

    /// The same for one that was configured before.
    static func known(_ node: NodeConfiguration) throws -> NodeConfiguration {
        guard let database = database(of: node) else { return node }
        var node = node
        node.storage = .postgreSQL(try PostgreSQLLocation(url: database.url), passwordFile: nil, connections: 4)
        return node
    }

    /// Nil where it is a file.
    static func database(of node: NodeConfiguration) -> PostgresDatabase? { made.withLock { $0[node.dataDirectory] } }

    /// Gives back those of the nodes in a directory that goes.
    static func release(under directory: String) {
        // They end outside of the lock, with this value.
        _ = made.withLock { made in
            let released = made.filter { $0.key.hasPrefix("\(directory)/") }
            for key in released.keys { made[key] = nil }
            return released
        }
    }
}

extension TemporaryFolder {
    /// For nodes: the databases that this run of the tests gives them go with it.
    static func ofNodes() throws -> TemporaryFolder { try TemporaryFolder(releasing: TestDatabases.release) }
}

extension NodeConfiguration {
    /// Opens the database that this run of the tests gives the node.
    func openTestDatabase() async throws -> NodeDatabase {
        try await TestDatabases.configure(self).openDatabase()
    }

    func openTestDatabaseNow() throws -> NodeDatabase {
        try NodeDatabase.openNow(TestDatabases.known(self).database.storage())
    }

    // MARK: Backups

    /// Copies the database into a file while the node uses it, as an operator does.
    func backUpTestDatabase(_ store: NodeDatabase, to file: String) async throws {
        guard let database = TestDatabases.database(of: self) else { return try await store.backUp(to: file) }
        try await database.dump(to: file)
    }

    /// Puts a backup in the place of the database, which nobody has open. Nothing else shows it.
    func restoreTestDatabase(from backup: String) async throws {
        if let database = TestDatabases.database(of: self) { return try await database.restore(from: backup) }
        let path = database.file ?? ""
        for suffix in ["", "-wal", "-shm"] where FileManager.default.fileExists(atPath: path + suffix) {
            try FileManager.default.removeItem(atPath: path + suffix)
        }
        try FileManager.default.copyItem(atPath: backup, toPath: path)
    }
}
