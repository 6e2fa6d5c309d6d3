import CPostgres
import Foundation

/// One node at a time works on a database: the claim that its process has made, alone or with replicas of the same node.
struct DatabaseClaim {
    /// Whether a node runs on this engine.
    var isWanted = false
    /// Whether other replicas may have the database at the same time.
    var isShared = false
    /// What commits stand under, once the claim was there.
    var token: ClaimToken?
    /// Whose end ends the claim. Nothing else uses it.
    var connection: PostgreSQLConnection?
}

// How a process claims its database, and what ends that (PostgreSQLEngine.swift).
extension PostgreSQLEngine {
    /// Claims the database for this process's node, until the engine is closed.
    ///
    /// - Parameter isShared: with others that say the same.
    /// - Throws: `.unsuitable` where another process has it.
    package func claim(isShared: Bool) async throws(DatastoreError) {
        try await onThread {
            try self.withClaim { claim throws(PostgreSQLFailure) in
                claim.isWanted = true
                claim.isShared = isShared
                try self.renew(&claim)
            }
        }
    }

    /// Sees to it that the claim stands, where there should be one, before each transaction. It goes with its connection,
    /// and then another process may take the database: a server that was restarted has ended all connections.
    ///
    /// - Returns: what a commit stands under.
    func holdClaim() throws(PostgreSQLFailure) -> ClaimToken? {
        try withClaim { claim throws(PostgreSQLFailure) in
            try renew(&claim)
            return claim.token
        }
    }

    /// Ends the claims of all replicas but this process's: nothing that they have begun is committed any more, and they end.
    package func endOtherClaims() async throws(DatastoreError) {
        try await onThread {
            try self.withClaim { claim throws(PostgreSQLFailure) in
                guard claim.isShared, let connection = claim.connection else { return }
                do { claim.token = try connection.establish(isShared: false) } catch {
                    throw connection.failure ?? PostgreSQLFailure(.final, Self.translate(error))
                }
            }
        }
    }

    private func renew(_ claim: inout DatabaseClaim) throws(PostgreSQLFailure) {
        guard claim.isWanted, claim.connection?.isUnbroken != true else { return }
        claim.connection = nil
        let connection = try openConnection()
        do {
            try take(&claim, connection)
        } catch let error as PostgreSQLFailure {
            throw error
        } catch {
            // Also this connection may break, and then it is tried again.
            throw connection.failure ?? PostgreSQLFailure(.final, Self.translate(error))
        }
        claim.connection = connection
    }

    private func take(_ claim: inout DatabaseClaim, _ connection: PostgreSQLConnection) throws {
        let deadline = ContinuousClock.now + options.claimPatience * (claim.token == nil ? 1 : 2)
        let function = claim.isShared ? "pg_try_advisory_lock_shared" : "pg_try_advisory_lock"
        while try connection.run("SELECT \(function)(\(StorageLock.claimKey), 0)").text(row: 0, column: 0) != "t" {
            guard ContinuousClock.now < deadline else {
                let words = claim.isShared ? Self.takenAlone : Self.taken
                guard claim.token == nil else { throw giveUp(words) }
                throw DatastoreError.unsuitable(words)
            }
            guard !isClosing else { throw DatastoreError.cancelled }
            Thread.sleep(forTimeInterval: 0.1)
        }
        if let token = claim.token {
            guard try connection.isEstablished(token) else { throw giveUp(Self.takenByOther) }
        } else {
            claim.token = try connection.establish(isShared: claim.isShared)
        }
        // By which the others see that this process is there (`livingProcesses`).
        _ = try connection.run("SELECT pg_advisory_lock_shared(\(StorageLock.claimKey), \(ProcessNumber.own))")
    }

    private static let taken =
        "another process runs a node on this database: each node has a database of its own, and one process, or several "
        + "replicas that all say so (storage: replicas: true)"
    private static let takenAlone =
        "another process runs a node on this database, and not as a replica: stop it, and start it again with "
        + "'replicas: true' in its storage section, too"

    static let takenByOther =
        "another process has run a node on this database while this one had lost its connection, or an older copy was put "
        + "in its place: see which of them, and start the node again"
}

extension PostgreSQLConnection {
    /// Whether an idle connection is still there: its socket has nothing to read. (A server that goes says so first, and a
    /// setting that changes is said, too; to take the claim again does no harm.)
    fileprivate var isUnbroken: Bool {
        var descriptor = pollfd(fd: PQsocket(handle), events: Int16(POLLIN), revents: 0)
        return isAlive && poll(&descriptor, 1, 0) == 0
    }
}
