import CPostgres
import ChildProcesses
import Foundation
import Synchronization
import TestSupport

/// A PostgreSQL server of the tests' own, in a temporary folder, that only this machine can reach: it listens on a Unix socket
/// and on nothing else.
///
/// It is started when the first test asks for it, and stops when the process of the tests ends, however that comes: a
/// guardian holds the other end of a socket. As root it runs as the user `postgres`, since a server refuses to be root.
package final class PostgresCluster: Sendable {
    /// Data, log and socket lie here.
    package let folder: String
    let programs: String
    /// See LentDatabases.swift.
    let spare = SpareDatabases()
    private let lifeline: Int32
    private let named = Atomic<Int>(0)

    /// Those of all servers that were ever started: whoever forgets a process kills it, and then nobody stops the server.
    private static let guardians = Mutex<[ChildProcess]>([])

    private init(folder: String, programs: String, lifeline: Int32) {
        self.folder = folder
        self.programs = programs
        self.lifeline = lifeline
    }

    deinit { close(lifeline) }

    /// Whether tests are to do without PostgreSQL, because `CAIRN_WITHOUT_POSTGRESQL=1` says so.
    package static let isLeftOut: Bool = {
        guard ProcessInfo.processInfo.environment["CAIRN_WITHOUT_POSTGRESQL"] == "1" else { return false }
        print("CAIRN_WITHOUT_POSTGRESQL=1: NOTHING IS TESTED ON POSTGRESQL")
        return true
    }()

    private static let common = Task { try await start() }

    /// The server that all tests of this process share.
    package static func shared() async throws -> PostgresCluster { try await common.value }

    /// Starts a server.
    ///
    /// - Parameter settings: as in `postgresql.conf`, such as `fsync=off`.
    package static func start(settings: [String] = []) async throws -> PostgresCluster {
        guard let programs = findPrograms() else {
            throw OtherProgram.Failure(
                description: """
                    PostgreSQL is not installed (no /usr/lib/postgresql/*/bin/postgres): run 'Scripts/setup.sh test', or \
                    set CAIRN_WITHOUT_POSTGRESQL=1 to leave out what needs it
                    """)
        }
        // Short: the name of a socket has at most 107 bytes.
        let folder = "\(place)/cairn-pg-\(UInt32.random(in: 0...UInt32.max))"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
        var ends: [Int32] = [0, 0]
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
            throw OtherProgram.Failure(description: "no socket: \(String(cString: strerror(errno)))")
        }
        let options = (["listen_addresses=", "unix_socket_directories=\(folder)"] + ordinarySettings + settings)
            .map { "-c \($0)" }.joined(separator: " ")
        let guardian = try await asServer(
            programs: programs, folder: folder,
            start: ["/bin/sh", "-c", script, "guardian", programs, folder, options],
            output: .descriptor(ends[1], isInput: true))
        let cluster = PostgresCluster(folder: folder, programs: programs, lifeline: ends[0])
        guardians.withLock { $0.append(guardian) }
        try await cluster.waitUntilReady()
        return cluster
    }

    /// In memory where there is room: the server waits for its disk at every commit, as it must, and tests are no disks.
    private static let place: String = {
        let memory = "/dev/shm"
        var status = statvfs()
        guard access(memory, W_OK) == 0, statvfs(memory, &status) == 0 else { return "/tmp" }
        return UInt64(status.f_bavail) * UInt64(status.f_frsize) >= 4 << 30 ? memory : "/tmp"
    }()

    /// Small, and with the durability that a node insists on.
    private static let ordinarySettings = [
        "max_connections=800", "deadlock_timeout=200ms", "shared_buffers=64MB", "autovacuum_naptime=1min",
        "log_min_messages=warning", "checkpoint_timeout=30min", "max_wal_size=512MB",
    ]

    /// Makes and starts the server, then waits for the end of input: of the tests.
    private static let script = """
        bin=$1; folder=$2; options=$3
        trap '' INT HUP
        "$bin/initdb" -D "$folder/data" --no-sync -A trust -U cairn --no-instructions -E UTF8 --locale=C \
            >"$folder/log" 2>&1 &&
        "$bin/pg_ctl" -D "$folder/data" -l "$folder/log" -o "$options" -w start >/dev/null 2>&1 </dev/null &&
        echo ready || { cat "$folder/log"; exit 1; }
        cat >/dev/null
        "$bin/pg_ctl" -D "$folder/data" -m immediate -w stop >/dev/null 2>&1
        rm -rf "$folder"
        """

    private func waitUntilReady() async throws {
        let lifeline = lifeline
        let said = await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                var said: [UInt8] = []
                var buffer = [UInt8](repeating: 0, count: 4_096)
                while !said.contains(UInt8(ascii: "\n")) || !String(decoding: said, as: UTF8.self).hasPrefix("ready") {
                    let count = recv(lifeline, &buffer, buffer.count, 0)
                    guard count > 0 else { break }
                    said += buffer[..<count]
                }
                continuation.resume(returning: String(decoding: said, as: UTF8.self))
            }
        }
        guard said.hasPrefix("ready") else {
            throw OtherProgram.Failure(description: "PostgreSQL does not start: \(said)")
        }
    }

    // MARK: Databases

    /// A new, empty database.
    ///
    /// - Parameter template: the database that it is a copy of, which nobody may use meanwhile.
    package func database(encoding: String = "UTF8", template: String = "template0") throws -> PostgresDatabase {
        try database(encoding: encoding, template: template, isLent: false)
    }

    func database(
        encoding: String = "UTF8", template: String = "template0", isLent: Bool
    ) throws -> PostgresDatabase {
        let name = "t\(named.add(1, ordering: .relaxed).newValue)"
        try run("CREATE DATABASE \(name) TEMPLATE \(template) ENCODING '\(encoding)'")
        return PostgresDatabase(cluster: self, name: name, isLent: isLent)
    }

    /// Where a node finds a database of this server.
    package func url(database: String, user: String = "cairn") -> String {
        "postgres://\(user)@/\(database)?host=\(folder)"
    }

    /// Runs statements as the server's owner, each for itself.
    ///
    /// - Returns: the first column of the last one's rows.
    @discardableResult
    package func run(_ statements: String..., in database: String = "postgres") throws -> [String?] {
        guard let handle = PQconnectdb("host=\(folder) user=cairn dbname=\(database)") else {
            throw OtherProgram.Failure(description: "no memory")
        }
        defer { PQfinish(handle) }
        PQsetNoticeReceiver(handle, { _, _ in }, nil)
        var last: [String?] = []
        for statement in statements {
            let result = PQexec(handle, statement)
            defer { PQclear(result) }
            guard [PGRES_COMMAND_OK, PGRES_TUPLES_OK].contains(PQresultStatus(result)) else {
                throw OtherProgram.Failure(description: "\(statement): \(String(cString: PQerrorMessage(handle)))")
            }
            last = (0..<PQntuples(result)).map { row in
                PQgetisnull(result, row, 0) == 1 ? nil : PQgetvalue(result, row, 0).map { String(cString: $0) }
            }
        }
        return last
    }

    // MARK: The server

    /// Stops the server as a power cut would, and starts it again.
    package func restart(mode: String = "immediate") async throws {
        try await control(["-m", mode, "-w", "restart"])
    }

    /// Lets nobody in without a password from now on, the server's owner excepted.
    package func requirePasswords() async throws {
        let rules = "local all cairn trust\nlocal all all scram-sha-256\n"
        try Data(rules.utf8).write(to: URL(filePath: "\(folder)/data/pg_hba.conf"))
        try await control(["reload"])
    }

    package func stop(mode: String = "immediate") async throws { try await control(["-m", mode, "-w", "stop"]) }

    /// Starts it again, with the settings of before.
    package func startAgain() async throws { try await control(["-w", "start"]) }

    /// Makes the server begin another line of history, as a standby does that takes over.
    package func takeOver() async throws {
        try await stop(mode: "fast")
        try Data().write(to: URL(filePath: "\(folder)/data/recovery.signal"))
        try await startAgain()
    }

    private func control(_ arguments: [String]) async throws {
        // pg_ctl takes the options of the last start from a file in the data folder, for a restart only.
        let options = try String(contentsOfFile: "\(folder)/data/postmaster.opts", encoding: .utf8)
            .split(separator: "\n").joined().replacing("\"", with: "'").split(separator: " ").dropFirst()
            .joined(separator: " ")
        let command =
            "exec \"$0/pg_ctl\" -D \"$1/data\" -l \"$1/log\" -o \"$2\" \(arguments.joined(separator: " ")) "
            + ">/dev/null 2>&1 </dev/null"
        let control = try await Self.asServer(
            programs: programs, folder: folder, start: ["/bin/sh", "-c", command, programs, folder, options],
            output: .log("/dev/null"))
        guard try await control.wait() == .exited(0) else {
            throw OtherProgram.Failure(description: "pg_ctl \(arguments): see \(folder)/log")
        }
    }

    /// Runs a program as the user who owns the server.
    private static func asServer(
        programs: String, folder: String, start command: [String], output: ChildProcess.Output
    ) async throws -> ChildProcess {
        guard geteuid() == 0 else { return try await .start(command[0], Array(command.dropFirst()), output: output) }
        guard let user = getpwnam("postgres")?.pointee else {
            throw OtherProgram.Failure(description: "there is no user 'postgres' to run the server as")
        }
        chown(folder, user.pw_uid, user.pw_gid)
        return try await .start(
            "/usr/bin/setpriv",
            ["--reuid", "\(user.pw_uid)", "--regid", "\(user.pw_gid)", "--clear-groups"] + command, output: output)
    }

    /// The newest that Debian's packages have put there.
    private static func findPrograms() -> String? {
        let root = "/usr/lib/postgresql"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        return versions.compactMap { Int($0) }.sorted(by: >).map { "\(root)/\($0)/bin" }
            .first { FileManager.default.isExecutableFile(atPath: "\($0)/postgres") }
    }
}

/// A database of a test, removed with this value.
package final class PostgresDatabase: Sendable {
    package let cluster: PostgresCluster
    package let name: String
    /// Whether others use it next.
    private let isLent: Bool

    init(cluster: PostgresCluster, name: String, isLent: Bool) {
        self.cluster = cluster
        self.name = name
        self.isLent = isLent
    }

    deinit {
        guard !isLent else { return cluster.takeBack(name) }
        _ = try? cluster.run("DROP DATABASE IF EXISTS \(name) WITH (FORCE)")
    }

    package var url: String { cluster.url(database: name) }

    /// Runs statements in it as the server's owner.
    @discardableResult
    package func run(_ statement: String) throws -> [String?] { try cluster.run(statement, in: name) }
}
