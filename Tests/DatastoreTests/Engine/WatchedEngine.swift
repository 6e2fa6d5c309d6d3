import Datastore
import Synchronization

/// An engine that says which statement comes next, on the thread that is about to run it.
final class WatchedEngine: StorageEngine {
    private let base: any StorageEngine
    private let next: @Sendable (_ sql: String) throws -> Void
    private let answered: @Sendable (_ sql: String) -> Void
    private let ended: @Sendable () async -> Void

    /// - Parameters:
    ///   - ended: called behind each transaction, in the task that asked for it.
    ///   - answered: is told which query's rows have come, before anybody sees them; may take its time.
    ///   - next: may take its time, and may throw.
    init(
        _ base: any StorageEngine, ended: @escaping @Sendable () async -> Void = {},
        answered: @escaping @Sendable (_ sql: String) -> Void = { _ in },
        next: @escaping @Sendable (_ sql: String) throws -> Void
    ) {
        self.base = base
        self.next = next
        self.answered = answered
        self.ended = ended
    }

    var dialect: Dialect { base.dialect }

    func read<T: Sendable>(_ body: @escaping @Sendable (Session) throws -> T) async throws(DatastoreError) -> T {
        let result = await outcome { () async throws(DatastoreError) -> T in
            try await base.read { [next, answered] in
                try body(Session(WatchedConnection($0.connection, next, answered)))
            }
        }
        return try result.get()
    }

    func write<T: Sendable>(_ body: @escaping @Sendable (Session) throws -> T) async throws(DatastoreError) -> T {
        let result = await outcome { () async throws(DatastoreError) -> T in
            try await base.write { [next, answered] in
                try body(Session(WatchedConnection($0.connection, next, answered)))
            }
        }
        return try result.get()
    }

    private func outcome<T: Sendable>(
        _ transaction: () async throws(DatastoreError) -> T
    ) async -> Result<T, DatastoreError> {
        let result: Result<T, DatastoreError>
        do throws(DatastoreError) { result = .success(try await transaction()) } catch { result = .failure(error) }
        await ended()
        return result
    }

    func backUp(to path: String) async throws(DatastoreError) { try await base.backUp(to: path) }
    func scrub() async throws(DatastoreError) -> Bool { try await base.scrub() }
    func close() throws(DatastoreError) { try base.close() }
}

private final class WatchedConnection: EngineConnection {
    private let base: any EngineConnection
    private let next: @Sendable (String) throws -> Void
    private let answered: @Sendable (String) -> Void

    init(
        _ base: any EngineConnection, _ next: @escaping @Sendable (String) throws -> Void,
        _ answered: @escaping @Sendable (String) -> Void
    ) {
        self.base = base
        self.next = next
        self.answered = answered
    }

    var changes: Int {
        get { base.changes }
        set { base.changes = newValue }
    }

    var dialect: Dialect { base.dialect }

    func lock(_ lock: StorageLock, _ mode: LockMode) throws { try base.lock(lock, mode) }

    func query(_ sql: String, _ arguments: SQLArguments, _ row: (SQLRow) throws -> Void) throws {
        try next(sql)
        var rows: [SQLRow] = []
        try base.query(sql, arguments) { rows.append($0) }
        answered(sql)
        for found in rows { try row(found) }
    }

    func stream(_ sql: String, _ arguments: SQLArguments, _ row: (SQLRow) throws -> Void) throws {
        try next(sql)
        try base.stream(sql, arguments, row)
    }

    func execute(_ sql: String, _ arguments: SQLArguments) throws -> Int {
        try next(sql)
        return try base.execute(sql, arguments)
    }

    func executeMany(_ sql: String, _ rows: [SQLArguments]) throws -> [Int] {
        try next(sql)
        return try base.executeMany(sql, rows)
    }

    func returningMany(_ sql: String, _ rows: [SQLArguments]) throws -> [SQLRow?] {
        try next(sql)
        return try base.returningMany(sql, rows)
    }
}
