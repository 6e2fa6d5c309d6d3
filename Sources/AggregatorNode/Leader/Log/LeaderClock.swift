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
actor LeaderClock {
    private let context: NodeContext
    private let overdue: OverdueReports
    private var stated: UInt64?
    /// The latest time that witnesses have confirmed without its having been stated.
    private var confirmed: UInt64 = 0

    /// How old a time may be before a checkpoint that is still short of cosignatures gets a new one, in seconds.
    private static let freshness: UInt64 = 60
    /// What is due within so many seconds is given up before a time is signed: signing takes a moment.
    private static let slack: UInt64 = 60

    init(context: NodeContext) {
        self.context = context
        overdue = OverdueReports(context: context)
    }

    /// From which time on a report that arrives now is promised: now, or what was stated if that is later.
    ///
    /// - Throws: `NodeError` 503 where the clock is too far behind for promises.
    func promisingTime(_ now: UInt64) async throws -> UInt64 {
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

    /// Ends what is due, and says until which time the tree that is made next may be signed; nil for any time.
    ///
    /// Whatever has ended when this returns has its entries in the database, and what is uploaded later is promised for
    /// later than now.
    func limit() async throws -> UInt64? {
        let now = max(context.now(), try await latest())
        try await overdue.giveUp(dueAt: now + Self.slack)
        return try await context.store.earliestOpenDeadline()
    }

    /// Adds the time of now to a checkpoint.
    ///
    /// - Parameter limit: what ``limit()`` returned before the checkpoint's tree was read from the database.
    func stamp(_ checkpoint: inout SignedCheckpoint, limit: UInt64?) async throws {
        let time = max(context.now(), try await latest())
        if let limit, time > limit { throw LogKeeperError.promisesOverdue(deadline: limit) }
        stated = time
        let signer = try Cosigner(
            name: checkpoint.checkpoint.origin, seed: Array(context.keys.statement.rawRepresentation))
        try checkpoint.append(try signer.cosign(checkpoint.checkpoint, timestamp: max(1, time)))
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
    private func latest() async throws -> UInt64 {
        if let stated { return stated }
        guard let stored = try await context.store.largestCheckpoint() else { return 0 }
        let time = LeaderTime.latest(
            on: try SignedCheckpoint(parsing: stored.note), leaderKey: context.keys.statementPublicKey)
        stated = stated.map { max($0, time ?? 0) } ?? time ?? 0
        return stated ?? 0
    }
}
