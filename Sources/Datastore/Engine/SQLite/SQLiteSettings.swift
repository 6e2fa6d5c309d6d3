import GRDB

/// How a node's file is kept. Each setting of a connection, with its reason.
package struct SQLiteSettings: Sendable {
    /// The most pages that the file may grow to; nil for no limit. Tests make a full disk of it.
    package var pageLimit: Int?

    package init(pageLimit: Int? = nil) {
        self.pageLimit = pageLimit
    }

    /// How long a writer waits for another process, in seconds.
    static let busyTimeout = 30.0

    func configuration() -> Configuration {
        var configuration = Configuration()
        configuration.busyMode = .timeout(Self.busyTimeout)
        configuration.foreignKeysEnabled = true
        // Statements are compiled on a connection for as long as the node runs.
        configuration.persistentReadOnlyConnections = true
        configuration.prepareDatabase { [self] database in
            try prepare(database, isReader: database.configuration.readonly)
        }
        return configuration
    }

    private func prepare(_ database: Database, isReader: Bool) throws {
        guard !isReader else { return }
        // Of a file that is new: others keep what they were made with.
        try database.execute(sql: "PRAGMA page_size = \(Self.pageSize)")
        // What is deleted inside a page is overwritten, but a page that becomes empty is left as it is: to overwrite it
        // would cost one more page for every report. What it holds are shares sealed under the key of their bucket. That
        // key is what must go: it lies in a row that is overwritten in place and never moves (ShareKey).
        try database.execute(sql: "PRAGMA secure_delete = FAST")
        try database.execute(sql: "PRAGMA cache_size = -\(Self.cacheKiB)")
        // Sorting, and what a savepoint would have to put back.
        try database.execute(sql: "PRAGMA temp_store = MEMORY")
        try database.execute(sql: "PRAGMA wal_autocheckpoint = \(Self.logPages)")
        try database.execute(sql: "PRAGMA journal_size_limit = \(Self.logPages * Self.pageSize)")
        if let pageLimit { try database.execute(sql: "PRAGMA max_page_count = \(pageLimit)") }
    }

    private static let pageSize = 4_096
    private static let cacheKiB = 65_536
    private static let logPages = 16_384

    static func setBusyTimeout(_ database: Database) throws {
        try database.execute(sql: "PRAGMA busy_timeout = \(Int(busyTimeout * 1_000))")
    }

    /// Makes the writer wait for the disk at every commit. GRDB asks for less when it turns the write-ahead log on, so this
    /// comes after it; nobody but the pool's one writer ever commits.
    static func requireDurability(_ pool: DatabasePool) throws {
        try pool.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA synchronous = FULL")
            guard try Int.fetchOne(database, sql: "PRAGMA synchronous") == 2 else {
                throw DatastoreError.unavailable("SQLite does not accept synchronous=FULL")
            }
        }
    }
}
