import GRDB

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

extension SQLiteDatastore: NodeStateStore {
    static func registerNodeStateMigrations(_ migrator: inout DatabaseMigrator) {
        migrator.registerMigration("node state 1") { db in
            try db.execute(
                sql: """
                    CREATE TABLE node_state (
                        id INTEGER PRIMARY KEY CHECK (id = 1),
                        generation INTEGER NOT NULL,
                        halted TEXT
                    );
                    INSERT INTO node_state (id, generation) VALUES (1, 0);
                    """)
        }
    }

    package func generation() async throws(DatastoreError) -> UInt64 {
        try await read { db in try Self.fetchGeneration(db) }
    }

    package func beginGeneration() async throws(DatastoreError) -> UInt64 {
        try await write { db in
            try Self.countGeneration(db)
            return try Self.fetchGeneration(db)
        }
    }

    package func haltReason() async throws(DatastoreError) -> String? {
        try await read { db in try String.fetchOne(db, sql: "SELECT halted FROM node_state") }
    }

    package func recordHalt(_ reason: String) async throws(DatastoreError) {
        try await write { db in
            try db.execute(
                sql: "UPDATE node_state SET halted = ? WHERE halted IS NULL", arguments: [reason])
        }
    }

    /// Counts, in the caller's transaction, something that the node must do only once.
    static func countGeneration(_ db: Database) throws {
        try db.execute(sql: "UPDATE node_state SET generation = generation + 1")
    }

    /// Does, in the caller's transaction, something that the node must do only once, and counts it if it was not done
    /// before: if it changed the database.
    static func counting<Outcome>(_ db: Database, _ deed: () throws -> Outcome) throws -> Outcome {
        let before = db.totalChangesCount
        let outcome = try deed()
        if db.totalChangesCount != before { try countGeneration(db) }
        return outcome
    }

    private static func fetchGeneration(_ db: Database) throws -> UInt64 {
        guard let row = try Row.fetchOne(db, sql: "SELECT generation FROM node_state") else {
            throw DatastoreError.corrupt("node_state is empty")
        }
        return try row.unsigned("generation")
    }
}
