import Datastore
import Synchronization

/// An engine that counts what runs through it.
final class CountingEngine: StorageEngine {
    struct Counts: Sendable, Equatable {
        var statements = 0
        /// That came back.
        var rows = 0
        /// That were inserted, changed or deleted.
        var changes = 0
        /// The most that one statement changed.
        var mostChanges = 0
    }

    private let base: any StorageEngine
    private let counts = Mutex(Counts())
    private let known = Mutex(Set<String>())
    private let asked = Mutex<[AskedQuery]>([])

    init(_ base: any StorageEngine) {
        self.base = base
    }

    /// What has run since the last call.
    func take() -> Counts {
        counts.withLock { counts in
            defer { counts = Counts() }
            return counts
        }
    }

    /// The statements that have ever run.
    var texts: Set<String> { known.withLock { $0 } }

    /// The queries that have run since the last call, for ``QueryWork``.
    func takeQueries() -> [AskedQuery] {
        asked.withLock { asked in
            defer { asked = [] }
            return asked
        }
    }

    fileprivate func ask(_ sql: String, _ arguments: SQLArguments) {
        run(sql)
        asked.withLock { $0.append(AskedQuery(sql: sql, arguments: arguments.values)) }
    }

    fileprivate func run(_ sql: String) {
        count { $0.statements += 1 }
        known.withLock { _ = $0.insert(sql) }
    }

    fileprivate func count(_ change: (inout Counts) -> Void) { counts.withLock { change(&$0) } }

    var dialect: Dialect { base.dialect }

    func read<T: Sendable>(_ body: @escaping @Sendable (Session) throws -> T) async throws(DatastoreError) -> T {
        try await base.read { try body(Session(CountingConnection($0.connection, self))) }
    }

    func write<T: Sendable>(_ body: @escaping @Sendable (Session) throws -> T) async throws(DatastoreError) -> T {
        try await base.write { try body(Session(CountingConnection($0.connection, self))) }
    }

    func backUp(to path: String) async throws(DatastoreError) { try await base.backUp(to: path) }
    func scrub() async throws(DatastoreError) -> Bool { try await base.scrub() }
    func close() throws(DatastoreError) { try base.close() }
}

private final class CountingConnection: EngineConnection {
    private let base: any EngineConnection
    private let engine: CountingEngine

    init(_ base: any EngineConnection, _ engine: CountingEngine) {
        self.base = base
        self.engine = engine
    }

    var changes: Int {
        get { base.changes }
        set {
            let added = newValue - base.changes
            engine.count { $0.changes += added }
            base.changes = newValue
        }
    }

    var dialect: Dialect { base.dialect }

    func lock(_ lock: StorageLock, _ mode: LockMode) throws { try base.lock(lock, mode) }

    func query(_ sql: String, _ arguments: SQLArguments, _ row: (SQLRow) throws -> Void) throws {
        engine.ask(sql, arguments)
        try base.query(sql, arguments) { found in
            engine.count { $0.rows += 1 }
            try row(found)
        }
    }

    func stream(_ sql: String, _ arguments: SQLArguments, _ row: (SQLRow) throws -> Void) throws {
        engine.ask(sql, arguments)
        try base.stream(sql, arguments) { found in
            engine.count { $0.rows += 1 }
            try row(found)
        }
    }

    func execute(_ sql: String, _ arguments: SQLArguments) throws -> Int {
        engine.run(sql)
        let changed = try base.execute(sql, arguments)
        engine.count { $0.mostChanges = max($0.mostChanges, changed) }
        return changed
    }

    func executeMany(_ sql: String, _ rows: [SQLArguments]) throws -> [Int] {
        engine.run(sql)
        return try base.executeMany(sql, rows)
    }

    func returningMany(_ sql: String, _ rows: [SQLArguments]) throws -> [SQLRow?] {
        engine.run(sql)
        engine.count { $0.rows += rows.count }
        return try base.returningMany(sql, rows)
    }
}
