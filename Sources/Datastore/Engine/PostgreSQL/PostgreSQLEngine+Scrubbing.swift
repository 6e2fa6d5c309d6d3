import Foundation

// What is left of keys that were destroyed, in the files of share_keys (PostgreSQLEngine.swift). An update leaves the former
// row where it was; a vacuum frees its place and does not write it over, and it moves other rows inside the page, whose
// copies stay, too. So the table is written anew, and the former file goes: with the commit it is cut to nothing.
extension PostgreSQLEngine {
    /// Writes the table of keys anew.
    ///
    /// Everybody who needs a key waits meanwhile, also while this waits for its turn: briefly, as there are some tens of bytes
    /// for each bucket, and it is tried again later.
    ///
    /// What stays is the write-ahead log until the server recycles it, whatever was made from it (archives, standbys), and
    /// what the file system keeps of blocks that were given back.
    package func scrub() async throws(DatastoreError) -> Bool {
        try await onThread {
            try self.withConnection { connection, _ in try connection.rewriteKeys(self.options) }
        }
    }
}

extension PostgreSQLConnection {
    /// For how long it waits for the table, and others behind it.
    private static let turnMilliseconds = 250

    /// - Returns: false where somebody uses the table for longer, or still sees what was there before.
    fileprivate func rewriteKeys(_ options: PostgreSQLOptions) throws -> Bool {
        let isClean: Bool
        do {
            try run("SET lock_timeout = \(Self.turnMilliseconds)")
            // The new file gets whatever rows another transaction may still see: there must be none.
            isClean = try vacuumKeys()
            if isClean { try run("VACUUM FULL share_keys") }
        } catch {
            guard let problem = failure else { throw error }
            forget()
            try restoreLockTimeout(options)
            guard problem.state == .lockNotAvailable else { throw problem }
            return false
        }
        try restoreLockTimeout(options)
        return isClean
    }

    private func restoreLockTimeout(_ options: PostgreSQLOptions) throws {
        try run("SET lock_timeout = \(Int(options.lockTimeout / .milliseconds(1)))")
    }

    /// Marks the places of former rows as free.
    ///
    /// - Returns: whether that were all. False also where the server does not say in time: older ones count in a process of
    ///   their own.
    private func vacuumKeys() throws -> Bool {
        guard let start = try run("SELECT clock_timestamp()::text").text(row: 0, column: 0) else { return false }
        // FREEZE waits for pages that others look at, which it would pass over.
        try run("VACUUM (FREEZE) share_keys")
        for pause in [0, 0.1, 0.5, 1] {
            Thread.sleep(forTimeInterval: pause)
            var left: Int64?
            try query(
                """
                SELECT n_dead_tup AS n FROM pg_stat_all_tables
                WHERE relid = 'share_keys'::regclass AND last_vacuum >= CAST($1 AS TEXT)::timestamptz
                """, [start]
            ) { left = try $0.integer("n") }
            if let left { return left == 0 }
        }
        return false
    }
}
