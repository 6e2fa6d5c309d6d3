import CPostgres
import Foundation

extension PostgreSQLConnection {
    /// Connects, and makes the connection one that a node can trust with what it acknowledges.
    ///
    /// - Throws: where it cannot be reached or trusted, in words for an operator.
    static func open(_ options: PostgreSQLOptions) throws(PostgreSQLFailure) -> PostgreSQLConnection {
        let connection = PostgreSQLConnection(handle: try connect(options))
        PQsetNoticeReceiver(connection.handle, { _, _ in }, nil)
        do {
            try connection.set(options)
            try connection.describeServer().check(acceptsForgetful: options.acceptsForgetfulServer)
            return connection
        } catch let error as DatastoreError {
            throw connection.failure ?? PostgreSQLFailure(.final, error)
        } catch {
            throw .connectionLost
        }
    }

    private static func connect(_ options: PostgreSQLOptions) throws(PostgreSQLFailure) -> OpaquePointer {
        var parameters = options.location.parameters
        parameters["password"] = options.password
        // A password comes from its file and from nowhere else.
        parameters["passfile"] = "/dev/null/none"
        parameters["client_encoding"] = "UTF8"
        parameters["application_name"] = "cairn"
        parameters["target_session_attrs"] = "read-write"
        parameters["connect_timeout"] = "5"
        // A server whose machine or network is gone is noticed within half a minute, also in the middle of an answer.
        parameters["keepalives"] = "1"
        parameters["keepalives_idle"] = "10"
        parameters["keepalives_interval"] = "5"
        parameters["keepalives_count"] = "3"
        parameters["tcp_user_timeout"] = "25000"
        let keywords = parameters.keys.sorted()
        let names = keywords.map { strdup($0) }
        let values = keywords.map { strdup(parameters[$0] ?? "") }
        defer { for pointer in names + values { free(pointer) } }
        let handle = (names.map { UnsafePointer($0) } + [nil]).withUnsafeBufferPointer { names in
            (values.map { UnsafePointer($0) } + [nil]).withUnsafeBufferPointer { values in
                PQconnectStartParams(names.baseAddress, values.baseAddress, 0)
            }
        }
        guard let handle else { throw PostgreSQLFailure(.final, .unavailable("there is no memory for a connection")) }
        // The server's words come in its language; its codes are the same everywhere.
        PQsetErrorVerbosity(handle, PQERRORS_SQLSTATE)
        guard waitUntilOpen(handle) else {
            let failure = ConnectingProblem(
                words: String(cString: PQerrorMessage(handle)), needsPassword: PQconnectionNeedsPassword(handle) == 1,
                place: options.location.shown
            ).failure
            PQfinish(handle)
            throw failure
        }
        PQsetErrorVerbosity(handle, PQERRORS_DEFAULT)
        return handle
    }

    /// How long all hosts together may take.
    private static let connectTimeout: Duration = .seconds(15)

    /// Lets libpq do its steps. Waiting ourselves is what makes it possible to ask for codes before it begins.
    private static func waitUntilOpen(_ handle: OpaquePointer) -> Bool {
        let deadline = ContinuousClock.now + connectTimeout
        var step = PGRES_POLLING_WRITING
        while step != PGRES_POLLING_OK {
            guard step != PGRES_POLLING_FAILED, PQstatus(handle) != CONNECTION_BAD else { return false }
            var descriptor = pollfd(
                fd: PQsocket(handle), events: Int16(step == PGRES_POLLING_READING ? POLLIN : POLLOUT), revents: 0)
            let left = (deadline - ContinuousClock.now) / .milliseconds(1)
            guard left > 0, poll(&descriptor, 1, Int32(left) + 1) > 0 else { return false }
            step = PQconnectPoll(handle)
        }
        return true
    }

    /// Sets how this connection behaves.
    private func set(_ options: PostgreSQLOptions) throws {
        let milliseconds = { (duration: Duration) in Int(duration / .milliseconds(1)) }
        // Keepalives: the server's side of it. What a process had locked whose machine is gone comes free within half a minute.
        // Plans: tables grow from nothing to millions of rows within the hour, faster than the server's statistics. A plan
        // that reads a whole table because it was small stays in the connection and is fatal later, so it is taken only
        // where no index serves.
        try run(
            """
            SET lock_timeout = \(milliseconds(options.lockTimeout));
            SET statement_timeout = \(milliseconds(options.statementTimeout));
            SET idle_in_transaction_session_timeout = \(milliseconds(options.idleTimeout));
            SET tcp_keepalives_idle = 10;
            SET tcp_keepalives_interval = 5;
            SET tcp_keepalives_count = 3;
            SET enable_seqscan = off;
            SET jit = off;
            SET client_min_messages = error
            """)
    }

    /// Asks the server about itself.
    func describeServer() throws -> PostgreSQLServer {
        let answer = try run(
            """
            SELECT current_setting('server_version_num'), current_setting('server_encoding'),
                current_setting('fsync'), current_setting('synchronous_commit'), current_setting('full_page_writes'),
                current_setting('standard_conforming_strings'), current_setting('max_connections'),
                (extract(epoch FROM clock_timestamp()) * 1000)::bigint::text
            """)
        return PostgreSQLServer(
            version: answer.text(row: 0, column: 0).flatMap { Int($0) } ?? 0,
            encoding: answer.text(row: 0, column: 1) ?? "",
            syncs: answer.text(row: 0, column: 2) == "on",
            commits: answer.text(row: 0, column: 3) ?? "",
            writesFullPages: answer.text(row: 0, column: 4) == "on",
            hasStandardStrings: answer.text(row: 0, column: 5) == "on",
            maxConnections: answer.text(row: 0, column: 6).flatMap { Int($0) } ?? 0,
            milliseconds: answer.text(row: 0, column: 7).flatMap { Int64($0) } ?? 0)
    }
}
