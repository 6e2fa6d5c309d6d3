import DAP
import Ledger
import Synchronization

/// Batches whose close was spoilt by withdrawals. Pure.
///
/// Examining a large batch takes its time, and a contributor who withdraws one report after the other, each behind the
/// checkpoint of a proposal, could keep a batch open for as long as there are reports of theirs. So behind a close that was
/// spoilt, whoever wants a report of the batch back has to wait for the next one, for a bounded time; then the report is closed
/// over, or it can be withdrawn as before. That time begins only with a report that its contributor has taken back, and at
/// least as much time passes before the same buckets are held again: a leader with reports of its own cannot keep withdrawals
/// away for more than half of the time by proposing and proposing.
package struct CloseHolds: Sendable {
    private struct Hold: Sendable {
        let task: TaskID
        let scope: BatchScope
        /// Withdrawals wait until then.
        let end: ContinuousClock.Instant
        /// The buckets are not held again before.
        let again: ContinuousClock.Instant
    }

    private var holds: [Hold] = []

    package init() {}

    /// How long a batch is held: what a leader takes to log what has left, and to ask again (it waits for an answer for a
    /// minute, and longer where it names many reports), and as much again.
    package static func length(reports: UInt64) -> Duration {
        .seconds(120 + Int(clamping: reports / 2_500))
    }

    /// Withdrawals have spoilt a close of so many reports.
    package mutating func spoilt(
        _ task: TaskID, _ scope: BatchScope, reports: UInt64, now: ContinuousClock.Instant
    ) {
        holds.removeAll { $0.again <= now }
        guard !holds.contains(where: { $0.task == task && $0.scope.overlaps(scope) }) else { return }
        let length = Self.length(reports: reports)
        holds.append(Hold(task: task, scope: scope, end: now + length, again: now + length + length))
    }

    /// The buckets are closed: what is in them cannot be withdrawn, and nobody needs to wait to hear so.
    package mutating func closed(_ task: TaskID, _ scope: BatchScope) {
        holds.removeAll { $0.task == task && $0.scope == scope }
    }

    /// Whether some batch of the task is held.
    package func concern(_ task: TaskID, now: ContinuousClock.Instant) -> Bool {
        holds.contains { $0.task == task && now < $0.end }
    }

    /// How many seconds a report of this bucket cannot be withdrawn; nil where it can.
    package func wait(_ task: TaskID, _ bucket: BatchScope, now: ContinuousClock.Instant) -> Int? {
        holds.first { $0.task == task && now < $0.end && $0.scope.overlaps(bucket) }
            .map { Int(clamping: (($0.end - now).components.seconds) + 1) }
    }
}

/// Those of a running helper.
final class SharedCloseHolds: Sendable {
    private let holds = Mutex(CloseHolds())

    func withLock<Value: Sendable>(_ body: (inout sending CloseHolds) throws -> sending Value) rethrows -> Value {
        try holds.withLock(body)
    }
}
