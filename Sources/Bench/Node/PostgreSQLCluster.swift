// A PostgreSQL server of one measurement: made in a temporary folder, reached through a Unix socket in it and not over any
// network, and gone afterwards. It runs with the settings that `initdb` writes, so that what is measured is what somebody
// gets who installs it; nothing that makes commits safe is turned off.
//
// PostgreSQL refuses to run as root. Where this process is root's, the server becomes the user `postgres`, as which the
// package of every Linux has it, and is sent SIGTERM by the kernel if this process dies without having ended it.

import ChildProcesses
import Foundation

package final class PostgreSQLCluster: Sendable {
    private let folder: String
    private let programs: Programs
    private let server: ChildProcess

    /// The longest path of a Unix socket, less its name's part: `/.s.PGSQL.5432` and the end.
    private static let longestFolder = 107 - 15
    private static let startLimit = Duration.seconds(30)
    private static let user = "postgres"

    /// The first process; all others of the server descend from it.
    package var processID: pid_t { server.processID }

    private init(folder: String, programs: Programs, server: ChildProcess) {
        self.folder = folder
        self.programs = programs
        self.server = server
    }

    /// Where the folder of a cluster may be.
    package static func newFolder() -> String {
        NSTemporaryDirectory() + "cairn-pg-\(UInt32.random(in: .min ... .max))"
    }

    /// The connection URL of a database of a cluster in `folder`, running or not.
    package static func url(of database: String, in folder: String) -> String {
        "postgres:///\(database)?host=\(folder)&user=\(user)"
    }

    /// Makes a cluster and starts its server, with empty databases of these names.
    ///
    /// - Parameter folder: does not exist yet.
    /// - Throws: `.system` where PostgreSQL is not installed, or does not start.
    package static func start(in folder: String, databases: [String]) async throws -> PostgreSQLCluster {
        guard folder.utf8.count <= longestFolder else {
            throw BenchError.system("\(folder) is too long for a Unix socket; set TMPDIR to a shorter path")
        }
        let programs = try Programs()
        guard mkdir(folder, 0o700) == 0, programs.handOver(folder) else {
            throw BenchError.system("\(folder) cannot be made: \(String(cString: strerror(errno)))")
        }
        do {
            try await programs.run(
                "initdb", ["-D", "\(folder)/data", "-U", user, "-A", "trust", "-E", "UTF8", "--locale=C"])
            let (program, arguments) = programs.command(
                "postgres", ["-D", "\(folder)/data", "-k", folder, "-p", "5432", "-c", "listen_addresses="])
            let server = try await ChildProcess.start(
                program, arguments, output: .log("\(folder)/server.log"))
            let cluster = PostgreSQLCluster(folder: folder, programs: programs, server: server)
            do {
                try await cluster.waitUntilReady()
                for database in databases { _ = try await cluster.query("CREATE DATABASE \(database)") }
                return cluster
            } catch {
                await server.kill()
                throw error
            }
        } catch {
            try? FileManager.default.removeItem(atPath: folder)
            throw error
        }
    }

    /// Bytes of a database on the disk, without the write-ahead log, which all share.
    package func size(of database: String) async throws -> Int {
        let answer = try await query("SELECT pg_database_size('\(database)')")
        guard let size = Int(answer) else { throw BenchError.system("PostgreSQL does not say how large a database is") }
        return size
    }

    /// Ends the server and removes everything.
    package func stop() async {
        await server.terminate()
        try? FileManager.default.removeItem(atPath: folder)
    }

    private func waitUntilReady() async throws {
        let start = ContinuousClock.now
        while true {
            do {
                _ = try await query("SELECT 1")
                return
            } catch {
                guard !server.hasEnded, ContinuousClock.now - start < Self.startLimit else {
                    throw BenchError.system("the PostgreSQL server does not start: \(serverLog)")
                }
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    private var serverLog: String {
        let text = (try? String(contentsOfFile: "\(folder)/server.log", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").suffix(2).joined(separator: " / ")
    }

    /// The first value of an answer.
    private func query(_ statement: String) async throws -> String {
        try await programs.run(
            "psql", ["-X", "-A", "-t", "-q", "-h", folder, "-U", Self.user, "-d", "postgres", "-c", statement])
    }

    /// PostgreSQL's programs on this machine, and as whom they run.
    private struct Programs: Sendable {
        private let folders: [String]
        /// Nil where this process is not root's.
        private let account: (user: uid_t, group: gid_t)?

        init() throws(BenchError) {
            let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
            // Debian keeps those of the server beside the path, by version.
            let versions = "/usr/lib/postgresql"
            let numbers = ((try? FileManager.default.contentsOfDirectory(atPath: versions)) ?? []).compactMap {
                Int($0)
            }
            folders =
                path.split(separator: ":").map(String.init)
                + numbers.sorted(by: >).map { "\(versions)/\($0)/bin" }
            if getuid() == 0 {
                guard let entry = getpwnam(PostgreSQLCluster.user) else {
                    throw .system(
                        "PostgreSQL does not run as root, and this machine has no user 'postgres'; "
                            + "install it, or run this as another user")
                }
                account = (entry.pointee.pw_uid, entry.pointee.pw_gid)
            } else {
                account = nil
            }
            for name in ["initdb", "postgres", "psql"] + (account == nil ? [] : ["setpriv"]) where find(name) == nil {
                throw .system("the program '\(name)' is not installed; install PostgreSQL 15 or newer")
            }
        }

        private func find(_ name: String) -> String? {
            folders.map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
        }

        /// Gives a folder to whom the server runs as.
        func handOver(_ folder: String) -> Bool {
            guard let account else { return true }
            return chown(folder, account.user, account.group) == 0
        }

        /// What starts a program as whom the server runs as.
        func command(_ name: String, _ arguments: [String]) -> (program: String, arguments: [String]) {
            let program = find(name) ?? name
            guard let account, let setpriv = find("setpriv") else { return (program, arguments) }
            let identity = ["--reuid", "\(account.user)", "--regid", "\(account.group)", "--clear-groups"]
            return (setpriv, identity + ["--pdeathsig", "TERM", "--", program] + arguments)
        }

        /// Runs a program to its end.
        ///
        /// - Returns: what it prints, without white space at the end.
        @discardableResult
        func run(_ name: String, _ arguments: [String]) async throws -> String {
            let (program, arguments) = command(name, arguments)
            let outcome = try await ChildProcess.run(
                program, arguments, environment: ["LC_ALL": "C"], limit: .seconds(60))
            guard outcome.ending == .exited(0) else {
                let errors = String(decoding: outcome.errors, as: UTF8.self).split(separator: "\n").suffix(2)
                throw BenchError.system("`\(name)` failed (\(outcome.ending)): \(errors.joined(separator: " / "))")
            }
            return String(decoding: outcome.output, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        }
    }
}
