import GRDB
import GRDBSQLite
import Synchronization

/// A connection and the statements that are compiled on it.
///
/// There is one for each of GRDB's connections, used on that one's queue only; hence `@unchecked Sendable`.
final class SQLiteConnection: EngineConnection, @unchecked Sendable {
    var changes = 0
    var dialect: Dialect { .sqlite }

    private let database: Database
    private let handle: OpaquePointer
    private var statements: [String: SQLiteStatement] = [:]
    private var file: OpenedFile

    init(_ database: Database) throws {
        self.database = database
        guard let handle = database.sqliteConnection else {
            throw DatastoreError.unavailable("the database is closed")
        }
        self.handle = handle
        file = OpenedFile(Self.file(of: handle) ?? "")
    }

    static func file(of handle: OpaquePointer) -> String? {
        sqlite3_db_filename(handle, "main").map { String(cString: $0) }
    }

    /// More texts than the stores have. Whoever makes new ones without end pays for it with time, not with memory.
    private static let statementLimit = 1_000

    private func compiled(_ sql: String) throws -> SQLiteStatement {
        if let statement = statements[sql] { return statement }
        if statements.count >= Self.statementLimit { statements.removeAll() }
        do {
            let statement = try SQLiteStatement(sql, database)
            statements[sql] = statement
            return statement
        } catch {
            throw DatastoreError.sqlite(error)
        }
    }

    /// One writer at a time is all that SQLite has, so there is nothing to lock.
    func lock(_ lock: StorageLock, _ mode: LockMode) {}

    func query(_ sql: String, _ arguments: SQLArguments, _ row: (SQLRow) throws -> Void) throws {
        let statement = try compiled(sql)
        defer { statement.reset() }
        try statement.bind(arguments.values)
        while try statement.step() { try row(statement.row()) }
    }

    /// Every result of SQLite is a cursor.
    func stream(_ sql: String, _ arguments: SQLArguments, _ row: (SQLRow) throws -> Void) throws {
        try query(sql, arguments, row)
    }

    func execute(_ sql: String, _ arguments: SQLArguments) throws -> Int {
        let statement = try compiled(sql)
        return try run(statement, arguments)
    }

    func executeMany(_ sql: String, _ rows: [SQLArguments]) throws -> [Int] {
        let statement = try compiled(sql)
        return try rows.map { try run(statement, $0) }
    }

    /// How many rows the statement changes. The number of the last statement stays with a connection, whatever runs next, so
    /// what counts is by how much its total grows. (No table has triggers or cascades, which the total would count, too.)
    private func run(_ statement: SQLiteStatement, _ arguments: SQLArguments) throws -> Int {
        defer { statement.reset() }
        let before = sqlite3_total_changes64(handle)
        try statement.bind(arguments.values)
        while try statement.step() {}
        return Int(sqlite3_total_changes64(handle) - before)
    }

    func returningMany(_ sql: String, _ rows: [SQLArguments]) throws -> [SQLRow?] {
        let statement = try compiled(sql)
        return try rows.map { arguments in
            defer { statement.reset() }
            try statement.bind(arguments.values)
            var first: SQLRow?
            while try statement.step() { if first == nil { first = try statement.row() } }
            return first
        }
    }
}

// MARK: Transactions

extension SQLiteConnection {
    /// Whether a transaction is open. SQLite ends one of its own accord where it cannot go on: on a full disk, for instance.
    var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    /// Takes the write lock at once: a transaction that took it later could be refused for what another process wrote.
    func begin() throws {
        changes = 0
        try file.check()
        _ = try execute("BEGIN IMMEDIATE", [])
    }

    func commit() throws { _ = try execute("COMMIT", []) }

    /// Ends a transaction, if there still is one. What was written of it is not read by anybody, so a failure changes
    /// nothing: the next beginning meets it again.
    func rollBack() {
        if isInTransaction { _ = try? execute("ROLLBACK", []) }
    }

    /// Runs `body` so that its failure leaves the transaction as it was before.
    func inSavepoint(_ body: () throws -> Void) throws {
        changes = 0
        _ = try execute("SAVEPOINT member", [])
        do {
            try body()
        } catch {
            if isInTransaction { _ = try execute("ROLLBACK TO member", []) }
            if isInTransaction { _ = try execute("RELEASE member", []) }
            throw error
        }
        _ = try execute("RELEASE member", [])
    }
}

/// The connections of an engine, by GRDB's.
final class SQLiteConnections: Sendable {
    private struct Known {
        var connections: [ObjectIdentifier: SQLiteConnection] = [:]
        var isKeeping = true
    }

    private let known = Mutex(Known())

    /// On the connection's queue.
    func connection(_ database: Database) throws -> SQLiteConnection {
        let id = ObjectIdentifier(database)
        if let connection = known.withLock({ $0.connections[id] }) { return connection }
        let connection = try SQLiteConnection(database)
        known.withLock { if $0.isKeeping { $0.connections[id] = connection } }
        return connection
    }

    /// Keeps no statements any more: a connection cannot be closed before its statements are freed.
    func stopKeeping() { known.withLock { $0.isKeeping = false } }

    /// Frees all statements.
    ///
    /// - Precondition: no connection is in use.
    func forgetAll() {
        let freed = known.withLock { known in
            defer { known.connections = [:] }
            return known.connections
        }
        _ = freed
    }
}
