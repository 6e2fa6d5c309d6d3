import Foundation
import NIOPosix
import Synchronization

/// A node's state in a PostgreSQL database, which several processes may share.
///
/// Transactions run on threads of their own, one to a connection, and a connection serves one transaction at a time. Those
/// that write run at READ COMMITTED: what a rule needs to stay true, its transaction locks first (``Session/lock(_:_:)``).
///
/// A transaction that the server undid for the sake of another, or that was cut off before its COMMIT, runs again. What
/// became of a COMMIT whose answer did not come is asked, by the transaction's number, before anything is reported or run
/// again: nothing is lost, and nothing counts twice.
package final class PostgreSQLEngine: StorageEngine {
    let options: PostgreSQLOptions
    /// What an operator should hear at the start, such as that the server's clock is off.
    package let warnings: [String]
    private let threads: NIOThreadPool
    private let slots: ConnectionSlots
    private let idle = Mutex<[IdleConnection]>([])
    private let claimed = SharedTurn(ClaimBox())
    private let closing = Atomic<Bool>(false)
    /// Which database this is, as the first connection has found it.
    private let identity: DatabaseIdentity
    private let loss = DatabaseLoss()

    package var dialect: Dialect { .postgreSQL }

    /// A connection that nobody uses.
    ///
    /// Sendable, because whoever takes it out is alone with it until it is put back.
    private struct IdleConnection: @unchecked Sendable {
        let connection: PostgreSQLConnection
    }

    /// Sendable for the same reason: it is used under its lock.
    private struct ClaimBox: @unchecked Sendable {
        var claim = DatabaseClaim()
    }

    private init(options: PostgreSQLOptions, identity: DatabaseIdentity, warnings: [String]) {
        self.options = options
        self.identity = identity
        self.warnings = warnings
        threads = NIOThreadPool(numberOfThreads: options.connections)
        threads.start()
        slots = ConnectionSlots(options.connections, patience: options.patience)
    }

    deinit { threads.shutdownGracefully { _ in } }

    /// Connects, checks the server, and makes the tables where they are missing. Blocks its thread.
    ///
    /// - Parameter purpose: may ask for no tables to be made or changed; then `.unavailable` where there are none.
    /// - Throws: `.unsuitable` for a server that is too old or would forget what it acknowledged, or a database of a newer or
    ///   another program; `.unavailable` or `.busy` with words where there is no connection.
    package static func open(
        _ options: PostgreSQLOptions, for purpose: OpeningPurpose = .making
    ) throws(DatastoreError) -> PostgreSQLEngine {
        do {
            // What the first connection costs, the server's clock cannot be blamed for.
            let first = try PostgreSQLConnection.open(options)
            let before = milliseconds()
            let server = try first.describeServer()
            var warnings = [server.clockWarning(before: before, after: milliseconds())].compactMap(\.self)
            if options.connections * 2 > server.maxConnections {
                warnings.append(
                    "this process may hold \(options.connections) of the database server's \(server.maxConnections) "
                        + "connections: leave enough for others")
            }
            guard let identity = first.identity else { throw PostgreSQLFailure.connectionLost }
            if let warning = identity.warning { warnings.append(warning) }
            let engine = PostgreSQLEngine(options: options, identity: identity, warnings: warnings)
            engine.keep(first)
            try engine.migrate(for: purpose)
            return engine
        } catch {
            throw translate(error)
        }
    }

    private static func milliseconds() -> Int64 { Int64(Date().timeIntervalSince1970 * 1_000) }

    package func read<T: Sendable>(_ body: @escaping @Sendable (Session) throws -> T) async throws(DatastoreError) -> T
    {
        try await onThread { try self.runReading(body) }
    }

    package func write<T: Sendable>(_ body: @escaping @Sendable (Session) throws -> T) async throws(DatastoreError) -> T
    {
        try await onThread { try self.runWriting(body) }
    }

    package func backUp(to path: String) async throws(DatastoreError) {
        throw .unsuitable("a PostgreSQL database is backed up by its own tools: pg_basebackup or pg_dump")
    }

    package func close() throws(DatastoreError) {
        closing.store(true, ordering: .relaxed)
        slots.close()
        idle.withLock { $0 = [] }
        claimed.replace(with: ClaimBox())
        loss.ruleOut()
        do {
            try threads.syncShutdownGracefully()
        } catch {
            throw .unavailable("the database's threads do not end: \(error)")
        }
    }

    /// Runs `body` on a thread, with the right to one connection.
    func onThread<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws(DatastoreError) -> T {
        try await slots.take()
        let outcome: Result<T, DatastoreError> = await withCheckedContinuation { continuation in
            threads.submit { state in
                let outcome = Result { () throws(DatastoreError) -> T in
                    guard state == .active else { throw .cancelled }
                    do { return try body() } catch { throw Self.translate(error) }
                }
                // Here, and not once the caller goes on, for which it may have to wait.
                self.slots.giveBack()
                continuation.resume(returning: outcome)
            }
        }
        return try outcome.get()
    }

    // MARK: Connections

    /// A connection that is open already, if there is one.
    func takeIdle() -> PostgreSQLConnection? {
        idle.withLock { $0.popLast() }?.connection
    }

    /// The engine is being closed: nobody looks any more for a server that is away.
    var isClosing: Bool { closing.load(ordering: .relaxed) }

    /// Opens one to the very database with which the engine began.
    ///
    /// - Parameter alsoWhileClosing: waits for the server also when the engine is being closed meanwhile.
    func openConnection(alsoWhileClosing: Bool = false) throws(PostgreSQLFailure) -> PostgreSQLConnection {
        let connection = try PostgreSQLConnection.open(options) { !alsoWhileClosing && self.isClosing }
        if let found = connection.identity, let difference = identity.difference(found) { throw giveUp(difference) }
        return connection
    }

    /// Keeps a connection for the next transaction.
    func keep(_ connection: PostgreSQLConnection) {
        idle.withLock { idle in
            // Looked at under the lock under which all are let go of.
            if loss.reason == nil { idle.append(IdleConnection(connection: connection)) }
        }
    }

    /// Gives access to the claim on the database, to one thread at a time.
    func withClaim<T: Sendable>(
        _ body: (inout DatabaseClaim) throws(PostgreSQLFailure) -> T
    ) throws(PostgreSQLFailure) -> T {
        try claimed.run { box throws(PostgreSQLFailure) -> T in try body(&box.claim) }
    }

    // MARK: The database's loss

    /// Waits until the database must not be used by this process any more. For one caller at a time.
    ///
    /// - Returns: why; nil once the engine is closed, or the caller's task cancelled.
    package func awaitLoss() async -> String? {
        for await reason in loss.events { return reason }
        return loss.reason
    }

    /// Uses the database no more: whatever is asked from now on fails. Only a new start, which looks at everything again,
    /// helps.
    func giveUp(_ reason: String) -> PostgreSQLFailure {
        loss.record(reason)
        idle.withLock { $0 = [] }
        return loss.failure(reason)
    }

    /// - Throws: why the database must not be used any more.
    func requireUse() throws(PostgreSQLFailure) {
        if let reason = loss.reason { throw loss.failure(reason) }
    }

    static func translate(_ error: any Error) -> DatastoreError {
        switch error {
        case let error as DatastoreError: error
        case let error as PostgreSQLFailure: error.error
        case is CancellationError: .cancelled
        default: .corrupt("a transaction failed: \(error)")
        }
    }
}
