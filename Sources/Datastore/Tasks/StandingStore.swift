import DAP
import Foundation
import GRDB

/// What the last handshake with the peer said about a task, or about the nodes as such.
package struct StoredStanding: Sendable, Equatable {
    /// Nil for what is about no task alone.
    package var task: TaskID?
    package var state: String
    /// SHA-256 of the verification key that it was about; empty for the nodes.
    package var keyHash: [UInt8]
    /// The findings, as JSON.
    package var findings: [UInt8]
    /// Since when it has been so; POSIX seconds.
    package var since: UInt64

    package init(task: TaskID?, state: String, keyHash: [UInt8], findings: [UInt8], since: UInt64) {
        self.task = task
        self.state = state
        self.keyHash = keyHash
        self.findings = findings
        self.since = since
    }
}

/// Where the node and its peer stand with each other, for the operator's other commands and the next start.
package protocol StandingStore: Sendable {
    /// Replaces what was known about these.
    func recordStandings(_ standings: [StoredStanding]) async throws(DatastoreError)

    func standings() async throws(DatastoreError) -> [StoredStanding]
}

extension SQLiteDatastore: StandingStore {
    static func registerStandingMigrations(_ migrator: inout DatabaseMigrator) {
        migrator.registerMigration("peer standing") { db in
            // The row with an empty task id is about the nodes.
            try db.execute(
                sql: """
                    CREATE TABLE peer_standing (
                        task_id BLOB PRIMARY KEY NOT NULL,
                        state TEXT NOT NULL,
                        key_hash BLOB NOT NULL,
                        findings BLOB NOT NULL,
                        since INTEGER NOT NULL
                    ) WITHOUT ROWID;
                    """)
        }
    }

    package func recordStandings(_ standings: [StoredStanding]) async throws(DatastoreError) {
        try await write { db in
            for standing in standings {
                try db.execute(
                    sql: """
                        INSERT INTO peer_standing (task_id, state, key_hash, findings, since) VALUES (?, ?, ?, ?, ?)
                        ON CONFLICT (task_id) DO UPDATE SET state = excluded.state, key_hash = excluded.key_hash,
                            findings = excluded.findings, since = excluded.since
                        """,
                    arguments: [
                        standing.task?.blob ?? Data(), standing.state, standing.keyHash.blob, standing.findings.blob,
                        standing.since.clampedToInt64,
                    ])
            }
        }
    }

    package func standings() async throws(DatastoreError) -> [StoredStanding] {
        try await read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM peer_standing ORDER BY task_id").map { row in
                guard let state: String = row["state"] else { throw DatastoreError.corrupt("state is missing") }
                let id = try row.bytes("task_id")
                return StoredStanding(
                    task: id.isEmpty ? nil : try row.id("task_id", as: TaskID.self), state: state,
                    keyHash: try row.bytes("key_hash"), findings: try row.bytes("findings"),
                    since: try row.unsigned("since"))
            }
        }
    }
}
