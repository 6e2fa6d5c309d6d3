import Crypto
import DAP
import Datastore
import Foundation
import Ledger
import Synchronization

/// What a node knows about how it and its peer fit each other, task by task.
///
/// Only the answers to this node's own requests count: what is heard in a request of the peer may be old, and does no more
/// than make the node ask for itself.
package final class PeerStanding: Sendable {
    /// Where a task stands.
    package enum TaskState: Sendable, Equatable {
        /// No handshake has said anything about it.
        case unknown
        case fits
        /// The peer is no Cairn node, and the task needs none.
        case plain
        case blocked([HandshakeFinding])

        /// Whether nothing keeps the task from working but that the other side was not there yet.
        var isUnready: Bool {
            guard case .blocked(let findings) = self else { return false }
            return findings.allSatisfy { $0.weight == .unready }
        }

        var isWorking: Bool { self == .fits || self == .plain }
    }

    private struct Record {
        var state: TaskState
        /// A task whose key was replaced has to be asked about anew.
        var keyHash: [UInt8]
        var since: UInt64
    }

    private struct State {
        /// Whether a service looks after this: tests of single parts have none.
        var isWatched = false
        var tasks: [TaskID: Record] = [:]
        var node: [HandshakeFinding] = []
        var skew: Int?
        /// Handshakes that have ended, well or not, and the tasks of the last one with the hashes of their keys.
        var rounds = 0
        var asked: [TaskID: [UInt8]] = [:]
        var last: ContinuousClock.Instant?
        /// What the last authentic request said.
        var heard: [UInt8]?
        /// Whether a handshake has ever been answered since the start.
        var isCairnPeer = false
        /// Somebody wants another handshake.
        var isWanted = false
        /// One is under way.
        var isAsking = false
    }

    private let state = Mutex(State())
    /// What stands in the way of every task, whatever anybody says.
    private let permanent: HandshakeFinding?
    private let signal = WakeSignal()

    /// How long an upload may wait for a handshake that is under way.
    private static let patience: Duration = .seconds(2)
    /// How often an upload may ask for another handshake about a blocked task.
    private static let recheck: Duration = .seconds(1)
    /// The same about one that the peer did not answer about.
    private static let retry: Duration = .seconds(5)

    package init() { permanent = nil }

    /// Of a peer that cannot be asked: nothing of it ever works.
    init(only finding: HandshakeFinding) {
        permanent = finding
    }

    // MARK: What others ask

    /// Whether aggregation jobs of a task may be formed.
    ///
    /// False until a handshake has said something about it: nothing can be lost by waiting, and everything by working with
    /// another secret than the peer's.
    package func mayWork(on task: NodeTask) -> Bool {
        guard permanent != nil || state.withLock({ $0.isWatched }) else { return true }
        return taskState(task).isWorking
    }

    /// How many seconds the peer's clock is ahead of this node's, as of the last handshake; nil where there was none.
    package func skew() -> Int? { state.withLock { $0.skew } }

    /// Why nothing may be uploaded to a task, or collected from it; nil where nothing is known against it.
    package func obstacles(_ task: NodeTask) -> [HandshakeFinding] {
        taskState(task).findings
    }

    package func taskState(_ task: NodeTask) -> TaskState {
        if let permanent { return .blocked([permanent]) }
        return state.withLock { state in
            guard let record = state.tasks[task.id], record.keyHash == Self.keyHash(task.verifyKey),
                record.state != .plain || task.isPlain
            else { return .unknown }
            return record.state
        }
    }

    /// Lets a request about a task pass, or refuses it while the nodes do not fit.
    ///
    /// A task that no handshake was about yet waits for one for two seconds at most, and is let pass where the peer does not
    /// answer: its reports wait. A task that is blocked is looked at again, once a second at most, so that a mend is noticed
    /// by the next who asks.
    package func admit(_ task: NodeTask) async throws {
        if let permanent {
            throw NodeError.unavailable(
                "\(permanent.reason) Nothing is lost; try again later.", retryAfter: 600, taskID: task.id)
        }
        guard state.withLock({ $0.isWatched }) else { return }
        let hash = Self.keyHash(task.verifyKey)
        // A handshake that is coming anyway costs nobody anything.
        let isComing = state.withLock { $0.isWanted || $0.isAsking }
        switch taskState(task) {
        case .fits, .plain: return
        case .unknown:
            if !isComing {
                if isAsked(task.id, hash, within: Self.retry) { return }
                guard !isAsked(task.id, hash, within: nil) else { return want() }
            }
            await another(task.id, hash)
        case .blocked:
            if isComing || !isAsked(task.id, hash, within: Self.recheck) { await another(task.id, hash) }
        }
        let findings = obstacles(task)
        guard let first = findings.first else { return }
        throw NodeError.unavailable(
            "\(first.reason) Nothing is lost; try again later.",
            retryAfter: first.weight == .unready ? 2 : 5, taskID: task.id)
    }

    /// Whether the last handshake was about this task and key, and ended not longer ago than that.
    private func isAsked(_ id: TaskID, _ hash: [UInt8], within age: Duration?) -> Bool {
        state.withLock { state in
            guard state.asked[id] == hash, let last = state.last else { return false }
            return age.map { .now - last < $0 } ?? true
        }
    }

    /// Asks for another handshake and waits for its end.
    private func another(_ id: TaskID, _ hash: [UInt8]) async {
        let rounds = state.withLock { $0.rounds }
        want()
        let end = ContinuousClock.now + Self.patience
        // One that was under way before this may not be about the task.
        while state.withLock({ $0.rounds == rounds || $0.asked[id] != hash }), ContinuousClock.now < end {
            do { try await Task.sleep(for: .milliseconds(10)) } catch { return }
        }
    }

    /// Requests to the peer fail again and again: whether it is there is to be known, so that its return is noticed.
    func doubt() {
        let isOpen = state.withLock { state in
            let isRecent = state.last.map { .now - $0 < Self.retry } ?? false
            return !isRecent && !state.isAsking && !state.node.contains(where: \.isAbsence)
        }
        if isOpen { want() }
    }

    private func want() {
        state.withLock { $0.isWanted = true }
        signal.raise()
    }

    // MARK: What the service asks

    /// Returns when somebody wants a handshake, or after so long.
    ///
    /// - Returns: whether somebody does.
    func wait(atMost timeout: Duration) async -> Bool {
        if state.withLock({ $0.isWanted }) { return true }
        await signal.wait(atMost: timeout)
        return state.withLock { $0.isWanted }
    }

    /// A handshake begins: whoever wants one from now on wants the next.
    func beginRound() {
        state.withLock { state in
            state.isWanted = false
            state.isAsking = true
        }
    }

    /// It has ended, whatever came of it.
    func endRound() { state.withLock { $0.isAsking = false } }

    // MARK: What handshakes say

    /// An authentic request came in, which says this of its sender. If it says something new, the node asks for itself.
    ///
    /// And so it does where it took the peer for unreachable.
    func heard(_ digest: [UInt8]) {
        let isNew = state.withLock { state in
            defer { state.heard = digest }
            return state.heard != digest || state.node.contains { $0.code == .unreachable }
        }
        if isNew { want() }
    }

    /// Takes what is stored from earlier runs, and begins to be asked.
    package func begin(_ stored: [StoredStanding]) {
        state.withLock { state in
            state.isWatched = true
            for row in stored {
                guard let known = TaskState(stored: row) else { continue }
                state.tasks[row.task] = Record(state: known, keyHash: row.keyHash, since: row.since)
            }
        }
    }

    /// What has changed by a handshake.
    package struct Change: Sendable {
        /// Tasks that may work from now on.
        package var gained: [TaskID] = []
        /// Tasks that may work, after the peer did not answer: whatever waits because of that need not wait longer.
        package var returned: [TaskID] = []
        /// What has to be stored.
        package var rows: [StoredStanding] = []
        /// What stands between the nodes now, the nodes' own findings first.
        package var findings: [HandshakeFinding] = []
        /// Whether that is other than before.
        package var isNew = false
    }

    /// Takes the outcome of a handshake about these tasks.
    ///
    /// - Parameter role: this node's in them.
    package func take(_ outcome: HandshakeOutcome, tasks: [NodeTask], role: NodeRole, now: UInt64) -> Change {
        state.withLock { state in
            let before = Self.findings(state)
            var change = Change()
            let node: [HandshakeFinding]
            // A proxy that hides the handshake for a while must not make a plain aggregator of a Cairn node.
            var isHidden = false
            switch outcome {
            case .assessed(let assessment):
                node = assessment.node
                state.skew = assessment.skew ?? state.skew
                state.isCairnPeer = true
            case .unreachable(let reason): node = [.unreachable(reason)]
            case .plain(let answer):
                // To a plain aggregator nothing is wrong with tasks that it can take part in.
                isHidden = state.isCairnPeer || tasks.contains { Self.isCairn(state.tasks[$0.id]?.state) }
                let needsCairn = !tasks.allSatisfy(\.isPlain)
                node = isHidden ? [.hidden(answer)] : needsCairn ? [.plainPeer(own: role, answer: answer)] : []
            }
            let isBack = state.node.contains(where: \.isAbsence) && !node.contains(where: \.isAbsence)
            state.node = node
            let ids = Set(tasks.map(\.id))
            state.tasks = state.tasks.filter { ids.contains($0.key) }
            for task in tasks {
                let hash = Self.keyHash(task.verifyKey)
                let known = state.tasks[task.id].flatMap { $0.keyHash == hash ? $0 : nil }
                // What the peer was not ready for when it was heard last it may be ready for when it is back.
                if node.contains(where: \.isAbsence), known?.state.isUnready == true {
                    state.tasks[task.id] = nil
                    continue
                }
                guard let next = isHidden ? nil : Self.next(outcome, node, task) else {
                    if known == nil { state.tasks[task.id] = nil }
                    continue
                }
                guard next != known?.state else { continue }
                let record = Record(state: next, keyHash: hash, since: now)
                state.tasks[task.id] = record
                change.rows.append(next.row(task: task.id, record.keyHash, since: now))
                if next.isWorking { change.gained.append(task.id) }
            }
            if isBack { change.returned = tasks.map(\.id).filter { state.tasks[$0]?.state.isWorking == true } }
            state.rounds += 1
            state.asked = Dictionary(
                tasks.map { ($0.id, Self.keyHash($0.verifyKey)) }, uniquingKeysWith: { first, _ in first })
            state.last = .now
            change.findings = Self.findings(state)
            change.isNew = change.findings != before
            return change
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

    private static func findings(_ state: State) -> [HandshakeFinding] {
        var seen = Set(state.node)
        var all = state.node
        for id in state.tasks.keys.sorted() {
            guard case .blocked(let findings) = state.tasks[id]?.state else { continue }
            for finding in findings where seen.insert(finding).inserted { all.append(finding) }
        }
        return all
    }

    static func keyHash(_ key: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: key)) }
}
