import Datastore
import Dispatch
import PostgresCluster
import Synchronization

/// A PostgreSQL database with a node's tables, that those of tests are copies of: copying is faster than making tables.
final class StoreTemplate: Sendable {
    private static let common = Task { StoreTemplate(try await PostgresCluster.shared()) }

    static func shared() async throws -> StoreTemplate { try await common.value }

    private let cluster: PostgresCluster
    private let made = Mutex<Result<PostgresDatabase, any Error>?>(nil)
    private let copying = DispatchQueue(label: "copies of the template")

    private init(_ cluster: PostgresCluster) {
        self.cluster = cluster
    }

    func database() async throws -> PostgresDatabase {
        try await withCheckedThrowingContinuation { continuation in
            copying.async { continuation.resume(with: Result { try self.copy() }) }
        }
    }

    /// One after the other: nobody else may use the template while it is copied.
    private func copy() throws -> PostgresDatabase {
        let original = made.withLock { made in
            let result =
                made
                ?? Result {
                    let database = try cluster.database()
                    try PostgreSQLEngine.open(try database.options).close()
                    return database
                }
            made = result
            return result
        }
        return try cluster.database(template: original.get().name)
    }
}
