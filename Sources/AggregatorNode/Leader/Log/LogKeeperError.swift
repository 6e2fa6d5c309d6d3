import Encodings
import Ledger
import TransparencyLog

/// Why there is no cosigned checkpoint yet. All but `.witnessAhead` pass by themselves when the peer answers.
enum LogKeeperError: Error, Sendable, CustomStringConvertible {
    /// This node has no log key.
    case notALog
    /// No entry has been logged.
    case emptyLog
    /// A witness did not answer, or refused.
    case witnessRefused(String)
    /// The witness has cosigned a longer log than ours: our database is older than what we published.
    case witnessAhead(witness: UInt64, own: UInt64)
    /// The checkpoint has too few cosignatures for this policy.
    case quorumNotMet(PolicyVerdict)
    /// The witnesses' clocks do not confirm the leader's.
    case clocksApart(LeaderTime.Finding)
    /// The witnesses' clocks do not confirm this one, whose time has not been stated.
    case clockWrong(UInt64)
    /// A promised report without an end keeps the leader from stating a time.
    case promisesOverdue(deadline: UInt64)

    var description: String {
        switch self {
        case .notALog: "this node does not keep a log"
        case .emptyLog: "the log has no entries"
        case .witnessRefused(let reason): "a witness does not cosign: \(reason)"
        case .witnessAhead(let witness, let own):
            "a witness has cosigned \(witness) entries that this log's key has signed, the database holds \(own): it was restored "
                + "from an old copy"
        case .clocksApart(let finding): "\(finding)"
        case .clockWrong(let now):
            "this node's clock says \(PeopleTime.text(now)), and no quorum of witnesses says so within "
                + "\(PeopleTime.span(LeaderTime.tolerance)); set the clock"
        case .promisesOverdue(let deadline):
            "a report that was promised for \(PeopleTime.text(deadline)) has no end yet; it is given up first"
        case .quorumNotMet(let verdict): "the checkpoint does not satisfy the task's log policy:\n\(verdict)"
        }
    }
}
