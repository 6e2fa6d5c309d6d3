import CPostgres
import ChildProcesses
import Foundation
import Synchronization

/// A PostgreSQL server of this process's own, in a folder of its own, that only this machine can reach: it listens on a Unix
/// socket in that folder and on nothing else.
///
/// It goes with this value, and with this process, however that ends: a guardian, which started it, holds the other end of a
/// socket, stops the server when that closes, and removes the folder.
package final class PostgresServer: Sendable {
    /// Data, log and socket lie here.
    package let folder: String
    package let programs: PostgresPrograms
    private let lifeline: Int32
    private let guardian: ChildProcess

    /// Those of all servers that were ever started: whoever forgets a process kills it, and then nobody stops the server.
    private static let guardians = Mutex<[ChildProcess]>([])

    /// The longest path of a Unix socket, less its name's part: `/.s.PGSQL.5432` and the end.
    private static let longestFolder = 107 - 15

    private init(folder: String, programs: PostgresPrograms, lifeline: Int32, guardian: ChildProcess) {
        self.folder = folder
        self.programs = programs
        self.lifeline = lifeline
        self.guardian = guardian
    }

    deinit { close(lifeline) }

    /// A folder that does not exist yet.
    package static func newFolder(in place: String = NSTemporaryDirectory()) -> String {
        "\(place.hasSuffix("/") ? place : "\(place)/")cairn-pg-\(UInt32.random(in: 0...UInt32.max))"
    }

    /// Where a node finds a database of a server in `folder`, running or not.
    package static func url(of database: String, in folder: String, user: String = defaultUser) -> String {
        "postgres://\(user)@/\(database)?host=\(folder)"
    }

    /// The server's owner.
    package static let defaultUser = "cairn"

    /// Makes a server and starts it.
    ///
    /// - Parameters:
    ///   - folder: does not exist yet.
    ///   - settings: as in `postgresql.conf`, such as `fsync=off`; none by default, so that the server is what somebody gets
    ///     who installs it.
    ///   - syncs: whether its first files are on the disk when it starts.
    package static func start(
        in folder: String, settings: [String] = [], syncs: Bool = true
    ) async throws -> PostgresServer {
        guard folder.utf8.count <= longestFolder else {
            throw PostgresServerFailure("\(folder) is too long for a Unix socket; set TMPDIR to a shorter path")
        }
        let programs = try PostgresPrograms()
        try programs.makeFolder(folder)
        var ends: [Int32] = [0, 0]
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
            rmdir(folder)
            throw PostgresServerFailure("no socket: \(String(cString: strerror(errno)))")
        }
        let options = (["listen_addresses=", "unix_socket_directories=\(folder)"] + settings)
            .map { "-c \($0)" }.joined(separator: " ")
        let command = [
            "/bin/sh", "-c", script, "guardian", programs.folder, folder, options, syncs ? "" : "--no-sync",
        ]
        let guardian: ChildProcess
        do {
            guardian = try await programs.start(command, output: .descriptor(ends[1], isInput: true))
        } catch {
            close(ends[0])
            rmdir(folder)
            throw error
        }
        let server = PostgresServer(
            folder: folder, programs: programs, lifeline: ends[0], guardian: guardian)
        guardians.withLock { $0.append(guardian) }
        do {
            try await server.waitUntilReady()
            return server
        } catch {
            await server.stop()
            throw error
        }
    }

    /// Makes and starts the server, then waits for the end of input: of its owner.
    private static let script = """
        bin=$1; folder=$2; options=$3; sync=$4
        trap '' INT HUP
        "$bin/initdb" -D "$folder/data" $sync -A trust -U \(defaultUser) --no-instructions -E UTF8 --locale=C \
            >"$folder/log" 2>&1 &&
        "$bin/pg_ctl" -D "$folder/data" -l "$folder/log" -o "$options" -w start >/dev/null 2>&1 </dev/null &&
        echo ready || { tail -n 20 "$folder/log"; rm -rf "$folder"; exit 1; }
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
        guard said.hasPrefix("ready") else { throw PostgresServerFailure("PostgreSQL does not start: \(said)") }
    }

    /// Ends the server and removes everything.
    package func stop() async {
        shutdown(lifeline, Int32(SHUT_RDWR))
        // Apart from the caller's task, with whose cancellation the guardian would be ended, and not the server.
        let end = Task { [guardian] in try? await guardian.wait() }
        _ = await end.value
        // The guardian may be another user, who can empty the folder and not remove it.
        rmdir(folder)
        Self.guardians.withLock { $0.removeAll { $0 === guardian } }
    }

    /// The first of the server's processes, from which all others descend.
    package var processID: pid_t? {
        let file = try? String(contentsOfFile: "\(folder)/data/postmaster.pid", encoding: .utf8)
        return file?.split(separator: "\n").first.flatMap { pid_t($0) }
    }

    /// Runs `pg_ctl`, with the settings of the last start.
    package func control(_ arguments: [String]) async throws {
        // pg_ctl takes the options of the last start from a file in the data folder, for a restart only.
        let options = try String(contentsOfFile: "\(folder)/data/postmaster.opts", encoding: .utf8)
            .split(separator: "\n").joined().replacing("\"", with: "'").split(separator: " ").dropFirst()
            .joined(separator: " ")
        let command =
            "exec \"$0/pg_ctl\" -D \"$1/data\" -l \"$1/log\" -o \"$2\" \(arguments.joined(separator: " ")) "
            + ">/dev/null 2>&1 </dev/null"
        let control = try await programs.start(
            ["/bin/sh", "-c", command, programs.folder, folder, options], output: .log("/dev/null"))
        guard try await control.wait() == .exited(0) else {
            throw PostgresServerFailure("pg_ctl \(arguments): see \(folder)/log")
        }
    }

    /// Runs statements as the server's owner, each for itself. Blocks its thread.
    ///
    /// - Returns: the first column of the last one's rows.
    @discardableResult
    package func run(_ statements: [String], in database: String = "postgres") throws -> [String?] {
        guard let handle = PQconnectdb("host=\(folder) user=\(Self.defaultUser) dbname=\(database)") else {
            throw PostgresServerFailure("no memory")
        }
        defer { PQfinish(handle) }
        PQsetNoticeReceiver(handle, { _, _ in }, nil)
        var last: [String?] = []
        for statement in statements {
            let result = PQexec(handle, statement)
            defer { PQclear(result) }
            guard [PGRES_COMMAND_OK, PGRES_TUPLES_OK].contains(PQresultStatus(result)) else {
                throw PostgresServerFailure("\(statement): \(String(cString: PQerrorMessage(handle)))")
            }
            last = (0..<PQntuples(result)).map { row in
                PQgetisnull(result, row, 0) == 1 ? nil : PQgetvalue(result, row, 0).map { String(cString: $0) }
            }
        }
        return last
    }

    /// Bytes of a database on the disk, without the write-ahead log, which all share. Blocks its thread.
    package func size(of database: String) throws -> Int {
        let answer = try run(["SELECT pg_database_size('\(database)')"])
        guard let size = answer.first.flatMap({ $0 }).flatMap({ Int($0) }) else {
            throw PostgresServerFailure("PostgreSQL does not say how large a database is")
        }
        return size
    }
}
