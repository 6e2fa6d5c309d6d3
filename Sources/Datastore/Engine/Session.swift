/// One transaction, as the stores see it.
///
/// Placeholders are `$1`, `$2`, …; a list that varies is made by ``rows(_:matching:_:)``. Write `CAST($1 AS BIGINT)` where
/// nothing else tells a placeholder's type (a bare `SELECT $1`, `COALESCE($1, …)`). States are literals in the text, not
/// arguments: a parameter that decides whether a partial index applies makes SQLite compile the statement at every use.
/// Texts are few and constant, because both engines keep them compiled.
///
/// An error ends the transaction: nothing may be caught and gone on from.
package struct Session {
    package let connection: any EngineConnection
    /// What the transaction counts of the generation; nil where no node's process is behind it.
    let deeds: CountedDeeds?

    /// What decides the order of what the log lets wait.
    let shuffle: LogShuffle

    package init(_ connection: any EngineConnection) { self.init(connection, deeds: nil) }

    init(
        _ connection: any EngineConnection, deeds: CountedDeeds?,
        shuffle: @escaping LogShuffle = NodeDatabase.randomShuffle
    ) {
        self.connection = connection
        self.deeds = deeds
        self.shuffle = shuffle
    }

    /// What the engine spells in its own way.
    var dialect: Dialect { connection.dialect }

    // MARK: The lock rule

    /// Waits for a lock that lasts until the transaction ends. It comes first in every write.
    ///
    /// Adding to a task (upload, forming and finishing jobs, the helper's commit) takes it shared; ending (seal, close,
    /// collect, withdraw, drop, give up) exclusive. So what an ending has counted stays what it counted. SQLite has one
    /// writer, and needs none.
    package func lock(_ lock: StorageLock, _ mode: LockMode) throws {
        try connection.lock(lock, mode)
    }

    // MARK: Reading

    /// All rows, in memory: for results of a bounded number.
    package func rows(_ sql: String, _ arguments: SQLArguments = []) throws -> [SQLRow] {
        var found: [SQLRow] = []
        try connection.query(sql, arguments) { found.append($0) }
        return found
    }

    /// The first row.
    package func first(_ sql: String, _ arguments: SQLArguments = []) throws -> SQLRow? {
        try rows(sql, arguments).first
    }

    /// Whether there is a row. The statement is best one that stops at the first (`LIMIT 1`).
    package func exists(_ sql: String, _ arguments: SQLArguments = []) throws -> Bool {
        try first(sql, arguments) != nil
    }

    /// The one column of the first row; nil where there is none, or it is null.
    package func integer(_ sql: String, _ arguments: SQLArguments = []) throws -> Int64? {
        try first(sql, arguments)?.values.first?.integer
    }

    /// Streams rows through a cursor, so that memory does not grow with them.
    ///
    /// - Precondition: `body` runs no other statement of the transaction.
    package func forEach(_ sql: String, _ arguments: SQLArguments = [], _ body: (SQLRow) throws -> Void) throws {
        try connection.stream(sql, arguments, body)
    }

    /// Rows whose key is one of `keys`, however many: asked for in blocks, so that the statement texts stay few.
    ///
    /// - Parameters:
    ///   - arguments: `$1` to `$n` of the text; the keys' placeholders come behind them.
    ///   - sql: the statement for a list of placeholders, as in `report_id IN (\(list))`.
    package func rows(
        _ arguments: SQLArguments, matching keys: [SQLValue], _ sql: (_ list: String) -> String
    ) throws -> [SQLRow] {
        var found: [SQLRow] = []
        try forEachBlock(arguments, keys) { list, all in
            try connection.query(sql(list), all) { found.append($0) }
        }
        return found
    }

    /// Calls `body` for each block of keys with its placeholders, and with all arguments. A block is filled up with its last
    /// key to one of a few sizes.
    private func forEachBlock(
        _ arguments: SQLArguments, _ keys: [SQLValue], _ body: (_ list: String, _ all: SQLArguments) throws -> Void
    ) throws {
        var start = 0
        while start < keys.count {
            let block = keys[start..<min(start + Self.blockSize, keys.count)]
            let size = block.count <= 8 ? 8 : block.count <= 64 ? 64 : Self.blockSize
            let list = (1...size).map { "$\(arguments.values.count + $0)" }.joined(separator: ", ")
            var values = arguments.values + block
            if let last = block.last { values += repeatElement(last, count: size - block.count) }
            try body(list, SQLArguments(values))
            start += block.count
        }
    }

    private static let blockSize = 256

    // MARK: Changing

    /// Runs a statement.
    ///
    /// - Returns: how many rows it changed.
    @discardableResult
    package func execute(_ sql: String, _ arguments: SQLArguments = []) throws -> Int {
        let changed = try connection.execute(sql, arguments)
        connection.changes += changed
        return changed
    }

    /// Changes the rows whose key is one of `keys`, in blocks like ``rows(_:matching:_:)``.
    ///
    /// - Returns: how many rows it changed.
    @discardableResult
    package func execute(
        _ arguments: SQLArguments, matching keys: [SQLValue], _ sql: (_ list: String) -> String
    ) throws -> Int {
        var changed = 0
        try forEachBlock(arguments, keys) { list, all in changed += try execute(sql(list), all) }
        return changed
    }

    /// Runs one statement for many rows of arguments: compiled once, and on PostgreSQL without waiting in between.
    ///
    /// - Returns: how many rows each changed.
    @discardableResult
    package func executeMany(_ sql: String, _ rows: [SQLArguments]) throws -> [Int] {
        guard !rows.isEmpty else { return [] }
        let changed = try connection.executeMany(sql, rows)
        connection.changes += changed.reduce(0, +)
        return changed
    }

    /// Like ``executeMany(_:_:)``, for statements with `RETURNING`: the first row that each returned, if any.
    package func returningMany(_ sql: String, _ rows: [SQLArguments]) throws -> [SQLRow?] {
        guard !rows.isEmpty else { return [] }
        let returned = try connection.returningMany(sql, rows)
        connection.changes += returned.count { $0 != nil }
        return returned
    }

    /// Inserts a row and gives its new key: the statement ends with `RETURNING` the key.
    package func insert(_ sql: String, _ arguments: SQLArguments = []) throws -> Int64 {
        guard let key = try returningMany(sql, [arguments])[0]?.values.first?.integer else {
            throw DatastoreError.conflict("the row is there already")
        }
        return key
    }

    /// How many rows the transaction has changed so far.
    package var changes: Int { connection.changes }
}

/// What a transaction can lock.
package enum StorageLock: Sendable, Hashable {
    /// The list of tasks.
    case tasks
    /// Reports, batches and jobs of one task.
    case task(TaskKey)
    /// The tables themselves, while they are made or changed.
    case schema
}

package enum LockMode: Sendable {
    case shared
    case exclusive
}

/// A connection inside a transaction: what ``Session`` needs of an engine.
///
/// An implementation translates every error of its library into ``DatastoreError``.
package protocol EngineConnection: AnyObject {
    /// Rows changed in this transaction, counted by ``Session``.
    var changes: Int { get set }

    var dialect: Dialect { get }

    func lock(_ lock: StorageLock, _ mode: LockMode) throws
    /// The numbers of the processes that have claimed the database and are there now (``ProcessNumber``), or of none where
    /// one at a time can.
    func livingProcesses() throws -> Set<Int64>
    func query(_ sql: String, _ arguments: SQLArguments, _ row: (SQLRow) throws -> Void) throws
    /// Through a cursor that fetches a bounded number of rows at a time.
    func stream(_ sql: String, _ arguments: SQLArguments, _ row: (SQLRow) throws -> Void) throws
    func execute(_ sql: String, _ arguments: SQLArguments) throws -> Int
    func executeMany(_ sql: String, _ rows: [SQLArguments]) throws -> [Int]
    func returningMany(_ sql: String, _ rows: [SQLArguments]) throws -> [SQLRow?]
}

extension EngineConnection {
    package func livingProcesses() throws -> Set<Int64> { [] }
}
