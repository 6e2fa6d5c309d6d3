/// What a node must notice about its own database: that it is the newest there is, and that it was stopped.
package protocol NodeStateStore: Sendable {
    /// Grows whenever the node does what it must do only once: signs a close, releases a share, cosigns a checkpoint,
    /// promises or refuses a report, takes one back.
    ///
    /// The count is in the same transaction as what it counts. A database from a backup has an older one than the file
    /// beside the keys, and so a node notices that it has forgotten something.
    func generation() async throws(DatastoreError) -> UInt64

    /// Counts a start.
    ///
    /// - Returns: the new generation.
    func beginGeneration() async throws(DatastoreError) -> UInt64

    /// Why the node was stopped for good; nil while it may run.
    func haltReason() async throws(DatastoreError) -> String?

    /// Stops the node for good. The first reason stays.
    func recordHalt(_ reason: String) async throws(DatastoreError)
}

/// Whose state a database holds.
package enum DatabaseRole: String, Sendable, CaseIterable {
    case leader
    case helper
    case witness
}

extension NodeDatabase: NodeStateStore {
    package func generation() async throws(DatastoreError) -> UInt64 {
        try await read { session in try session.generation() }
    }

    package func beginGeneration() async throws(DatastoreError) -> UInt64 {
        try await write { session in
            try session.countGeneration()
            return try session.generation()
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

    /// Says which role the database is used in, at every start. The first one stays.
    ///
    /// - Throws: `.unsuitable` where it is another's.
    package func claimRole(_ role: DatabaseRole) async throws(DatastoreError) {
        try await write { session in
            try session.execute("UPDATE node_state SET role = $1 WHERE role IS NULL", [role.rawValue])
            let known = try session.first("SELECT role FROM node_state")?.optionalText("role")
            guard known == role.rawValue else {
                throw DatastoreError.unsuitable(
                    "the database is a \(known ?? "nobody")'s, and this is a \(role.rawValue): give each a database of its own"
                )
            }
        }
    }
}

extension Session {
    /// Counts, in the caller's transaction, something that the node must do only once. Late in it: everybody's transactions
    /// change this row.
    func countGeneration() throws {
        try execute("UPDATE node_state SET generation = generation + 1")
    }

    /// Does, in the caller's transaction, something that the node must do only once, and counts it if it was not done
    /// before: if it changed the database.
    func counting<Outcome>(_ deed: () throws -> Outcome) throws -> Outcome {
        let before = changes
        let outcome = try deed()
        if changes != before { try countGeneration() }
        return outcome
    }

    fileprivate func generation() throws -> UInt64 {
        guard let row = try first("SELECT generation FROM node_state") else {
            throw DatastoreError.corrupt("node_state is empty")
        }
        return try row.unsigned("generation")
    }
}
