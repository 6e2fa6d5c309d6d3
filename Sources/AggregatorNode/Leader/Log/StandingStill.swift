import TransparencyLog

/// For whose quorums a round lets the tree stand still. Pure.
///
/// A witness that always answers late would never be on a checkpoint while the log grows, so a round may last as long as two of
/// its answers (``WitnessPatience/longestForLate``). That is the others' time: the checkpoint is everybody's. It is taken only
/// where the witnesses that answer late are all that is missing; one that waits for somebody who never answers gets nothing by
/// it. And the peer for whom a round was long is not waited for again before as much time has gone by as that took: a helper
/// that is late on purpose, with a collection that never ends, has half of the time at most, under however many names.
package struct StandingStill: Sendable {
    private var rests: [String: ContinuousClock.Instant] = [:]

    package init() {}

    /// Whether the tree may stand still for the tasks of a peer (``TaskPolicy/peer``).
    package func isPossible(for peer: String, now: ContinuousClock.Instant) -> Bool {
        rests[peer].map { now >= $0 } ?? true
    }

    /// The peers whose tasks would have a quorum with what witnesses have yet to say who answer late.
    ///
    /// - Parameters:
    ///   - policies: those that somebody waits for.
    ///   - late: the keys of such witnesses that have been asked and have not answered.
    package static func peers(
        of policies: [TaskPolicy], on checkpoint: SignedCheckpoint, late: Set<NoteVerifier>
    ) -> Set<String> {
        guard !late.isEmpty else { return [] }
        return Set(
            policies.filter { task in
                guard case .quorumNotMet? = task.policy.evaluate(checkpoint).failure else { return false }
                return task.policy.isQuorumMet { witness in
                    late.contains(witness.verifier)
                        || !checkpoint.note.validSignatures(by: witness.verifier).isEmpty
                }
            }.map(\.peer))
    }

    /// Notes how long a round took, in which the tree stood still for some peers when nobody else would have waited any more.
    package mutating func end(
        for peers: Set<String>, start: ContinuousClock.Instant, now: ContinuousClock.Instant
    ) {
        rests = rests.filter { $0.value > now }
        guard now - start > WitnessPatience.longest else { return }
        for peer in peers { rests[peer] = now + (now - start) }
    }
}
