import Foundation
import PostgresServer
import Synchronization
import TestSupport

/// A PostgreSQL server of the tests' own (``PostgresServer``), and its databases.
///
/// It is started when the first test asks for it, and stops when the process of the tests ends, however that comes.
package final class PostgresCluster: Sendable {
    let server: PostgresServer
    /// See LentDatabases.swift.
    let spare = SpareDatabases()
    private let named = Atomic<Int>(0)

    /// Data, log and socket lie here.
    package var folder: String { server.folder }

    private init(_ server: PostgresServer) {
        self.server = server
    }

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
        do throws(PostgresServerFailure) { _ = try PostgresPrograms() } catch {
            throw OtherProgram.Failure(
                description:
                    "\(error). Run 'Scripts/setup.sh test', or set CAIRN_WITHOUT_POSTGRESQL=1 to leave out what "
                    + "needs it")
        }
        return PostgresCluster(
            try await .start(
                in: PostgresServer.newFolder(in: place), settings: ordinarySettings + settings, syncs: false))
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
    package func url(database: String, user: String = PostgresServer.defaultUser) -> String {
        PostgresServer.url(of: database, in: folder, user: user)
    }

    /// Runs statements as the server's owner, each for itself.
    ///
    /// - Returns: the first column of the last one's rows.
    @discardableResult
    package func run(_ statements: String..., in database: String = "postgres") throws -> [String?] {
        try server.run(statements, in: database)
    }

    // MARK: The server

    /// Stops the server as a power cut would, and starts it again.
    package func restart(mode: String = "immediate") async throws {
        try await server.control(["-m", mode, "-w", "restart"])
    }

    /// Lets nobody in without a password from now on, the server's owner excepted.
    package func requirePasswords() async throws {
        let rules = "local all cairn trust\nlocal all all scram-sha-256\n"
        try Data(rules.utf8).write(to: URL(filePath: "\(folder)/data/pg_hba.conf"))
        try await server.control(["reload"])
    }

    package func stop(mode: String = "immediate") async throws { try await server.control(["-m", mode, "-w", "stop"]) }

    /// Starts it again, with the settings of before.
    package func startAgain() async throws { try await server.control(["-w", "start"]) }

    /// Makes the server begin another line of history, as a standby does that takes over.
    package func takeOver() async throws {
        try await stop(mode: "fast")
        try Data().write(to: URL(filePath: "\(folder)/data/recovery.signal"))
        try await startAgain()
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
