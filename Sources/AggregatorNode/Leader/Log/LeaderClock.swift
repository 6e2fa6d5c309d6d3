import DAP
import Datastore
import Ledger
import TransparencyLog

/// The time that the leader states on its checkpoints (`LeaderTime`): a signature that can convict it, so it is given by
/// these rules only.
///
/// - A time is signed on a checkpoint only if every report that was promised for an earlier time has its end in that
///   checkpoint's tree. Reports whose deadline has come are given up first.
/// - Times never go back: a promise that is made later must not be found broken by an earlier word about a later time.
/// - No promise is made while the clock is behind what was stated: its deadline would have to be too far away to be
///   believed.
/// - No time is stated, and no report given up, half an hour or more after the last time that was stated, before the
///   witnesses have confirmed the clock: a machine that starts in another year would else end its log, as what is stated
///   cannot be taken back.
package actor LeaderClock {
    private let context: NodeContext
    private let overdue: OverdueReports
    private var stated: UInt64?
    /// The latest time that witnesses have confirmed without its having been stated.
    private var confirmed: UInt64 = 0
    /// The latest time that was taken to be stated.
    private var taken: UInt64 = 0

    /// How old a time may be before a checkpoint that is still short of cosignatures gets a new one, in seconds.
    private static let freshness: UInt64 = 60
    /// What is due within so many seconds is given up before a time is signed: signing takes a moment.
    private static let slack: UInt64 = 60

    package init(context: NodeContext) {
        self.context = context
        overdue = OverdueReports(context: context)
    }

    /// From which time on a report that arrives now is promised: now, or what was stated if that is later.
    ///
    /// - Throws: `NodeError` 503 where the clock is too far behind for promises.
    package func promisingTime(_ now: UInt64) async throws -> UInt64 {
        let latest = try await latest()
        guard latest <= now || latest - now <= LeaderTime.tolerance else {
            throw NodeError.unavailable(
                "The leader's clock is \(latest - now) s behind a time that it has stated; its operator has to set it.",
                retryAfter: 60)
        }
        return max(now, latest)
    }

    /// Whether the witnesses must be asked before the clock is believed.
    func needsConfirmation() async throws -> Bool {
        let known = max(try await latest(), confirmed)
        let now = context.now()
        return now > known && now - known > LeaderTime.tolerance
    }

    func confirm(_ time: UInt64) { confirmed = max(confirmed, time) }

    /// A time, and how late it may be for the tree that is made after it was taken.
    ///
    /// Both are taken at once: if the time were read again when it is signed, a clock that jumps in between would sign a
    /// time later than the deadline of a report that is in neither.
    package struct Moment: Sendable {
        /// POSIX seconds.
        package let time: UInt64
        /// The earliest deadline of a report without an end; nil where there is none.
        package let limit: UInt64?
    }

    /// Ends what is due, and takes the time under which the tree that is made next may be signed.
    ///
    /// Whatever has ended when this returns has its entries in the database. What is uploaded later is promised for later
    /// than this time (``canPromise(deadline:)``).
    package func moment() async throws -> Moment {
        let time = max(context.now(), try await latest())
        // Before the database is asked: who stores a report after that sees this time.
        taken = max(taken, time)
        try await overdue.giveUp(dueAt: time + Self.slack)
        return Moment(time: time, limit: try await context.store.earliestOpenDeadline())
    }

    /// Whether a report that is in the database may be promised by this deadline.
    ///
    /// Between the time from which it was to be promised and its being stored, the clock may have jumped, or the machine
    /// stood still. A checkpoint that does not have the report may then be about to state a time past the deadline. One that
    /// is made from now on knows of the report.
    package func canPromise(deadline: UInt64) async throws -> Bool {
        let time = max(context.now(), taken, try await latest())
        return time + Promises.margin < deadline
    }

    /// Adds the time of a moment to a checkpoint.
    ///
    /// - Parameter moment: what ``moment()`` returned before the checkpoint's tree was read from the database.
    package func stamp(_ checkpoint: inout SignedCheckpoint, at moment: Moment) async throws {
        if let limit = moment.limit, moment.time > limit { throw LogKeeperError.promisesOverdue(deadline: limit) }
        stated = max(moment.time, try await latest())
        let signer = try Cosigner(
            name: checkpoint.checkpoint.origin, seed: Array(context.keys.statement.rawRepresentation))
        try checkpoint.append(try signer.cosign(checkpoint.checkpoint, timestamp: max(1, moment.time)))
    }

    /// Whether a checkpoint has a time that is still worth being confirmed.
    func isFresh(_ checkpoint: SignedCheckpoint) -> Bool {
        guard let time = LeaderTime.latest(on: checkpoint, leaderKey: context.keys.statementPublicKey) else {
            return false
        }
        let now = context.now()
        return max(time, now) - min(time, now) <= Self.freshness
    }

    /// The latest time that this leader has stated: times only grow, so it is on its largest checkpoint.
    ///
    /// Another process of the node may have stated one meanwhile.
    private func latest() async throws -> UInt64 {
        if let stated, !context.configuration.database.hasReplicas { return stated }
        guard let stored = try await context.store.largestCheckpoint() else { return stated ?? 0 }
        let time = LeaderTime.latest(
            on: try SignedCheckpoint(parsing: stored.note), leaderKey: context.keys.statementPublicKey)
        stated = max(stated ?? 0, time ?? 0)
        return stated ?? 0
    }
}
