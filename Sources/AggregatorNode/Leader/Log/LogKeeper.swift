import Datastore
import Ledger
import Logging
import TransparencyLog

/// Turns the log entries in the database into a public, cosigned log.
///
/// Of several processes of a node, one at a time gives entries their places in the database (``LogDuty``); tiles and
/// checkpoints derive from that, in each process. For each new size the keeper extends the tiles, signs a checkpoint, asks the policies' witnesses to cosign it and, once the policy of some task is
/// satisfied, publishes it. A signed checkpoint is stored before anybody sees it: two roots under one size would be
/// the log's own signature under a forgery.
///
/// Everything can be stopped anywhere and done again: tiles are rendered from the last published checkpoint on, and the
/// same tree can be signed again, with a newer time.
package final class LogKeeper: Sendable {
    private let context: NodeContext
    private let renderer: LogRenderer
    private let duty: LogDuty
    private let numbering: LogNumbering
    private let growth = WakeSignal()
    /// The time that checkpoints state.
    let clock: LeaderClock
    /// What is waited for before anything is promised, given up or signed.
    let firstLook: FirstLook

    /// How long the keeper waits for more entries before it makes a checkpoint that nobody asked for.
    private static let idle: Duration = .milliseconds(200)
    /// How often it looks for entries that no signal announced, such as tasks added by another process.
    private static let sweep: Duration = .seconds(5)
    private static let longestPause: Duration = .seconds(30)

    package init(context: NodeContext) {
        self.context = context
        clock = LeaderClock(context: context)
        firstLook = FirstLook(context: context)
        duty = LogDuty(store: context.store, logger: context.logger)
        numbering = LogNumbering(store: context.store, duty: duty)
        renderer = LogRenderer(
            context: context, clock: clock, firstLook: firstLook, numbering: numbering,
            answeredLate: { [growth] in growth.raise() })
    }

    /// Entries were stored: a checkpoint follows soon.
    func noteGrowth() { growth.raise() }

    /// Gives what is due its place, without a checkpoint.
    ///
    /// - Returns: false where another process does it.
    func number() async throws -> Bool { try await numbering.number(dueAt: context.now()) }

    /// A published checkpoint that covers every entry that is due at the call. Callers at the same time share one.
    package func flush() async throws -> SignedCheckpoint { try await renderer.flush() }

    /// As `flush()`, and the checkpoint satisfies `policy`.
    func flush(for policy: LogPolicy?) async throws -> SignedCheckpoint {
        let checkpoint = try await renderer.flush(for: policy)
        guard let policy else { return checkpoint }
        let verdict = policy.evaluate(checkpoint)
        guard verdict.isAccepted else { throw LogKeeperError.quorumNotMet(verdict) }
        let time = LeaderTime.judge(checkpoint, leaderKey: context.keys.statementPublicKey, policy: policy)
        guard time.isConfirmed else { throw LogKeeperError.clocksApart(time) }
        return checkpoint
    }

    /// The newest cosigned checkpoint that covers the entry at `index`, satisfies `policy` and states a time that its
    /// witnesses confirm; nil if there is none yet.
    func checkpoint(covering index: UInt64, policy: LogPolicy) async throws -> SignedCheckpoint? {
        for stored in try await context.store.cosignedCheckpoints(covering: index, limit: 8) {
            guard let note = stored.cosignedNote else { continue }
            let checkpoint = try SignedCheckpoint(parsing: note)
            if isGood(checkpoint, policy) { return checkpoint }
        }
        // The witnesses of some answer so late that many have been signed since.
        guard let late = await renderer.lateCheckpoint(covering: index, policy: policy), isGood(late, policy) else {
            return nil
        }
        return late
    }

    private func isGood(_ checkpoint: SignedCheckpoint, _ policy: LogPolicy) -> Bool {
        policy.evaluate(checkpoint).isAccepted
            && LeaderTime.judge(checkpoint, leaderKey: context.keys.statementPublicKey, policy: policy).isConfirmed
    }

    /// Until the next entry falls due, or somebody else may have queued one.
    private func pauseUntilDue() async throws -> Duration {
        guard let next = try await context.store.nextLogEntry() else { return Self.sweep }
        let now = context.now()
        return min(Self.sweep, .seconds(Int64(clamping: next - min(next, now))))
    }

    /// A reader of our own tiles for this checkpoint's tree.
    func reader(for checkpoint: SignedCheckpoint) -> LogReader {
        LogReader(
            source: DirectoryTileSource(directory: context.configuration.logDirectory),
            head: checkpoint.checkpoint.head)
    }

    /// Publishes what is due, then whatever falls due, until the task is cancelled.
    func run() async {
        await publish()
        await duty.end()
    }

    private func publish() async {
        var published: UInt64 = 0
        var isComplete = true
        var pause = Self.idle
        while !Task.isCancelled {
            do {
                let next = try await context.store.nextLogEntry()
                let isDue = next.map { QueueWait.isDue($0, at: context.now()) } ?? false
                let size = try await context.store.logSize()
                if isDue || size > published || !isComplete {
                    let checkpoint = try await flush()
                    published = checkpoint.checkpoint.size
                    isComplete = try await renderer.isComplete(checkpoint)
                }
                pause = Self.idle
                await growth.wait(atMost: try await pauseUntilDue())
                try await Task.sleep(for: Self.idle)
            } catch  where Task.isCancelled {
                return
            } catch {
                context.logger.warning("the log could not be published", metadata: ["reason": "\(error)"])
                pause = min(pause * 2, Self.longestPause)
                try? await Task.sleep(for: pause)
            }
        }
    }
}
