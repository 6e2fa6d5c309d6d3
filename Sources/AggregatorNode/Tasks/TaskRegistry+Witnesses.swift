import Datastore
import Encodings
import Ledger
import TransparencyLog

// Whether a leader's log has room for the witnesses of one task more. All its tasks share one checkpoint
// (`CheckpointLines`), where a policy that is taken must reach its quorum beside those that are there.

extension TaskRegistry {
    /// - Parameters:
    ///   - policy: of the task that is to be added.
    ///   - part: this node's in it.
    static func checkRoom(
        for policy: LogPolicy, of task: StoredTask, _ part: PartInTask, _ store: any TaskStore,
        _ configuration: NodeConfiguration, _ keys: NodeKeys
    ) async throws(TaskRefusal) {
        let stored: [StoredTask]
        do throws(DatastoreError) { stored = try await store.readableTasks() } catch { throw TaskRefusal(error) }
        guard !stored.contains(where: { $0.id == task.id }) else { return }
        let others = stored.compactMap { try? NodeTask($0) }.filter { configuration.role(of: $0) == .leader }
        let new = TaskPolicy(policy, peer: part.peer)
        let present = others.compactMap { other in
            other.policy.map { TaskPolicy($0, peer: configuration.helper(of: other) ?? part.peer) }
        }
        let leaderTime = try? LeaderTime.verifier(
            leaderKey: keys.statementPublicKey, origin: configuration.leader?.logOrigin ?? "")
        let lines = CheckpointLines(present + [new], own: [keys.noteKey(.leader), leaderTime].compactMap(\.self))
        if let key = lines.displaced(in: new).first {
            throw .policy(
                "a signature by its witness key \(key.vkey) could not be told from one by another key of this log's "
                    + "checkpoints, which has the same name and number: have the witness make another key")
        }
        let needs = lines.needs()
        let room = CheckpointLines.part(of: max(needs.count, configuration.peers.count))
        guard let need = needs.first(where: { $0.peer == new.peer }), need.lines > room else { return }
        throw .policy(
            "the tasks with \(part.peer.url) would need cosignatures of \(need.lines) witnesses, and the checkpoints of this "
                + "log, which all tasks share, have room for \(room) of each peer's: name witnesses that its other tasks have, "
                + "or fewer")
    }
}

extension NodeConfiguration {
    /// The helper of a task that this node leads, where it is a peer.
    fileprivate func helper(of task: NodeTask) -> PeerSettings? {
        guard let url = task.aggregators[.helper] else { return nil }
        return peers.first { $0.isNamed(url) } ?? peers.first { $0.isOnlyOne }
    }
}
