import CPostgres
import Foundation

/// One node at a time works on a database: the claim that its process has made.
struct DatabaseClaim {
    /// Whether a node runs on this engine.
    var isWanted = false
    /// Whose end ends the claim. Nothing else uses it.
    var connection: PostgreSQLConnection?
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
    /// Whether an idle connection is still there: its socket has nothing to read.
    fileprivate var isUnbroken: Bool {
        var descriptor = pollfd(fd: PQsocket(handle), events: Int16(POLLIN), revents: 0)
        if poll(&descriptor, 1, 0) != 0 { _ = PQconsumeInput(handle) }
        return isAlive
    }
}
