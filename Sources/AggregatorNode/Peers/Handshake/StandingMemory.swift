import Crypto
import DAP
import Datastore

/// What is remembered of a peer between handshakes, and what the outcome of one changes in it. Pure.
///
/// A task's state is about one verification key: a task whose key was replaced has to be asked about anew.
struct StandingMemory: Sendable {
    typealias TaskState = PeerStanding.TaskState

    private struct Record {
        var state: TaskState
        var keyHash: [UInt8]
        var since: UInt64
    }

    /// What findings call the peer.
    let words: PeerWords
    /// Whether a service looks after this: tests of single parts have none.
    private(set) var isWatched = false
    private var tasks: [TaskID: Record] = [:]
    /// What is wrong with the nodes as such.
    private(set) var node: [HandshakeFinding] = []
    private(set) var skew: Int?
    /// Handshakes that have ended, well or not, and the tasks of the last one with the hashes of their keys.
    private(set) var rounds = 0
    private(set) var asked: [TaskID: [UInt8]] = [:]
    private(set) var last: ContinuousClock.Instant?
    /// What the last authentic request said.
    private var lastHeard: [UInt8]?
    /// Whether a handshake has ever been answered since the start.
    private var isCairnPeer = false
    /// Somebody wants another handshake.
    var isWanted = false
    /// One is under way.
    var isAsking = false

    init(_ words: PeerWords) { self.words = words }

    func state(of task: NodeTask) -> TaskState {
        guard let record = tasks[task.id], record.keyHash == Self.keyHash(task.verifyKey),
            record.state != .plain || task.isPlain
        else { return .unknown }
        return record.state
    }

    static func keyHash(_ key: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: key)) }

    mutating func begin(_ stored: [StoredStanding]) {
        isWatched = true
        for row in stored {
            guard let known = TaskState(stored: row) else { continue }
            tasks[row.task] = Record(state: known, keyHash: row.keyHash, since: row.since)
        }
    }

    /// - Returns: whether this is reason to ask.
    mutating func heard(_ digest: [UInt8]) -> Bool {
        defer { lastHeard = digest }
        return lastHeard != digest || node.contains { $0.code == .unreachable }
    }

    // MARK: A handshake's outcome

    mutating func take(
        _ outcome: HandshakeOutcome, tasks served: [NodeTask], role: NodeRole, now: UInt64
    ) -> PeerStanding.Change {
        let before = findings
        var change = PeerStanding.Change()
        let wasAway = node.contains(where: \.isAbsence)
        // A proxy that hides the handshake for a while must not make a plain aggregator of a Cairn node.
        let isHidden = isHiding(outcome, served)
        node = nodeFindings(outcome, served, role, isHidden: isHidden)
        if case .assessed(let assessment) = outcome {
            skew = assessment.skew ?? skew
            isCairnPeer = true
        }
        let isAway = node.contains(where: \.isAbsence)
        let ids = Set(served.map(\.id))
        tasks = tasks.filter { ids.contains($0.key) }
        for task in served {
            let hash = Self.keyHash(task.verifyKey)
            let known = tasks[task.id].flatMap { $0.keyHash == hash ? $0 : nil }
            // What the peer was not ready for when it was heard last it may be ready for when it is back.
            if isAway, known?.state.isUnready == true {
                tasks[task.id] = nil
                continue
            }
            guard let next = isHidden ? nil : Self.next(outcome, node, task) else {
                if known == nil { tasks[task.id] = nil }
                continue
            }
            guard next != known?.state else { continue }
            tasks[task.id] = Record(state: next, keyHash: hash, since: now)
            change.rows.append(next.row(task: task.id, hash, since: now))
            if next.isWorking { change.gained.append(task.id) }
        }
        if wasAway, !isAway { change.returned = served.map(\.id).filter { tasks[$0]?.state.isWorking == true } }
        rounds += 1
        asked = Dictionary(
            served.map { ($0.id, Self.keyHash($0.verifyKey)) }, uniquingKeysWith: { first, _ in first })
        last = .now
        change.findings = findings
        change.isNew = change.findings != before
        return change
    }

    private func isHiding(_ outcome: HandshakeOutcome, _ served: [NodeTask]) -> Bool {
        guard case .plain = outcome else { return false }
        return isCairnPeer || served.contains { Self.isCairn(tasks[$0.id]?.state) }
    }

    private func nodeFindings(
        _ outcome: HandshakeOutcome, _ served: [NodeTask], _ role: NodeRole, isHidden: Bool
    ) -> [HandshakeFinding] {
        switch outcome {
        case .assessed(let assessment): assessment.node
        case .unreachable(let reason): [.unreachable(reason, words)]
        case .plain(let answer) where isHidden: [.hidden(answer, words)]
        // To a plain aggregator nothing is wrong with tasks that it can take part in.
        case .plain(let answer):
            served.allSatisfy(\.isPlain) ? [] : [.plainPeer(own: role, answer: answer, words)]
        }
    }

    /// What a task's state becomes; nil where nothing was said about it.
    private static func next(
        _ outcome: HandshakeOutcome, _ node: [HandshakeFinding], _ task: NodeTask
    ) -> TaskState? {
        switch outcome {
        case .unreachable: return nil
        // Whoever hides the handshake from the first contact on looks the same. A task that was made for Cairn nodes loses
        // nothing by waiting, and every report by working with a node that has another key.
        case .plain: return task.isPlain ? .plain : .blocked(node)
        case .assessed(let assessment):
            guard assessment.tasks[task.id] != nil else { return nil }
            let obstacles = assessment.obstacles(task.id, committed: task.isCommitted)
            return obstacles.isEmpty ? .fits : .blocked(obstacles)
        }
    }

    private static func isCairn(_ state: TaskState?) -> Bool {
        switch state {
        case .fits: true
        case .blocked(let findings): !findings.contains { $0.code == .plainPeer }
        case .plain, .unknown, nil: false
        }
    }

    /// The nodes' own findings first, none twice.
    private var findings: [HandshakeFinding] {
        var seen = Set(node)
        var all = node
        for id in tasks.keys.sorted() {
            guard case .blocked(let findings) = tasks[id]?.state else { continue }
            for finding in findings where seen.insert(finding).inserted { all.append(finding) }
        }
        return all
    }
}
