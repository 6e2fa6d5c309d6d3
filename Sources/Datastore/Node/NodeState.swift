/// What a node must notice about its own database: that it is the newest there is, and that it was stopped.
package protocol NodeStateStore: Sendable {
    /// Grows whenever the node does what it must do only once: signs a close, releases a share, cosigns a checkpoint,
    /// promises or rejects a report, takes one back.
    ///
    /// The count is in the same transaction as what it counts. A database from a backup has an older one than the file
    /// beside the keys, and so a node notices that it has forgotten something.
    func generationMark() async throws(DatastoreError) -> GenerationMark

    /// The same, with what the database knows of a run.
    func generationRecord(of run: GenerationRun?) async throws(DatastoreError) -> GenerationRecord

    /// Counts a start, with which a new run begins. What former processes had leased is anybody's again.
    ///
    /// - Returns: the new generation.
    @discardableResult
    func beginGeneration(_ run: GenerationRun) async throws(DatastoreError) -> UInt64

    /// What this process knows. Once it watches, whatever counts is refused by a database that has less.
    var generationMemory: GenerationMemory { get }

    /// Why the node was stopped for good; nil while it may run.
    func haltReason() async throws(DatastoreError) -> String?

    /// Stops the node for good. The first reason stays.
    func recordHalt(_ reason: String) async throws(DatastoreError)
}

extension NodeStateStore {
    /// The number of ``generationMark()``.
    package func generation() async throws(DatastoreError) -> UInt64 { try await generationMark().number }
}

extension NodeDatabase: NodeStateStore {
    package func generationMark() async throws(DatastoreError) -> GenerationMark {
        try await read { session in try session.generationMark() }
    }

    package func generationRecord(of run: GenerationRun?) async throws(DatastoreError) -> GenerationRecord {
        try await read { session in
            let mark = try session.generationMark()
            let first = try session.integer("SELECT MAX(first) FROM node_runs") ?? 0
            return GenerationRecord(
                mark: mark, first: UInt64(clamping: first),
                span: try session.generations(of: run, upTo: mark.number))
        }
    }

    @discardableResult
    package func beginGeneration(_ run: GenerationRun) async throws(DatastoreError) -> UInt64 {
        try await write { session in
            try session.execute("UPDATE node_state SET generation = generation + 1, run = $1", [run.blob])
            let number = try session.generationMark().number
            try session.execute(
                "INSERT INTO node_runs (first, run) VALUES ($1, $2)", [try number.stored("generation"), run.blob])
            // Whoever starts has claimed the database: no other process works on it any more.
            try session.endFormerLeases()
            return number
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

    /// In which roles the database has been used; nil where nobody has.
    package func roles() async throws(DatastoreError) -> DatabaseRoles? {
        try await read { session in try session.databaseRoles() }
    }
}

extension Session {
    /// Counts, in the caller's transaction, something that the node must do only once. Late in it: everybody's transactions
    /// change this row.
    ///
    /// - Throws: `.forgotten` in a database that has less than the process knows.
    func countGeneration() throws {
        let row = try returningMany(
            "UPDATE node_state SET generation = generation + 1 RETURNING generation, run", [[]])[0]
        guard let row else { throw Self.stateIsGone }
        let mark = try Self.generationMark(row)
        // The row is locked until the transaction ends, so whatever the process knows by now was committed before it was
        // read.
        try deeds?.note(mark, before: mark.number - min(mark.number, 1), known: deeds?.known)
    }

    /// ``countGeneration()`` for what `cairn node task` does, beside the node or before there was any. There is nothing to
    /// forget of a node that was never started, and nobody has made its file.
    func countGenerationOnceStarted() throws {
        if try generationMark().number > 0 { try countGeneration() }
    }

    /// Says, in the caller's transaction, that its answer repeats something that was counted before: perhaps it has not been
    /// said yet.
    ///
    /// Nothing is locked: on PostgreSQL others count on while this transaction lasts.
    func noteGeneration() throws {
        let known = deeds?.known
        let mark = try generationMark()
        try deeds?.note(mark, before: mark.number, known: known)
    }

    /// Does, in the caller's transaction, something that the node must do only once, and counts it if it was not done
    /// before: if it changed the database.
    func counting<Outcome>(_ deed: () throws -> Outcome) throws -> Outcome {
        let before = changes
        let outcome = try deed()
        if changes != before { try countGeneration() }
        return outcome
    }

    fileprivate func generationMark() throws -> GenerationMark {
        guard let row = try first("SELECT generation, run FROM node_state") else { throw Self.stateIsGone }
        return try Self.generationMark(row)
    }

    private static func generationMark(_ row: SQLRow) throws -> GenerationMark {
        GenerationMark(
            number: try row.unsigned("generation"), run: try row.optionalID("run", as: GenerationRun.self))
    }

    func databaseRoles() throws -> DatabaseRoles? {
        guard let text = try first("SELECT role FROM node_state")?.optionalText("role") else { return nil }
        guard let roles = DatabaseRoles(stored: text) else {
            throw DatastoreError.corrupt("node_state has the role \(text)")
        }
        return roles
    }

    private static var stateIsGone: DatastoreError { .corrupt("node_state is empty") }

    /// The generations of a run, which ends where the next begins. What was before the first run has no name.
    fileprivate func generations(of run: GenerationRun?, upTo newest: UInt64) throws -> ClosedRange<UInt64>? {
        var first: Int64 = 0
        if let run {
            let found = try integer("SELECT first FROM node_runs WHERE run = $1", [run.blob])
            guard let found else { return nil }
            first = found
        }
        let next = try integer("SELECT MIN(first) FROM node_runs WHERE first > $1", [first])
        let start = UInt64(clamping: first)
        let end = next.map { UInt64(clamping: $0 - 1) } ?? newest
        return end < start ? nil : start...end
    }
}
