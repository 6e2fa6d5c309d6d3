import DAP
import Encodings

/// One way in which two nodes do not fit each other.
package struct HandshakeFinding: Sendable, Hashable, Codable {
    /// What is wrong. Names are for scripts and never change.
    package enum Code: String, Sendable, Codable, CaseIterable {
        case role, token, psk
        case peerURL = "peer_url"
        case publicURL = "public_url"
        case logOrigin = "log_origin"
        case clock
        case taskUnknown = "task_unknown"
        case taskEnded = "task_ended"
        case verifyKey = "verify_key"
        case statementKey = "statement_key"
        case logKey = "log_key"
        case plainPeer = "plain_peer"
        case unreachable
        case hidden
    }

    package enum Weight: String, Sendable, Codable {
        /// Nothing is lost while it lasts.
        case warning
        /// The other side is not there yet; it may become right by itself.
        case unready
        /// It stays wrong until somebody acts.
        case contradiction
    }

    /// Which tasks must not work while it lasts.
    package enum Reach: String, Sendable, Codable {
        case nothing, committed
        /// All but plain DAP tasks.
        case cairn
        case everything
    }

    package var code: Code
    package var weight: Weight
    package var reach: Reach
    /// For everybody: no keys, no addresses.
    package var reason: String
    /// For operators: what is wrong, where, and what to do.
    package var advice: String

    package init(_ code: Code, _ weight: Weight, reach: Reach, reason: String, advice: String) {
        self.code = code
        self.weight = weight
        self.reach = reach
        self.reason = reason
        self.advice = advice
    }

    /// Whether the peer was not to be had, as opposed to what it said.
    var isAbsence: Bool { code == .unreachable || code == .hidden }

    func blocks(committed: Bool) -> Bool {
        switch reach {
        case .nothing: false
        case .committed: committed
        // Nobody finds this out by a handshake that is answered.
        case .cairn: true
        case .everything: true
        }
    }
}

/// What a handshake has found, for the nodes as such and for each task that it was about.
package struct HandshakeAssessment: Sendable, Equatable {
    package var node: [HandshakeFinding] = []
    /// Every task that the handshake was about; empty where nothing is wrong with it.
    package var tasks: [TaskID: [HandshakeFinding]] = [:]
    /// Seconds that the peer's clock is ahead; nil where it did not say.
    package var skew: Int?

    package init() {}

    /// What keeps a task from working.
    package func obstacles(_ id: TaskID, committed: Bool) -> [HandshakeFinding] {
        ((tasks[id] ?? []) + node).filter { $0.blocks(committed: committed) }
    }
}
