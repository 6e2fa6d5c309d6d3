/// What a node must notice about its own database: that it is the newest there is, and that it was stopped.
package protocol NodeStateStore: Sendable {
    /// Grows whenever this process does what the node must do only once: signs a close, releases a share, cosigns a
    /// checkpoint, promises or rejects a report, takes one back. Of a process that has begun no run: where the database is.
    ///
    /// The count is in the same transaction as what it counts. A database from a backup has an older one than the file
    /// beside the keys, and so a node notices that it has forgotten something.
    func generationMark() async throws(DatastoreError) -> GenerationMark

    /// The same, once it stands for all that is in the database: where others have counted something since, this process
    /// counts, too (``GenerationView``).
    func coveringMark() async throws(DatastoreError) -> GenerationMark

    /// What the database says to somebody who knows one of its runs.
    func generationRecord(of run: GenerationRun?) async throws(DatastoreError) -> GenerationRecord

    /// Counts a start, with which a new run begins. What processes had leased that are gone is anybody's again.
    ///
    /// - Parameter former: where the file was that this start has read; nil where there was none.
    /// - Returns: the new generation.
    @discardableResult
    func beginGeneration(_ run: GenerationRun, after former: GenerationMark?) async throws(DatastoreError) -> UInt64

    /// What this process knows. Once it watches, whatever counts is refused by a database that has less.
    var generationMemory: GenerationMemory { get }

    /// Why the node was stopped for good; nil while it may run.
    func haltReason() async throws(DatastoreError) -> String?

    /// Stops the node for good. The first reason stays.
    func recordHalt(_ reason: String) async throws(DatastoreError)

    /// Sees to it that no other process of the node stores anything more.
    func endOtherClaims() async throws(DatastoreError)
}

extension NodeStateStore {
    package func endOtherClaims() async throws(DatastoreError) {}

    @discardableResult
    package func beginGeneration(_ run: GenerationRun) async throws(DatastoreError) -> UInt64 {
        try await beginGeneration(run, after: nil)
    }

    package func coveringMark() async throws(DatastoreError) -> GenerationMark { try await generationMark() }

    /// The number of ``generationMark()``.
    package func generation() async throws(DatastoreError) -> UInt64 { try await generationMark().number }
}

extension NodeDatabase: NodeStateStore {
    /// Of how many starts that have ended the database knows at least.
    package static var runsKept: Int { Session.runsKept }

    package func generationMark() async throws(DatastoreError) -> GenerationMark {
        let known = generationMemory.mark
        return try await read { session in try session.generationMark(of: known) }
    }

    package func coveringMark() async throws(DatastoreError) -> GenerationMark {
        guard let known = generationMemory.mark, let run = known.run else { return try await generationMark() }
        let (mark, view) = try await read { session in
            (try session.generationMark(of: known), try session.generationView(besides: run))
        }
        if generationMemory.covers(view) { return mark }
        let covered = try await write { session in
            let view = try session.generationView(besides: run)
            try session.countGeneration(isDeed: false)
            return (mark: try session.generationMark(of: known), view: view)
        }
        generationMemory.cover(covered.view)
        return covered.mark
    }

    package func generationRecord(of run: GenerationRun?) async throws(DatastoreError) -> GenerationRecord {
        try await read { session in try session.generationRecord(of: run) }
    }

    @discardableResult
    package func beginGeneration(
        _ run: GenerationRun, after former: GenerationMark?
    ) async throws(DatastoreError) -> UInt64 {
        let (number, view) = try await write { session in
            let number = try session.beginRun(run, after: former)
            return (number, try session.generationView(besides: run))
        }
        generationMemory.cover(view)
        return number
    }

    /// The processes of the node that are at work, in the order in which they started, by the names that their operators know
    /// them by. None of a database in a file, which only one can have.
    package func workingProcesses() async throws(DatastoreError) -> [String] {
        try await read { session in try session.workingProcesses() }
    }

    /// Whether nobody has ever used the database: no process, no command, no key.
    package func isNew() async throws(DatastoreError) -> Bool {
        try await read { session in
            let record = try session.generationRecord(of: nil)
            let isUsed = try session.exists("SELECT 1 AS found FROM node_keys LIMIT 1")
            return try record.newest == GenerationMark(number: 0, run: nil) && !isUsed
                && session.first("SELECT halted FROM node_state")?.optionalText("halted") == nil
        }
    }

    package func haltReason() async throws(DatastoreError) -> String? {
        try await read { session in try session.first("SELECT halted FROM node_state")?.optionalText("halted") }
    }

    package func recordHalt(_ reason: String) async throws(DatastoreError) {
        try await write { session in
            try session.execute("UPDATE node_state SET halted = $1 WHERE halted IS NULL", [reason])
        }
    }

    /// Stops the node for good, whatever it was stopped for before: somebody has declared its end, who is known by these words.
    package func replaceHalt(_ reason: String) async throws(DatastoreError) {
        try await write { session in try session.execute("UPDATE node_state SET halted = $1", [reason]) }
    }

    /// Says in which role the database is used, at every start.
    ///
    /// - Throws: `.unsuitable` where it is another's.
    package func claimRole(_ role: DatabaseRole) async throws(DatastoreError) {
        if let roles = DatabaseRoles([role]) { try await claimRoles(roles) }
    }

    /// Says in which roles the database is used, at every start: see ``DatabaseRoles/claimed(_:by:)``.
    ///
    /// - Throws: `.unsuitable` where it is another's.
    package func claimRoles(_ roles: DatabaseRoles) async throws(DatastoreError) {
        try await write { session in
            var known = try session.databaseRoles()
            if DatabaseRoles.claimed(known, by: roles) != known {
                // Of two first starts at once the second waits for the first, and finds what it wrote.
                try session.execute("UPDATE node_state SET role = role")
                known = try session.databaseRoles()
            }
            guard let next = DatabaseRoles.claimed(known, by: roles) else {
                throw DatastoreError.unsuitable(known?.refusal(of: roles) ?? "")
            }
            if next != known { try session.execute("UPDATE node_state SET role = $1", [next.stored]) }
        }
    }

    /// Looks whether the database can be used in these roles, and changes nothing.
    ///
    /// - Throws: `.unsuitable` where it is another's.
    package func requireRoles(_ roles: DatabaseRoles) async throws(DatastoreError) {
        let known = try await self.roles()
        if let known, DatabaseRoles.claimed(known, by: roles) == nil { throw .unsuitable(known.refusal(of: roles)) }
    }

    /// In which roles the database has been used; nil where nobody has.
    package func roles() async throws(DatastoreError) -> DatabaseRoles? {
        try await read { session in try session.databaseRoles() }
    }
}

extension Session {
    func databaseRoles() throws -> DatabaseRoles? {
        guard let text = try first("SELECT role FROM node_state")?.optionalText("role") else { return nil }
        guard let roles = DatabaseRoles(stored: text) else {
            throw DatastoreError.corrupt("node_state has the role \(text)")
        }
        return roles
    }
}
