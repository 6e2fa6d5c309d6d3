import ChildProcesses
import Foundation

/// PostgreSQL's programs on this machine, and as whom they run.
///
/// A server refuses to be root. Where this process is root's, it becomes the user `postgres`, as which the package of every
/// Linux has it.
package struct PostgresPrograms: Sendable {
    /// Where they are.
    package let folder: String
    /// Nil where this process is not root's.
    private let account: (user: uid_t, group: gid_t)?

    private static let setpriv = "/usr/bin/setpriv"

    /// Looks for the newest that Debian's packages have put there, or for those in `PATH`.
    package init() throws(PostgresServerFailure) {
        let versions = "/usr/lib/postgresql"
        let numbers = ((try? FileManager.default.contentsOfDirectory(atPath: versions)) ?? []).compactMap { Int($0) }
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let folders =
            numbers.sorted(by: >).map { "\(versions)/\($0)/bin" } + path.split(separator: ":").map(String.init)
        let found = folders.first { folder in
            ["initdb", "postgres", "pg_ctl"].allSatisfy {
                FileManager.default.isExecutableFile(atPath: "\(folder)/\($0)")
            }
        }
        guard let found else {
            throw PostgresServerFailure(
                "PostgreSQL's server is not installed: no 'initdb', 'postgres' and 'pg_ctl' in \(versions)/*/bin or PATH"
            )
        }
        folder = found
        guard geteuid() == 0 else {
            account = nil
            return
        }
        guard let entry = getpwnam("postgres") else {
            throw PostgresServerFailure(
                "PostgreSQL does not run as root, and this machine has no user 'postgres'; install it, or run this as "
                    + "another user")
        }
        guard FileManager.default.isExecutableFile(atPath: Self.setpriv) else {
            throw PostgresServerFailure("the program '\(Self.setpriv)' is not installed")
        }
        account = (entry.pointee.pw_uid, entry.pointee.pw_gid)
    }

    /// Makes a folder for whom the server runs as.
    func makeFolder(_ path: String) throws(PostgresServerFailure) {
        guard mkdir(path, 0o755) == 0 else {
            throw PostgresServerFailure("\(path) cannot be made: \(String(cString: strerror(errno)))")
        }
        guard let account, chown(path, account.user, account.group) != 0 else { return }
        let reason = String(cString: strerror(errno))
        rmdir(path)
        throw PostgresServerFailure("\(path) cannot be given to 'postgres': \(reason)")
    }

    /// Starts a program as whom the server runs as.
    func start(_ command: [String], output: ChildProcess.Output) async throws -> ChildProcess {
        var command = command
        if let account {
            command =
                [
                    Self.setpriv, "--reuid", "\(account.user)", "--regid", "\(account.group)", "--clear-groups", "--",
                ] + command
        }
        return try await .start(command[0], Array(command.dropFirst()), environment: ["LC_ALL": "C"], output: output)
    }
}
