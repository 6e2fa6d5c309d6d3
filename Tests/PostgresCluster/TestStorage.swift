import Foundation

/// Which engine the nodes of a test run on.
package enum TestStorage: String, Sendable {
    case sqlite
    case postgresql

    /// What `CAIRN_TEST_STORAGE` says: files, unless it asks for databases of the tests' server.
    package static let ofThisRun: TestStorage = {
        let wanted = ProcessInfo.processInfo.environment["CAIRN_TEST_STORAGE"] ?? "sqlite"
        guard let storage = TestStorage(rawValue: wanted) else {
            preconditionFailure("CAIRN_TEST_STORAGE is sqlite or postgresql")
        }
        return storage
    }()

    /// For the tests that meet both in every run: only the one that the run asks for where it asks for PostgreSQL, and only
    /// files where PostgreSQL is left out by an explicit word.
    package static let both: [TestStorage] =
        ofThisRun == .postgresql ? [.postgresql] : PostgresCluster.isLeftOut ? [.sqlite] : [.sqlite, .postgresql]

    /// An empty database for a node; nil for a file. It goes with its last owner.
    package func database() async throws -> PostgresDatabase? {
        self == .postgresql ? try await PostgresCluster.shared().lendDatabase() : nil
    }
}

extension PostgresDatabase {
    /// What names it in a node's configuration.
    package var yaml: String { "storage:\n  postgresql: \"\(url)\"\n  connections: 4\n" }
}
