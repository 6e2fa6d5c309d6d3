import GRDB

/// How a node's file is kept. Each setting of a connection, with its reason.
///
/// Figures: what a leader writes for a report of 2.6 kB from upload to acceptance, with one a request, is 14.2 kB at 10^5
/// reports, as set here. The settings were compared when an upload still changed one index more, with which it was 15.9: a
/// write-ahead log of 16 MiB made it 17.3, of 4 MiB 18.9 (at 10^5); pages of 4,096 bytes 20.7, of 8,192 22.3 (at 50,000);
/// overwriting pages that become empty added 3.4 (at 20,000).
package struct SQLiteSettings: Sendable {
    /// The most pages that the file may grow to; nil for no limit. Tests make a full disk of it.
    package var pageLimit: Int?

    /// How large the write-ahead log becomes, in bytes, before its pages are written to the file itself, and how large it
    /// stays. A page that many transactions change is written once then, so a large log saves writing; whoever commits at
    /// that moment waits 0.15 s.
    package var logSize = 64 << 20

    /// How long a writer, or whoever opens the file, waits for another process, in seconds.
    package var patience = 30.0

    package init(pageLimit: Int? = nil, logSize: Int = 64 << 20, patience: Double = 30) {
        self.pageLimit = pageLimit
        self.logSize = logSize
        self.patience = patience
    }

    func configuration() -> Configuration {
        var configuration = Configuration()
        configuration.busyMode = .timeout(patience)
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
        // Of a file that is new: others keep what they were made with. Uploads put ids into random places of an index, and
        // each writes a whole page there; a report's shares take one page and a part of another.
        try database.execute(sql: "PRAGMA page_size = 2048")
        // What is deleted inside a page is overwritten, but a page that becomes empty is left as it is: to overwrite it
        // would cost one more page for every report. What it holds are shares sealed under the key of their bucket. That
        // key is what must go: it lies in a row that is overwritten in place and never moves (ShareKey).
        try database.execute(sql: "PRAGMA secure_delete = FAST")
        // More would make a report dearer. After a transaction in which pages of a tree were put into order, SQLite goes
        // through every page of its cache (it gives one of them a number beyond the end of the file meanwhile, and then
        // forgets what lies beyond the end), and that is most transactions. A page that is not here is read from the
        // system's cache of files, in about 2 µs. With 64 MiB the statements of a report cost a leader a fifth more at
        // 10^5 reports, a tenth more at 10^6, and a helper a quarter more at 10^6. So it holds little more than what a
        // group of transactions changes.
        try database.execute(sql: "PRAGMA cache_size = -16384")
        // Sorting, and what a savepoint would have to put back.
        try database.execute(sql: "PRAGMA temp_store = MEMORY")
        let pageSize = try Int.fetchOne(database, sql: "PRAGMA page_size") ?? 4_096
        try database.execute(sql: "PRAGMA wal_autocheckpoint = \(max(1, logSize / pageSize))")
        try database.execute(sql: "PRAGMA journal_size_limit = \(logSize)")
        if let pageLimit { try database.execute(sql: "PRAGMA max_page_count = \(pageLimit)") }
    }

    /// Makes the writer wait for other processes again.
    func setPatience(_ database: Database) throws {
        try database.execute(sql: "PRAGMA busy_timeout = \(Int(patience * 1_000))")
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
