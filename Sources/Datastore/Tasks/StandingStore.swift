import DAP
import Foundation

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

