import CPostgres
import Foundation

/// One node at a time works on a database: the claim that its process has made.
struct DatabaseClaim {
    /// Whether a node runs on this engine.
    var isWanted = false
    /// Whose end ends the claim. Nothing else uses it.
    var connection: PostgreSQLConnection?
    /// The line of history that the server was on when the node began.
    var timeline: String?
}

// How a process claims its database (PostgreSQLEngine.swift).
extension PostgreSQLEngine {
    /// Claims the database for this process's node, until the engine is closed.
    ///
    /// - Throws: `.unsuitable` where another process has it.
    func claim() async throws(DatastoreError) {
        try await onThread {
            try self.withClaim { claim in
                claim.isWanted = true
                try self.renew(&claim)
            }
        }
    }

    /// Sees to it that the claim stands. Called whenever a connection is opened: a server that was restarted has ended
    /// all connections, and with them the claim.
    func renewClaim() throws(PostgreSQLFailure) {
        do {
            try withClaim { try renew(&$0) }
        } catch let error as PostgreSQLFailure {
            throw error
        } catch {
            throw PostgreSQLFailure(.final, Self.translate(error))
        }
    }

    private func renew(_ claim: inout DatabaseClaim) throws {
        guard claim.isWanted, claim.connection?.isUnbroken != true else { return }
        claim.connection = nil
        let connection = try PostgreSQLConnection.open(options)
        // Another line of history begins when a standby takes over. It may have less than its primary had acknowledged, and a
        // node holds the database against the file beside its keys (its generation) when it starts.
        let timeline = try connection.timeline()
        guard timeline == claim.timeline ?? timeline else {
            throw DatastoreError.unavailable(
                "another database server has taken over: restart the node, which then checks that nothing is lost")
        }
        claim.timeline = timeline
        // The server may not have noticed yet that the process before has ended.
        let deadline = ContinuousClock.now + .seconds(15)
        while try connection.run("SELECT pg_try_advisory_lock(\(StorageLock.claimKey), 0)").text(row: 0, column: 0)
            != "t"
        {
            guard ContinuousClock.now < deadline else {
                throw DatastoreError.unsuitable(
                    "another process runs a node on this database: each node has a database of its own, and one process"
                )
            }
            Thread.sleep(forTimeInterval: 0.1)
        }
        claim.connection = connection
    }
}

extension PostgreSQLConnection {
    /// Which line of history the server writes.
    fileprivate func timeline() throws -> String? {
        try run("SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)").text(row: 0, column: 0)
    }

    /// Whether an idle connection is still there: its socket has nothing to read. (A server that goes says so first, and a
    /// setting that changes is said, too; to take the claim again does no harm.)
    fileprivate var isUnbroken: Bool {
        var descriptor = pollfd(fd: PQsocket(handle), events: Int16(POLLIN), revents: 0)
        return isAlive && poll(&descriptor, 1, 0) == 0
    }
}
