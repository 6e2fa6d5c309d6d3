import DAP
import Encodings
import TransparencyLog

/// The time that a leader states on its checkpoints: a C2SP cosignature/v1 under its statement key, in the log's name.
///
/// What the leader promises, it promises until a deadline. Whether that has passed must not hang on other people's clocks:
/// a witness that lies about the time could shield a leader, or convict an honest one. So the leader signs the time
/// itself, on the very checkpoint that shows what the log has, and never one that is past the deadline of a report whose
/// end the log does not have yet. A leader that states false times instead is found out by the witnesses:
/// nobody accepts a checkpoint whose leader time is further than ``tolerance`` from a quorum of its cosignatures, and
/// whoever reads a task's results demands one (`TaskLogRule`).
/// `Protocols/receipts.md`, section 5.
package enum LeaderTime {
    /// How far apart the leader's and the witnesses' clocks may be, in seconds.
    package static let tolerance: UInt64 = 1_800

    /// The leader's key as a cosigner's.
    ///
    /// - Parameter origin: the name of the log that the task names.
    package static func verifier(leaderKey: [UInt8], origin: String) throws(NoteKeyError) -> NoteVerifier {
        try NoteVerifier(name: origin, type: .cosignatureV1, publicKey: leaderKey)
    }

    /// What a checkpoint says about the leader's time.
    package enum Finding: Sendable, Equatable {
        /// The leader states a time that a quorum of the policy's witnesses confirms.
        case confirmed(UInt64)
        /// The leader has stated no time: there is no line by its key that holds.
        case missing
        /// No quorum of the policy's witnesses signed within the tolerance of this time.
        case apart(UInt64)

        package var isConfirmed: Bool {
            if case .confirmed = self { true } else { false }
        }
    }

    /// The latest time that the leader states on a checkpoint; nil where there is none that it signed.
    ///
    /// Nothing else about the checkpoint is checked.
    package static func latest(on checkpoint: SignedCheckpoint, leaderKey: [UInt8]) -> UInt64? {
        stated(on: checkpoint, leaderKey: leaderKey).max()
    }

    /// Judges a checkpoint that the policy accepts.
    package static func judge(
        _ checkpoint: SignedCheckpoint, leaderKey: [UInt8], policy: LogPolicy
    ) -> Finding {
        let times = stated(on: checkpoint, leaderKey: leaderKey)
        guard let latest = times.max() else { return .missing }
        // All times are the leader's own word, and one of them is about this publication.
        for time in times.sorted(by: >) {
            if policy.evaluate(checkpoint, witnessTimes: around(time)).isAccepted { return .confirmed(time) }
        }
        return .apart(latest)
    }

    /// When witnesses must have signed to confirm a time.
    package static func around(_ time: UInt64) -> ClosedRange<UInt64> {
        (time - min(time, tolerance))...(time + min(.max - time, tolerance))
    }

    private static func stated(on checkpoint: SignedCheckpoint, leaderKey: [UInt8]) -> [UInt64] {
        guard let key = try? verifier(leaderKey: leaderKey, origin: checkpoint.checkpoint.origin) else { return [] }
        // Each line stands for itself: whoever hands a checkpoint on could else take the leader's word away by one more.
        return checkpoint.note.validSignatures(by: key).compactMap(\.timestamp)
    }
}

extension LeaderTime.Finding: CustomStringConvertible {
    package var description: String {
        switch self {
        case .confirmed(let time):
            "the leader states the time \(PeopleTime.text(time)), and a quorum of witnesses confirms it"
        case .missing: "the leader has not signed a time on the checkpoint"
        case .apart(let time):
            "the leader states the time \(PeopleTime.text(time)) on the checkpoint, and no quorum of witnesses signed within "
                + "\(PeopleTime.span(LeaderTime.tolerance)) of it: a clock is wrong, or somebody lies"
        }
    }
}
