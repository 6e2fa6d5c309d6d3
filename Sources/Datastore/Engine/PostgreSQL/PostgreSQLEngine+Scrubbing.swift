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
    ///
    /// No thread and no connection waits where the server takes its time to say what it has cleaned up.
    package func scrub() async throws(DatastoreError) -> Bool {
        var rewriting = try await rewriteKeys(nil)
        for pause in [Duration.milliseconds(100), .milliseconds(500), .seconds(1)] {
            guard case .uncounted(let vacuum) = rewriting else { break }
            // Whoever is cancelled leaves it to others.
            guard (try? await Task.sleep(for: pause)) != nil else { return false }
            rewriting = try await rewriteKeys(vacuum)
        }
        return rewriting == .done
    }

    private func rewriteKeys(_ vacuum: KeyVacuum?) async throws(DatastoreError) -> KeyRewriting {
        try await onThread {
            try self.withConnection { connection, _ in try connection.rewriteKeys(after: vacuum, self.options) }
        }
    }
}

/// When the places of former rows were marked as free, in the server's words.
private struct KeyVacuum: Sendable, Equatable {
    let start: String
}

private enum KeyRewriting: Sendable, Equatable {
    case done
    /// Somebody uses the table for longer, or still sees what was there before.
    case inTheWay
    /// The server has not yet said whether there is any such row. Older ones count in a process of their own.
    case uncounted(KeyVacuum)
}

extension PostgreSQLConnection {
    /// For how long it waits for the table, and others behind it.
    private static let turnMilliseconds = 250

    /// - Parameter former: a vacuum of before; nil: one comes first.
    fileprivate func rewriteKeys(after former: KeyVacuum?, _ options: PostgreSQLOptions) throws -> KeyRewriting {
        let rewriting: KeyRewriting
        do {
            try run("SET lock_timeout = \(Self.turnMilliseconds)")
            let vacuum = try former ?? vacuumKeys()
            switch try rowsLeft(after: vacuum) {
            case nil: rewriting = .uncounted(vacuum)
            case 0:
                // The new file gets whatever rows another transaction may still see: there are none.
                try run("VACUUM FULL share_keys")
                rewriting = .done
            case _?: rewriting = .inTheWay
            }
        } catch {
            guard let problem = failure else { throw error }
            forget()
            try restoreLockTimeout(options)
            guard problem.state == .lockNotAvailable else { throw problem }
            return .inTheWay
        }
        try restoreLockTimeout(options)
        return rewriting
    }

    private func restoreLockTimeout(_ options: PostgreSQLOptions) throws {
        try run("SET lock_timeout = \(Int(options.lockTimeout / .milliseconds(1)))")
    }

    /// Marks the places of former rows as free, as far as nobody may see them.
    private func vacuumKeys() throws -> KeyVacuum {
        guard let start = try run("SELECT clock_timestamp()::text").text(row: 0, column: 0) else {
            throw DatastoreError.corrupt("the database server has no time")
        }
        // FREEZE waits for pages that others look at, which it would pass over.
        try run("VACUUM (FREEZE) share_keys")
        return KeyVacuum(start: start)
    }

    /// How many former rows a vacuum has left; nil where the server does not say so yet.
    private func rowsLeft(after vacuum: KeyVacuum) throws -> Int64? {
        var left: Int64?
        try query(
            """
            SELECT n_dead_tup AS n FROM pg_stat_all_tables
            WHERE relid = 'share_keys'::regclass AND last_vacuum >= CAST($1 AS TEXT)::timestamptz
            """, [vacuum.start]
        ) { left = try $0.integer("n") }
        return left
    }
}
