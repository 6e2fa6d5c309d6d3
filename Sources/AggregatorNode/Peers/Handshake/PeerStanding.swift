import DAP
import Datastore
import Synchronization

/// What a node knows about how it and its peer fit each other, task by task.
///
/// Only the answers to this node's own requests count: what is heard in a request of the peer may be old, and does no more
/// than make the node ask for itself. What is remembered, and what a handshake changes in it, is ``StandingMemory``'s; here it
/// is shared. Who is let pass meanwhile is in `PeerStanding+Admission.swift`.
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

    let memory: Mutex<StandingMemory>
    /// What stands in the way of every task, whatever anybody says.
    let permanent: HandshakeFinding?
    private let signal = WakeSignal()

    /// - Parameter words: what findings call the peer and its lines in the configuration.
    package init(_ words: PeerWords) {
        permanent = nil
        memory = Mutex(StandingMemory(words))
    }

    /// Of a peer that cannot be asked: nothing of it ever works.
    init(only finding: HandshakeFinding, _ words: PeerWords) {
        permanent = finding
        memory = Mutex(StandingMemory(words))
    }

    // MARK: What others ask

    /// Whether aggregation jobs of a task may be formed.
    ///
    /// False until a handshake has said something about it: nothing can be lost by waiting, and everything by working with
    /// another secret than the peer's.
    package func mayWork(on task: NodeTask) -> Bool {
        guard permanent != nil || memory.withLock({ $0.isWatched }) else { return true }
        return taskState(task).isWorking
    }

    /// How many seconds the peer's clock is ahead of this node's, as of the last handshake; nil where there was none.
    package func skew() -> Int? { memory.withLock { $0.skew } }

    /// Why nothing may be uploaded to a task, or collected from it; nil where nothing is known against it.
    package func obstacles(_ task: NodeTask) -> [HandshakeFinding] {
        taskState(task).findings
    }

    package func taskState(_ task: NodeTask) -> TaskState {
        if let permanent { return .blocked([permanent]) }
        return memory.withLock { $0.state(of: task) }
    }

    // MARK: What the service asks

    func want() {
        memory.withLock { $0.isWanted = true }
        signal.raise()
    }

    /// Returns when somebody wants a handshake, or after so long.
    ///
    /// - Returns: whether somebody does.
    func wait(atMost timeout: Duration) async -> Bool {
        if memory.withLock({ $0.isWanted }) { return true }
        await signal.wait(atMost: timeout)
        return memory.withLock { $0.isWanted }
    }

    /// A handshake begins: whoever wants one from now on wants the next.
    func beginRound() {
        memory.withLock { memory in
            memory.isWanted = false
            memory.isAsking = true
        }
    }

    /// It has ended, whatever came of it.
    func endRound() { memory.withLock { $0.isAsking = false } }

    // MARK: What handshakes say

    /// An authentic request came in, which says this of its sender. If it says something new, the node asks for itself.
    ///
    /// And so it does where it took the peer for unreachable.
    func heard(_ digest: [UInt8]) {
        if memory.withLock({ $0.heard(digest) }) { want() }
    }

    /// Takes what is stored from earlier runs, and begins to be asked.
    package func begin(_ stored: [StoredStanding]) { memory.withLock { $0.begin(stored) } }

    /// Takes the outcome of a handshake about these tasks.
    ///
    /// - Parameter role: this node's in them.
    package func take(_ outcome: HandshakeOutcome, tasks: [NodeTask], role: NodeRole, now: UInt64) -> Change {
        memory.withLock { $0.take(outcome, tasks: tasks, role: role, now: now) }
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
}
