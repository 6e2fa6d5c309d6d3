import CPostgres
import Foundation

extension PostgreSQLConnection {
    /// Connects, and makes the connection one that a node can trust with what it acknowledges.
    ///
    /// - Parameter isOver: asked while it waits for the server, which ends with it.
    /// - Throws: where it cannot be reached or trusted, in words for an operator.
    static func open(
        _ options: PostgreSQLOptions, until isOver: () -> Bool = { false }
    ) throws(PostgreSQLFailure) -> PostgreSQLConnection {
        let connection = PostgreSQLConnection(handle: try connect(options, isOver))
        do {
            // First, as the server says it unasked: an old one may not know what is asked and set next.
            try PostgreSQLServer.check(version: Int(PQserverVersion(connection.handle)))
            try connection.set(options)
            try connection.describeServer().check(acceptsForgetful: options.acceptsForgetfulServer)
            connection.identity = try connection.askIdentity()
            return connection
        } catch let error as DatastoreError {
            throw connection.failure ?? PostgreSQLFailure(.final, error)
        } catch {
            throw .connectionLost
        }
    }

    /// Tries the hosts of the URL in turn.
    ///
    /// libpq would do so, too, but while it is asked for one step after the other it has no time limit for a host
    /// (`connect_timeout` is for its blocking functions): a first machine without power, or a server that hangs, would keep
    /// it from the others.
    private static func connect(
        _ options: PostgreSQLOptions, _ isOver: () -> Bool
    ) throws(PostgreSQLFailure) -> OpaquePointer {
        let hosts = options.location.hosts
        var failures: [PostgreSQLFailure] = []
        for host in hosts {
            do throws(PostgreSQLFailure) {
                return try connect(host, options, hosts.count == 1 ? onlyHostLimit : hostLimit, isOver)
            } catch {
                failures.append(error)
            }
        }
        if let failure = failures.first, failures.count == 1 { throw failure }
        // One that is away may come back, whatever the others refuse.
        throw PostgreSQLFailure(
            failures.contains { $0.consequence == .lost } ? .lost : .final,
            .unavailable(failures.map(\.error.description).joined(separator: "; ")))
    }

    private static func connect(
        _ host: PostgreSQLLocation.Host, _ options: PostgreSQLOptions, _ limit: Duration, _ isOver: () -> Bool
    ) throws(PostgreSQLFailure) -> OpaquePointer {
        var parameters = options.location.parameters
        parameters.merge(host.parameters) { $1 }
        parameters["password"] = options.password
        // A password comes from its file and from nowhere else.
        parameters["passfile"] = "/dev/null/none"
        parameters["client_encoding"] = "UTF8"
        parameters["application_name"] = "cairn"
        parameters["target_session_attrs"] = "read-write"
        // A server whose machine or network is gone is noticed within half a minute, also in the middle of an answer.
        parameters["keepalives"] = "1"
        parameters["keepalives_idle"] = "10"
        parameters["keepalives_interval"] = "5"
        parameters["keepalives_count"] = "3"
        // Of several addresses that a name has, the next is tried when the system gives one up.
        parameters["tcp_user_timeout"] = "\(Int(addressLimit / .milliseconds(1)))"
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
        // What the server notes, libpq would print.
        PQsetNoticeReceiver(handle, { _, _ in }, nil)
        // The server's words come in its language; its codes are the same everywhere.
        PQsetErrorVerbosity(handle, PQERRORS_SQLSTATE)
        let opening = waitUntilOpen(handle, limit, isOver)
        guard opening == .open else {
            // Of a server that says nothing libpq has the beginning of a sentence.
            let failure = ConnectingProblem(
                words: opening == .late ? "" : String(cString: PQerrorMessage(handle)),
                needsPassword: PQconnectionNeedsPassword(handle) == 1,
                place: host.shown
            ).failure
            PQfinish(handle)
            throw failure
        }
        PQsetErrorVerbosity(handle, PQERRORS_DEFAULT)
        var patience = UInt32(userLimit / .milliseconds(1))
        // Refused for a Unix socket, which needs it as little.
        setsockopt(
            PQsocket(handle), Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, &patience, socklen_t(MemoryLayout<UInt32>.size))
        return handle
    }

    /// How long the only host may take, and each of several.
    private static let onlyHostLimit: Duration = .seconds(15)
    private static let hostLimit: Duration = .seconds(5)
    /// How long an address may not answer at all before the next one of the same host is tried.
    private static let addressLimit: Duration = .seconds(4)
    /// How long what is sent may stay unacknowledged by the other machine.
    private static let userLimit: Duration = .seconds(25)

    /// Lets libpq do its steps. Waiting ourselves is what makes it possible to ask for codes before it begins.
    private static func waitUntilOpen(_ handle: OpaquePointer, _ limit: Duration, _ isOver: () -> Bool) -> Opening {
        let deadline = ContinuousClock.now + limit
        var step = PGRES_POLLING_WRITING
        while step != PGRES_POLLING_OK {
            guard step != PGRES_POLLING_FAILED, PQstatus(handle) != CONNECTION_BAD else { return .failed }
            var descriptor = pollfd(
                fd: PQsocket(handle), events: Int16(step == PGRES_POLLING_READING ? POLLIN : POLLOUT), revents: 0)
            let left = (deadline - ContinuousClock.now) / .milliseconds(1)
            guard left > 0, !isOver() else { return .late }
            let ready = poll(&descriptor, 1, Int32(min(left, 200)) + 1)
            guard ready >= 0 || errno == EINTR else { return .failed }
            if ready > 0 { step = PQconnectPoll(handle) }
        }
        return .open
    }

    /// What came of the wait for a connection.
    private enum Opening {
        case open
        case failed
        /// The time was over before there was an answer.
        case late
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
            SELECT current_setting('server_encoding'),
                current_setting('fsync'), current_setting('synchronous_commit'), current_setting('full_page_writes'),
                current_setting('standard_conforming_strings'), current_setting('max_connections'),
                (extract(epoch FROM clock_timestamp()) * 1000)::bigint::text
            """)
        return PostgreSQLServer(
            version: Int(PQserverVersion(handle)),
            encoding: answer.text(row: 0, column: 0) ?? "",
            syncs: answer.text(row: 0, column: 1) == "on",
            commits: answer.text(row: 0, column: 2) ?? "",
            writesFullPages: answer.text(row: 0, column: 3) == "on",
            hasStandardStrings: answer.text(row: 0, column: 4) == "on",
            maxConnections: answer.text(row: 0, column: 5).flatMap { Int($0) } ?? 0,
            milliseconds: answer.text(row: 0, column: 6).flatMap { Int64($0) } ?? 0)
    }
}
