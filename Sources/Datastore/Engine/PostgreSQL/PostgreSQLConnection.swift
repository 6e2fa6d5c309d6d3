import CPostgres

/// One connection to the server, used by one thread at a time, for one transaction after the other.
///
/// What is read from it is binary, and its statements are prepared once. An error inside a transaction is kept in
/// ``failure``: whoever runs the transaction decides by it, whatever the body makes of what it caught.
final class PostgreSQLConnection: EngineConnection {
    let handle: OpaquePointer
    var changes = 0
    var dialect: Dialect { .postgreSQL }
    /// Why the transaction cannot go on; the first reason.
    private(set) var failure: PostgreSQLFailure?
    /// Which database it leads to.
    var identity: DatabaseIdentity?
    /// Tells what this connection has committed from what it has not, see ``CommitMark``.
    var mark = CommitMark()
    /// What begins the transaction, until it is sent.
    var pendingBegin: String?
    /// Whether the transaction has run a statement that may change something.
    var hasWritten = false
    var prepared = PreparedStatements()
    /// Memory for arguments, used again.
    var arguments = PostgreSQLArguments()
    /// Whether a cursor is open in this transaction.
    var hasCursor = false
    /// It serves no other transaction: the server has said that it ends it, which libpq notices only with the next look, or
    /// what it has committed under its ``mark`` is no longer certain.
    private var isOver = false

    init(handle: OpaquePointer) {
        self.handle = handle
    }

    deinit { PQfinish(handle) }

    // MARK: Transactions

    /// Begins a transaction that writes. The server hears of it with the first statement.
    func beginWriting() {
        begin("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
    }

    /// Begins a transaction that reads one snapshot: as of its first statement.
    func beginReading() {
        begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    }

    private func begin(_ sql: String) {
        forget()
        pendingBegin = sql
    }

    /// Forgets whatever transaction there was before: for statements that have none around them.
    func forget() {
        changes = 0
        failure = nil
        hasCursor = false
        hasWritten = false
        pendingBegin = nil
    }

    /// Ends a transaction that has changed nothing.
    func endReading() throws {
        // Nothing was asked, and the server does not know of it.
        guard pendingBegin == nil else { return }
        guard try run("COMMIT").command == "COMMIT" else { throw failed(.undone) }
    }

    /// Undoes what is open. A connection on which that fails is not to be used again.
    ///
    /// - Returns: whether the connection is in order.
    func rollBack() -> Bool {
        guard isAlive else { return false }
        if PQpipelineStatus(handle) != PQ_PIPELINE_OFF { return false }
        if PQtransactionStatus(handle) == PQTRANS_IDLE { return true }
        guard let result = PQexec(handle, "ROLLBACK") else { return false }
        defer { PQclear(result) }
        return PQresultStatus(result) == PGRES_COMMAND_OK && PQtransactionStatus(handle) == PQTRANS_IDLE
    }

    var isAlive: Bool { !isOver && PQstatus(handle) == CONNECTION_OK }

    /// Serves no other transaction after this one.
    func endUse() { isOver = true }

    // MARK: Running

    /// Runs text without arguments; of several statements, gives the last one's result as text.
    @discardableResult
    func run(_ sql: String) throws -> PostgreSQLResult {
        if let begin = pendingBegin {
            pendingBegin = nil
            _ = try checked(PQexec(handle, begin))
        }
        return try checked(PQexec(handle, sql))
    }

    /// Takes over a result.
    ///
    /// - Throws: `DatastoreError` where it is an error, which is kept in ``failure``.
    func checked(_ pointer: OpaquePointer?) throws -> PostgreSQLResult {
        guard let pointer else { throw failed(.connectionLost) }
        let result = PostgreSQLResult(pointer)
        switch result.status {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: return result
        default: throw failed(failure(of: result))
        }
    }

    /// What a result's error means.
    func failure(of result: PostgreSQLResult) -> PostgreSQLFailure {
        func field(_ name: Character) -> String? {
            name.asciiValue.flatMap { PQresultErrorField(result.pointer, Int32($0)) }.map { String(cString: $0) }
        }
        guard let state = field("C") else { return .connectionLost }
        let failure = PostgreSQLFailure(
            SQLState(state), message: field("M") ?? "no reason given")
        // In English whatever the server's language. Both end the connection, and the code says why, not what of the
        // transaction: a server whose disk fails at COMMIT may find it committed when it is up again.
        if ["FATAL", "PANIC"].contains(field("V")) { isOver = true }
        guard isAlive || failure.consequence == .lost else {
            return PostgreSQLFailure(.lost, failure.error, failure.state)
        }
        return failure
    }

    /// Keeps why the transaction cannot go on.
    func failed(_ failure: PostgreSQLFailure) -> DatastoreError {
        if self.failure == nil { self.failure = failure }
        return failure.error
    }
}
