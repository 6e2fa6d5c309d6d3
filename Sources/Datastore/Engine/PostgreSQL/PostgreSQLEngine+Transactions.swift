import Foundation

// How transactions run on their thread (PostgreSQLEngine.swift), with the right to one connection.
extension PostgreSQLEngine {
    func runReading<T>(_ body: (Session) throws -> T) throws -> T {
        try withConnection { connection, _ in
            connection.beginReading()
            let value = try body(Session(connection))
            if let failure = connection.failure { throw failure }
            try connection.endReading()
            return value
        }
    }

    func runWriting<T>(_ body: (Session) throws -> T) throws -> T {
        try withConnection { connection, token in
            connection.beginWriting()
            let value = try body(Session(connection))
            if let failure = connection.failure { throw failure }
            guard connection.hasWritten else {
                try connection.endReading()
                return value
            }
            do {
                try connection.commit(under: token)
            } catch let error as DatastoreError {
                // A refusal of the server's is an answer. Where none came, the transaction may stand.
                guard let failure = connection.failure else { throw error }
                if failure.state == .notNullViolation { throw afterRefusedMark(connection, token) }
                guard failure.leavesCommitOpen else { throw error }
                // To ask may end its row, also where it goes on as if nothing were: then no other commit of it would pass.
                connection.endUse()
                guard try settle(connection.mark) else { throw failure }
            }
            return value
        }
    }

    /// Gives `attempt` a connection, and runs it again with the same or another one while that makes sense.
    func withConnection<T>(_ attempt: (PostgreSQLConnection, ClaimToken?) throws -> T) throws -> T {
        var retry = PostgreSQLRetry(patience: options.reconnectFor)
        while true {
            let failure: PostgreSQLFailure
            do throws(PostgreSQLFailure) {
                return try attemptOnce(attempt)
            } catch {
                failure = error
            }
            if failure.consequence == .lost, isClosing { throw failure.error }
            let decision = retry.after(failure.consequence, at: .now, jitter: .random(in: 0...1))
            guard case .again(let pause) = decision else { throw failure.error }
            if pause > .zero { Thread.sleep(forTimeInterval: pause / .seconds(1)) }
        }
    }

    private func attemptOnce<T>(
        _ attempt: (PostgreSQLConnection, ClaimToken?) throws -> T
    ) throws(PostgreSQLFailure) -> T {
        try requireUse()
        let token = try holdClaim()
        let connection = if let idle = takeIdle() { idle } else { try openConnection() }
        connection.forget()
        do {
            let value = try attempt(connection, token)
            // What was done on a server that is none any more must not be answered for.
            try requireUse()
            if connection.isAlive { keep(connection) }
            return value
        } catch {
            let failure =
                connection.failure ?? error as? PostgreSQLFailure
                ?? PostgreSQLFailure(.final, Self.translate(error))
            if connection.rollBack() { keep(connection) }
            // What settling a commit has found comes last, and decides.
            if let last = error as? PostgreSQLFailure { throw last }
            throw failure
        }
    }

    // MARK: Commits without an answer

    /// What it means that the server did not take a commit's number (``CommitMark/writing``): another process has the
    /// database, or the connection's row was ended. Nothing of the transaction stands.
    private func afterRefusedMark(_ connection: PostgreSQLConnection, _ token: ClaimToken?) -> PostgreSQLFailure {
        if let token, connection.rollBack(), (try? connection.isEstablished(token)) == false {
            return giveUp(Self.takenByOther)
        }
        connection.endUse()
        return .connectionLost
    }

    /// Finds out what became of a commit whose answer did not come, on another connection.
    ///
    /// - Returns: whether it was committed. If not, it never will be.
    /// - Throws: ``PostgreSQLFailure`` where that stays unknown.
    private func settle(_ mark: CommitMark) throws -> Bool {
        let deadline = ContinuousClock.now + options.settleFor
        while ContinuousClock.now < deadline {
            if let connection = try? openConnection(alsoWhileClosing: true),
                let isCommitted = try? connection.settle(mark)
            {
                keep(connection)
                return isCommitted
            }
            // Another server does not know.
            try requireUse()
            Thread.sleep(forTimeInterval: 0.1)
        }
        throw PostgreSQLFailure(
            .final,
            .unavailable(
                "the connection to the database was lost while something was stored, and whether it is stored is not "
                    + "known: look for it before trying again"))
    }
}
