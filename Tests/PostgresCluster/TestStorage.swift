import Foundation

/// Which engine the nodes of a test run on: files, unless `CAIRN_TEST_STORAGE=postgresql` asks for databases of the tests'
/// server.
package enum TestStorage {
    package static let isPostgreSQL: Bool = {
        let wanted = ProcessInfo.processInfo.environment["CAIRN_TEST_STORAGE"] ?? "sqlite"
        precondition(["sqlite", "postgresql"].contains(wanted), "CAIRN_TEST_STORAGE is sqlite or postgresql")
        return wanted == "postgresql"
    }()

    /// A new database for a node; nil for a file. It goes with its last owner.
    package static func database() async throws -> PostgresDatabase? {
        isPostgreSQL ? try await PostgresCluster.shared().database() : nil
    }
}

extension PostgresDatabase {
    /// What names it in a node's configuration.
    package var yaml: String { "storage:\n  postgresql: \"\(url)\"\n  connections: 4\n" }
}
