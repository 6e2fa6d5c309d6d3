import GRDB
import Ledger

extension SQLiteDatastore {
    static func registerLogMigrations(_ migrator: inout DatabaseMigrator) {
        migrator.registerMigration("log 1") { db in
            try db.execute(
                sql: """
                    CREATE TABLE log_entries (
                        idx INTEGER PRIMARY KEY,
                        bytes BLOB NOT NULL
                    );
                    CREATE TABLE log_submissions (
                        entry_hash BLOB NOT NULL PRIMARY KEY,
                        idx INTEGER NOT NULL REFERENCES log_entries (idx)
                    ) WITHOUT ROWID;
                    CREATE TABLE log_checkpoints (
                        size INTEGER PRIMARY KEY,
                        root BLOB NOT NULL,
                        note BLOB NOT NULL,
                        cosigned_note BLOB
                    );
                    """)
        }
    }

    /// Appends entries inside the caller's transaction and returns the index of the first.
    @discardableResult
    static func appendLogEntries(_ entries: [[UInt8]], _ db: Database) throws -> Int64 {
        let first = try nextLogIndex(db)
        let statement = try db.cachedStatement(sql: "INSERT INTO log_entries (idx, bytes) VALUES (?, ?)")
        for (offset, entry) in entries.enumerated() {
            try statement.execute(arguments: [first + Int64(offset), entry.blob])
        }
        return first
    }

    private static func nextLogIndex(_ db: Database) throws -> Int64 {
        try Int64.fetchOne(db, sql: "SELECT COALESCE(MAX(idx) + 1, 0) FROM log_entries") ?? 0
    }
}

extension SQLiteDatastore: LogStore {
    package func logSize() async throws(DatastoreError) -> UInt64 {
        try await read { db in UInt64(clamping: try Self.nextLogIndex(db)) }
    }

    package func logEntries(from index: UInt64, limit: Int) async throws(DatastoreError) -> [[UInt8]] {
        let first = index.clampedToInt64
        return try await read { db in
            let rows = try Row.fetchAll(
                db, sql: "SELECT idx, bytes FROM log_entries WHERE idx >= ? ORDER BY idx LIMIT ?",
                arguments: [first, limit])
            return try rows.enumerated().map { offset, row in
                guard try row.integer("idx") == first + Int64(offset) else {
                    throw DatastoreError.corrupt("log entry \(first + Int64(offset)) is missing")
                }
                return try row.bytes("bytes")
            }
        }
    }

    @discardableResult
    package func submitLogEntry(_ entry: [UInt8]) async throws(DatastoreError) -> UInt64 {
        let hash = Blob.hash(entry)
        return try await write { db in
            let known = try Row.fetchOne(
                db, sql: "SELECT idx FROM log_submissions WHERE entry_hash = ?", arguments: [hash.blob])
            if let known { return try known.unsigned("idx") }
            let index = try Self.appendLogEntries([entry], db)
            try db.execute(
                sql: "INSERT INTO log_submissions (entry_hash, idx) VALUES (?, ?)", arguments: [hash.blob, index])
            return UInt64(clamping: index)
        }
    }

    package func recordCheckpoint(_ checkpoint: StoredCheckpoint) async throws(DatastoreError) -> StoredCheckpoint {
        let size = try checkpoint.size.stored("checkpoint size")
        return try await write { db in
            let row = try Row.fetchOne(db, sql: "SELECT * FROM log_checkpoints WHERE size = ?", arguments: [size])
            if let row {
                let present = try Self.storedCheckpoint(row)
                guard present.root == checkpoint.root else {
                    throw DatastoreError.conflict("another root was signed for log size \(size)")
                }
                return present
            }
            try db.execute(
                sql: "INSERT INTO log_checkpoints (size, root, note) VALUES (?, ?, ?)",
                arguments: [size, checkpoint.root.blob, checkpoint.note.blob])
            return checkpoint
        }
    }

    package func checkpoint(ofSize size: UInt64) async throws(DatastoreError) -> StoredCheckpoint? {
        try await read { db in
            try Row.fetchOne(
                db, sql: "SELECT * FROM log_checkpoints WHERE size = ?", arguments: [size.clampedToInt64]
            ).map(Self.storedCheckpoint)
        }
    }

    package func largestCheckpoint() async throws(DatastoreError) -> StoredCheckpoint? {
        try await read { db in
            try Row.fetchOne(db, sql: "SELECT * FROM log_checkpoints ORDER BY size DESC LIMIT 1")
                .map(Self.storedCheckpoint)
        }
    }

    package func renewCheckpoint(_ checkpoint: StoredCheckpoint) async throws(DatastoreError) {
        let size = try checkpoint.size.stored("checkpoint size")
        try await write { db in
            try db.execute(
                sql: "UPDATE log_checkpoints SET note = ?, cosigned_note = NULL WHERE size = ? AND root = ?",
                arguments: [checkpoint.note.blob, size, checkpoint.root.blob])
            guard db.changesCount == 1 else {
                throw DatastoreError.conflict("another root was signed for log size \(size)")
            }
        }
    }

    package func recordCosignatures(size: UInt64, cosignedNote: [UInt8]) async throws(DatastoreError) {
        let size = try size.stored("checkpoint size")
        try await write { db in
            try db.execute(
                sql: "UPDATE log_checkpoints SET cosigned_note = ? WHERE size = ?",
                arguments: [cosignedNote.blob, size])
        }
    }

    package func cosignedCheckpoints(
        covering index: UInt64, limit: Int
    ) async throws(DatastoreError) -> [StoredCheckpoint] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM log_checkpoints WHERE size > ? AND cosigned_note IS NOT NULL
                    ORDER BY size DESC LIMIT ?
                    """,
                arguments: [index.clampedToInt64, limit]
            ).map(Self.storedCheckpoint)
        }
    }

    private static func storedCheckpoint(_ row: Row) throws -> StoredCheckpoint {
        StoredCheckpoint(
            size: try row.unsigned("size"), root: try row.bytes("root"), note: try row.bytes("note"),
            cosignedNote: row.optionalBytes("cosigned_note"))
    }
}
