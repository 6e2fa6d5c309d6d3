import Dispatch
import Foundation
import GRDB

/// One node's state in one SQLite file.
///
/// Why SQLite: a node must lose nothing that it acknowledged and count nothing twice, killed at any moment. Every
/// operation of the store protocols is one transaction, and `synchronous=FULL` in WAL mode syncs the write-ahead log
/// at each commit: what an operation returned is on the disk. Readers see a snapshot and never wait for the writer.
/// Other processes (`cairn node task add`) may open the same file; writers wait for each other up to `busyTimeout`
/// seconds.
///
/// `secure_delete` overwrites what is deleted: shares of collected batches are gone from the file, too.
/// The file is readable by its owner only, because it holds input shares and verification keys.
package struct SQLiteDatastore: Sendable {
    private let pool: DatabasePool

    /// How long a writer waits for another process, in seconds.
    private static let busyTimeout = 30.0

    /// Opens the file, creating it and its tables where they are missing.
    ///
    /// Several processes may open a new file at once: one after the other makes what is missing.
    package static func open(path: String) throws(DatastoreError) -> SQLiteDatastore {
        try reporting {
            let turn = try OpeningTurn(path: path, patience: .seconds(busyTimeout))
            defer { turn.end() }
            return try turn.repeatingWhileBusy { try openInTurn(path: path) }
        }
    }

    /// - Precondition: no other process opens the file meanwhile.
    private static func openInTurn(path: String) throws -> SQLiteDatastore {
        try createPrivately(path)
        var configuration = Configuration()
        configuration.busyMode = .timeout(busyTimeout)
        configuration.foreignKeysEnabled = true
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA secure_delete = ON")
        }
        let pool = try DatabasePool(path: path, configuration: configuration)
        // The pool asks for synchronous=NORMAL when it turns the WAL on, so FULL has to come after it. Only the
        // pool's single writer connection ever commits.
        try pool.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA synchronous = FULL")
            guard try Int.fetchOne(db, sql: "PRAGMA synchronous") == 2 else {
                throw DatastoreError.conflict("SQLite does not accept synchronous=FULL")
            }
        }
        try Schema.migrator.migrate(pool)
        return SQLiteDatastore(pool: pool)
    }

    /// SQLite gives its journal files the mode of the database file, so creating that one first with mode 0600 covers
    /// all.
    private static func createPrivately(_ path: String) throws {
        // Only a file that was not there is opened: to close one that is there would drop the locks that this process
        // has on it.
        let descriptor = Foundation.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor < 0 else {
            Foundation.close(descriptor)
            return
        }
        guard errno == EEXIST else {
            throw DatastoreError.database(
                code: 14, message: "\(path) cannot be created: \(String(cString: strerror(errno)))")
        }
    }

    /// Reads one snapshot.
    func read<T: Sendable>(_ body: @escaping @Sendable (Database) throws -> T) async throws(DatastoreError) -> T {
        do {
            return try await pool.read(body)
        } catch {
            throw Self.translate(error)
        }
    }

    /// One transaction that takes the write lock at its start. Durable when it returns; a throw rolls everything
    /// back.
    func write<T: Sendable>(_ body: @escaping @Sendable (Database) throws -> T) async throws(DatastoreError) -> T {
        do {
            return try await pool.write(body)
        } catch {
            throw Self.translate(error)
        }
    }

    /// Copies the database as it is now into a new file, while it is in use.
    package func backUp(to path: String) async throws(DatastoreError) {
        do {
            try await pool.writeWithoutTransaction { db in
                try db.execute(sql: "VACUUM INTO ?", arguments: [path])
            }
        } catch {
            throw Self.translate(error)
        }
    }

    /// Ends all connections; the store must not be used afterwards.
    package func close() throws(DatastoreError) {
        try Self.reporting { try pool.close() }
    }

    /// Closes the database once what is being read has been read.
    ///
    /// Waits on a thread of its own. On one of the few that asynchronous work shares, it would keep away the very reads
    /// that it waits for.
    package func closeWhenIdle() async {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                try? pool.close()
                continuation.resume()
            }
        }
    }

    private static func reporting<T>(_ body: () throws -> T) throws(DatastoreError) -> T {
        do {
            return try body()
        } catch {
            throw translate(error)
        }
    }

    private static func translate(_ error: any Error) -> DatastoreError {
        switch error {
        case let error as DatastoreError: error
        case let error as DatabaseError:
            .database(code: error.extendedResultCode.rawValue, message: error.message ?? "no reason given")
        case is CancellationError: .cancelled
        default: .database(code: 1, message: "a request that the database cannot carry out")
        }
    }
}
