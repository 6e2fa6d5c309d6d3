import Foundation
import GRDB

/// One node's state in one SQLite file: the engine of a node that is one process.
///
/// Every write is durable when it returns: `synchronous=FULL` in WAL mode syncs the write-ahead log at each commit, and
/// ``WriteQueue`` lets many writes share one. Readers see a snapshot and never wait for the writer. Other processes
/// (`cairn node task add`) may open the same file; writers of several processes wait for each other.
///
/// SQLiteEngine+Opening.swift opens files, SQLiteSettings.swift says why they are kept as they are.
package struct SQLiteEngine: StorageEngine {
    let pool: DatabasePool
    private let settings: SQLiteSettings
    private let connections: SQLiteConnections
    private let writes: WriteQueue
    private let claimed: FileClaim
    private let watch: FileWatch

    init(_ pool: DatabasePool, _ settings: SQLiteSettings) {
        self.pool = pool
        self.settings = settings
        connections = SQLiteConnections()
        writes = WriteQueue(pool, connections)
        claimed = FileClaim(of: pool.path)
        watch = FileWatch(Self.file(of: pool))
    }

    package var dialect: Dialect { .sqlite }

    package func read<T: Sendable>(_ body: @escaping @Sendable (Session) throws -> T) async throws(DatastoreError) -> T
    {
        do {
            return try await pool.read { [connections] database in
                try body(Session(connections.connection(database)))
            }
        } catch {
            throw .sqlite(error)
        }
    }

    package func write<T: Sendable>(_ body: @escaping @Sendable (Session) throws -> T) async throws(DatastoreError) -> T
    {
        try await writes.write(body)
    }

    /// One transaction, on the caller's thread: for the time before a node runs.
    @discardableResult
    package func writeNow<T>(_ body: (Session) throws -> T) throws(DatastoreError) -> T {
        do {
            return try pool.writeWithoutTransaction { database in
                let connection = try connections.connection(database)
                try connection.begin()
                defer { connection.rollBack() }
                let result = try body(Session(connection))
                try connection.commit()
                return result
            }
        } catch {
            throw .sqlite(error)
        }
    }

    package func backUp(to path: String) async throws(DatastoreError) {
        do {
            try Self.createPrivately(path)
            try await pool.writeWithoutTransaction { database in
                try database.execute(sql: "VACUUM INTO ?", arguments: [path])
            }
        } catch {
            throw .sqlite(error)
        }
    }

    /// Empties the write-ahead log, where former contents of pages lie. That needs a moment in which nobody reads what only
    /// the log has, and none may come; or the caller's task has been cancelled.
    package func scrub() async throws(DatastoreError) -> Bool {
        do {
            for _ in 0..<Self.scrubbingTries {
                if try await emptyLog() { return true }
                try await Task.sleep(for: Self.scrubbingPause)
            }
        } catch {
            switch DatastoreError.sqlite(error) {
            case .cancelled, .busy: return false
            case let error: throw error
            }
        }
        return false
    }

    /// - Returns: whether nobody was in the way.
    private func emptyLog() async throws -> Bool {
        try await pool.writeWithoutTransaction { [settings] database in
            // Nobody is kept waiting for this.
            try database.execute(sql: "PRAGMA busy_timeout = 0")
            defer { try? settings.setPatience(database) }
            let row = try Row.fetchOne(database, sql: "PRAGMA wal_checkpoint(TRUNCATE)")
            return row?[0] == 0
        }
    }

    private static let scrubbingTries = 20
    private static let scrubbingPause = Duration.milliseconds(100)

    /// Claims the file for this process's node, until the engine is closed.
    ///
    /// - Parameter isShared: of no account, for a file is one process's.
    /// - Throws: `.unsuitable` where another process has it.
    package func claim(isShared: Bool) throws(DatastoreError) { try claimed.take() }

    /// Waits until something else, or nothing, has the file's name or its log's: then nothing is written any more, and what
    /// is read may be what nobody will find again.
    ///
    /// What the log has is in the file then, wherever that is now, and the log is empty. SQLite leaves one behind whose
    /// file was moved, and would write it over whatever has the name at the next opening: a backup would look like the
    /// newest.
    ///
    /// - Returns: why; nil once the engine is closed, or the caller's task cancelled.
    package func awaitLoss() async -> String? {
        guard let reason = await watch.awaitLoss() else { return nil }
        _ = try? await scrub()
        return reason
    }

    /// The file itself, also where it was opened by a link's name: SQLite has its log there.
    private static func file(of pool: DatabasePool) -> String {
        let name = pool.unsafeReentrantWrite { $0.sqliteConnection.flatMap { SQLiteConnection.file(of: $0) } }
        return name ?? pool.path
    }

    /// Closes the file, which has everything then: a pool closes its readers last, and those leave the write-ahead log to the
    /// next opening. Whoever copied the file alone would have an old one, and whoever put another in its place a mixture.
    package func close() throws(DatastoreError) {
        _ = watch.end()
        // A connection cannot be closed before its statements are freed, and they are freed while nobody uses one.
        connections.stopKeeping()
        do {
            try pool.barrierWriteWithoutTransaction { database in
                connections.forgetAll()
                // While another process works with the file, that one empties the log.
                try? database.execute(sql: "PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE)")
            }
            try pool.close()
            claimed.release()
        } catch {
            throw .sqlite(error)
        }
    }
}
