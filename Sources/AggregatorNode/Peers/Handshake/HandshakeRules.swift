import DAP
import Datastore
import Encodings
import Ledger
import Tasks

/// A task as the handshake looks at it.
package struct HandshakeTask: Sendable, Equatable {
    package var id: TaskID
    /// At least one; a leader uses the first, and a helper takes the one that a job names.
    package var verifyKeys: [[UInt8]]
    package var isCommitted: Bool
    /// Whether requests about it announce it, so that a peer that does not know it yet may opt in.
    package var isAnnounced = false
    package var statementKeys: StatementKeys?
    package var logKey: String?
    /// The witnesses of its log policy; nil where it has none.
    package var witnesses: [String]?

    package init(
        id: TaskID, verifyKey: [UInt8], isCommitted: Bool, statementKeys: StatementKeys? = nil, logKey: String? = nil,
        witnesses: [String]? = nil
    ) {
        self.id = id
        verifyKeys = [verifyKey]
        self.isCommitted = isCommitted
        self.statementKeys = statementKeys
        self.logKey = logKey
        self.witnesses = witnesses
    }

    package init(_ task: NodeTask) {
        self.init(
            id: task.id, verifyKey: task.verifyKey, isCommitted: task.isCommitted,
            statementKeys: task.parameters?.statementKeys, logKey: task.parameters?.logKey,
            witnesses: task.policy?.witnesses.map(\.verifier.vkey))
        verifyKeys = task.handshakeKeys
        isAnnounced = task.isPlain && task.isTaskprov
    }

    /// With which of its keys a node proves a task: the leader's first one counts, which a helper has to have as well.
    package static func match(
        _ keys: [[UInt8]], role: Role, isProved: ([UInt8]) -> Bool
    ) -> (isSame: Bool, key: [UInt8]) {
        let matching = keys.first(where: isProved)
        return (matching != nil, role == .leader ? keys[0] : matching ?? keys[0])
    }
}

extension NodeTask {
    /// The secrets that stand for the task's keys in handshakes, each with its id, which the nodes have to agree on as well.
    var handshakeKeys: [[UInt8]] { verifyKeys.map { $0.id == 0 ? $0.bytes : $0.bytes + [$0.id] } }
}

/// Compares what the peer has answered with what this node knows. Pure: both nodes do the same with each other's answers.
package enum HandshakeRules {
    /// From how many seconds on different clocks are worth a warning.
    package static let clockWarning = 30
    /// From how many on nothing works: the confirmed leader time allows as much (`Protocols/receipts.md`).
    package static let clockLimit = 1_800

    /// What the asking node knows besides its own request.
    package struct Asked: Sendable {
        package var request: HandshakeRequest
        package var preSharedKey: [UInt8]
        package var tasks: [HandshakeTask]
        /// This node's clock half-way between request and answer; POSIX seconds.
        package var clock: UInt64
        /// How far from that the moment of the answer may be, in seconds.
        package var uncertainty: Int
        /// What the operator calls what is wrong.
        package var words: PeerWords

        package init(
            request: HandshakeRequest, preSharedKey: [UInt8], tasks: [HandshakeTask], clock: UInt64, uncertainty: Int,
            words: PeerWords
        ) {
            self.request = request
            self.preSharedKey = preSharedKey
            self.tasks = tasks
            self.clock = clock
            self.uncertainty = uncertainty
            self.words = words
        }

        var role: NodeRole { request.identity.role == .leader ? .leader : .helper }
    }

    /// Nil if it is no answer to this request: an old one, or another's.
    package static func assess(_ answer: HandshakeAnswer, _ asked: Asked) -> HandshakeAssessment? {
        guard answer.head.requestHash == asked.request.hash else { return nil }
        let isRefused = !answer.head.isTrusting
        guard isRefused || answer.tasks.map(\.id) == asked.request.tasks.map(\.id) else { return nil }
        let samePSK = answer.head.psk == .right && answer.isProved(preSharedKey: asked.preSharedKey)
        // Whoever says that the secret is the same, and cannot prove it, is not the peer.
        guard answer.head.psk == .wrong || samePSK else { return nil }

        var assessment = HandshakeAssessment()
        assessment.node = common(answer, asked, isRefused: isRefused)
        if !samePSK { assessment.node.append(.psk(asked.words)) }
        if !isRefused { assessment.skew = skew(answer.head.identity, asked) }
        let digest = answer.headDigest
        for (index, task) in asked.tasks.enumerated() {
            guard !isRefused else {
                assessment.tasks[task.id] = []
                continue
            }
            assessment.tasks[task.id] = findings(
                about: task, answer.tasks[index], answer.head.identity, digest, asked, samePSK: samePSK)
        }
        return assessment
    }

    private static func common(
        _ answer: HandshakeAnswer, _ asked: Asked, isRefused: Bool
    ) -> [HandshakeFinding] {
        let (own, peer, words) = (asked.request.identity, answer.head.identity, asked.words)
        guard peer.role == asked.role.peer.dap else { return [.wrongRole(own: asked.role, words)] }
        guard peer.statementKey != own.statementKey else { return [.sameNode(words)] }
        var found: [HandshakeFinding] = []
        if answer.head.token != .right {
            found.append(.token(absent: answer.head.token == .absent, own: asked.role, words))
        }
        if BaseURL(peer.url) != BaseURL(own.peerURL) {
            found.append(.peerURL(configured: own.peerURL, stated: peer.url, words))
        }
        if peer.logOrigin != own.logOrigin {
            found.append(.logOrigin(own: own.logOrigin, peer: peer.logOrigin, words))
        }
        guard !isRefused else { return found }
        if BaseURL(peer.peerURL) != BaseURL(own.url) {
            found.append(.publicURL(own: own.url, believed: peer.peerURL, isLeader: asked.role == .leader, words))
        }
        if let skew = skew(peer, asked) {
            let certain = abs(skew) - asked.uncertainty
            if certain >= clockWarning {
                found.append(.clock(skew: skew, isTooMuch: certain >= clockLimit, words))
            }
        }
        return found
    }

    private static func skew(_ peer: HandshakeIdentity, _ asked: Asked) -> Int? {
        // Any number can come; nobody's clock is a century off.
        let limit: UInt64 = 100 * 365 * 86_400
        let (ahead, behind) = (
            peer.clock.subtractingReportingOverflow(asked.clock), asked.clock.subtractingReportingOverflow(peer.clock)
        )
        return ahead.overflow ? -Int(min(behind.partialValue, limit)) : Int(min(ahead.partialValue, limit))
    }

    private static func findings(
        about task: HandshakeTask, _ verdict: TaskVerdict, _ peer: HandshakeIdentity, _ digest: [UInt8], _ asked: Asked,
        samePSK: Bool
    ) -> [HandshakeFinding] {
        let (own, words) = (asked.role, asked.words)
        switch verdict.status {
        case .unknown: return [.taskUnknown(task.id, own: own, words)]
        case .onAnnouncement:
            guard task.isAnnounced else { return [.taskUnknown(task.id, own: own, words)] }
            // The first request about the task makes the peer derive its key, from the secret that it has just proved.
            let derived = Taskprov.verifyKey(preSharedKey: asked.preSharedKey, taskID: task.id)
            return samePSK && task.verifyKeys == [derived] ? [] : [.verifyKey(task.id, samePSK: samePSK, words)]
        case .ended: return [.taskEnded(task.id, own: own, words)]
        case .sameKey, .otherKey: break
        }
        let isSame =
            switch own {
            case .leader:
                verdict.status == .sameKey && verdict.isProved(verifyKey: task.verifyKeys[0], head: digest)
            // The leader proves the key that its jobs will name, whatever it thinks of the one that was proved to it.
            case .helper: task.verifyKeys.contains { verdict.isProved(verifyKey: $0, head: digest) }
            }
        guard isSame else { return [.verifyKey(task.id, samePSK: samePSK, words)] }
        var found: [HandshakeFinding] = []
        if let key = task.statementKeys?[own.peer.dap], key != peer.statementKey {
            found.append(.statementKey(task.id, own: own, task: key, peer: peer.statementKey, words))
        }
        switch own {
        case .leader:
            if task.isCommitted, let witnesses = task.witnesses, !witnesses.contains(peer.noteKey) {
                found.append(.logKey(task.id, own: own, peer: peer.noteKey, words))
            }
        case .helper:
            if let key = task.logKey, key != peer.noteKey {
                found.append(.logKey(task.id, own: own, peer: peer.noteKey, words))
            }
        }
        return found
    }
}
