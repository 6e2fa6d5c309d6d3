import DAP

/// Which of many withdrawals is asked for next. Pure: time comes in.
///
/// A node that holds one report (``WithdrawalAnswer/held(seconds:reason:)``) says nothing about the others. So each is asked for once,
/// one after the other, and those that were held come again when their time has come, as far as the patience reaches.
package struct WithdrawalRounds: Sendable {
    package enum Step: Equatable, Sendable {
        case ask(ReportID)
        /// All others are answered.
        case wait(Duration)
        /// What is still held will not be let go in time.
        case end
    }

    /// Reports that were not asked for yet, the last first.
    private var fresh: [ReportID]
    private var held: [(id: ReportID, due: Duration)] = []
    /// How long is waited once each has been asked for.
    private let patience: Duration
    private var end: Duration?

    package init(_ reports: [ReportID], patience: Duration) {
        fresh = reports.reversed()
        self.patience = patience
    }

    /// - Parameter now: since the command began.
    package mutating func next(at now: Duration) -> Step {
        if let id = fresh.popLast() { return .ask(id) }
        let end = self.end ?? now + patience
        self.end = end
        guard let place = held.indices.min(by: { held[$0].due < held[$1].due }) else { return .end }
        let due = held[place].due
        guard due <= end else { return .end }
        guard due <= now else { return .wait(due - now) }
        return .ask(held.remove(at: place).id)
    }

    /// The node has asked to come back for it.
    package mutating func hold(_ id: ReportID, seconds: Int, at now: Duration) {
        held.append((id, now + .seconds(max(seconds, 1))))
    }

    /// How many reports are held.
    package var heldCount: Int { held.count }
}
