import DAP

/// What the last handshake with a peer said about a task.
package struct StoredStanding: Sendable, Equatable {
    package var task: TaskID
    package var state: String
    /// SHA-256 of the verification key that it was about.
    package var keyHash: [UInt8]
    /// The findings, as JSON.
    package var findings: [UInt8]
    /// Since when it has been so; POSIX seconds.
    package var since: UInt64

    package init(task: TaskID, state: String, keyHash: [UInt8], findings: [UInt8], since: UInt64) {
        self.task = task
        self.state = state
        self.keyHash = keyHash
        self.findings = findings
        self.since = since
    }
}

/// What it said about the two nodes as such.
package struct StoredPeer: Sendable, Equatable {
    /// What this node is to the peer.
    package var role: NodeRole
    /// Where the peer is, as this node's configuration has it.
    package var url: String
    package var state: String
    /// The findings, as JSON.
    package var findings: [UInt8]
    /// Since when it has been so; POSIX seconds.
    package var since: UInt64

    package init(role: NodeRole, url: String, state: String, findings: [UInt8], since: UInt64) {
        self.role = role
        self.url = url
        self.state = state
        self.findings = findings
        self.since = since
    }
}

/// Where the node and its peers stand with each other, for the operator's other commands and the next start.
package protocol StandingStore: Sendable {
    /// Replaces what was known about these.
    func recordStandings(_ standings: [StoredStanding], of peer: StoredPeer) async throws(DatastoreError)

    func storedPeers() async throws(DatastoreError) -> [StoredPeer]

    func standings() async throws(DatastoreError) -> [StoredStanding]
}

extension NodeDatabase: StandingStore {
    package func recordStandings(
        _ standings: [StoredStanding], of peer: StoredPeer
    ) async throws(DatastoreError) {
        try await write { session in
            try session.execute(
                """
                INSERT INTO node_peers (role, url, state, findings, since) VALUES ($1, $2, $3, $4, $5)
                ON CONFLICT (role, url) DO UPDATE SET state = excluded.state, findings = excluded.findings,
                    since = excluded.since
                """,
                [peer.role.rawValue, peer.url, peer.state, peer.findings.blob, peer.since.clampedToInt64])
            try session.executeMany(
                """
                INSERT INTO peer_standing (task_id, state, key_hash, findings, since) VALUES ($1, $2, $3, $4, $5)
                ON CONFLICT (task_id) DO UPDATE SET state = excluded.state, key_hash = excluded.key_hash,
                    findings = excluded.findings, since = excluded.since
                """,
                standings.map {
                    [
                        $0.task.blob, $0.state, $0.keyHash.blob, $0.findings.blob,
                        $0.since.clampedToInt64,
                    ]
                })
        }
    }

    package func standings() async throws(DatastoreError) -> [StoredStanding] {
        try await read { session in
            try session.rows("SELECT * FROM peer_standing ORDER BY task_id").compactMap { row in
                // Until schema 4 the row without a task was about the nodes. The next handshake says that anew.
                if try row.bytes("task_id").isEmpty { return nil }
                return StoredStanding(
                    task: try row.id("task_id", as: TaskID.self),
                    state: try row.text("state"), keyHash: try row.bytes("key_hash"),
                    findings: try row.bytes("findings"), since: try row.unsigned("since"))
            }
        }
    }

    package func storedPeers() async throws(DatastoreError) -> [StoredPeer] {
        try await read { session in
            try session.rows("SELECT * FROM node_peers ORDER BY role, url").compactMap { row in
                guard let role = try row.optionalRole("role") else { return nil }
                return StoredPeer(
                    role: role, url: try row.text("url"),
                    state: try row.text("state"), findings: try row.bytes("findings"),
                    since: try row.unsigned("since"))
            }
        }
    }
}
