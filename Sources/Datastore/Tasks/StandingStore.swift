import DAP

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

extension NodeDatabase: StandingStore {
    package func recordStandings(_ standings: [StoredStanding]) async throws(DatastoreError) {
        try await write { session in
            try session.executeMany(
                """
                INSERT INTO peer_standing (task_id, state, key_hash, findings, since) VALUES ($1, $2, $3, $4, $5)
                ON CONFLICT (task_id) DO UPDATE SET state = excluded.state, key_hash = excluded.key_hash,
                    findings = excluded.findings, since = excluded.since
                """,
                standings.map {
                    [
                        ($0.task?.bytes ?? []).blob, $0.state, $0.keyHash.blob, $0.findings.blob,
                        $0.since.clampedToInt64,
                    ]
                })
        }
    }

    package func standings() async throws(DatastoreError) -> [StoredStanding] {
        try await read { session in
            try session.rows("SELECT * FROM peer_standing ORDER BY task_id").map { row in
                StoredStanding(
                    task: try row.bytes("task_id").isEmpty ? nil : try row.id("task_id", as: TaskID.self),
                    state: try row.text("state"), keyHash: try row.bytes("key_hash"),
                    findings: try row.bytes("findings"), since: try row.unsigned("since"))
            }
        }
    }
}
