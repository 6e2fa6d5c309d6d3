import Logging

/// Something that a driver can do now, or when there may be something.
package enum JobAction: Sendable {
    /// It holds a place of its kind until it returns, and then raises the driver's signal.
    case start(@Sendable () async -> Void)
    /// Nothing to do before this time; nil: before a hint comes, or something ends.
    case wait(until: ContinuousClock.Instant?)
}

/// One kind of jobs: leased rows of one table, and what is done about them.
///
/// A kind knows hints only: which of its jobs may be due, because this process has heard so. Which one is, and nobody's, the
/// database says when it is taken; and ``look()`` asks it often enough for what no hint told. So whatever a process forgets
/// is found again, by it or another.
package protocol JobKind: Sendable {
    /// Asks the database what has fallen due, or whether it is time to. Several times a second.
    func look() async
    /// What to do now: the decision is the kind's, by its pure rules. It has so many places as it likes, and takes turns
    /// between its tasks; a job that waits holds none.
    func next(at now: ContinuousClock.Instant) -> JobAction
    /// Renews the leases of what is under way, until the task is cancelled.
    func keepLeases() async
    /// Gives back what is still leased, once, when the driver has ended; in a task that is not cancelled.
    func end() async
}

/// Runs the jobs of all kinds: the one loop behind all work of a node that comes in jobs.
///
/// Kinds take turns, one action each, and no kind has places of another: what is slow or stuck in one holds up no other.
/// When the task is cancelled, whatever is under way is cancelled with it, gives its lease back and ends; nothing is lost by
/// that, because every step ends in one transaction. A node that is halted begins nothing more; it ends as a whole, and says
/// why, so its driver does not end before.
package struct JobDriver: Sendable {
    private let kinds: [any JobKind]
    private let signal: WakeSignal
    private let isHalted: @Sendable () -> Bool

    /// How often the database is asked, on the average, in seconds.
    private static let poll = 0.2

    /// - Parameters:
    ///   - signal: raised when there may be something to do.
    ///   - isHalted: whether the node has stopped for good.
    package init(kinds: [any JobKind], signal: WakeSignal, isHalted: @escaping @Sendable () -> Bool) {
        self.kinds = kinds
        self.signal = signal
        self.isHalted = isHalted
    }

    /// Works until the node is halted, and returns when the task is cancelled.
    package func run() async {
        await withDiscardingTaskGroup { group in
            for kind in kinds {
                group.addTask { await kind.keepLeases() }
                // Each on its own: where one waits for the database, no other does.
                group.addTask { await look(kind) }
            }
            var first = 0
            while !Task.isCancelled, !isHalted() {
                var until: ContinuousClock.Instant?
                var isIdle = true
                for offset in kinds.indices {
                    switch kinds[(first + offset) % kinds.count].next(at: .now) {
                    case .start(let work):
                        group.addTask(operation: work)
                        isIdle = false
                    case .wait(let instant): until = [until, instant].compactMap(\.self).min()
                    }
                }
                first = (first + 1) % max(kinds.count, 1)
                if isIdle { await signal.wait(atMost: min((until ?? .now + .seconds(5)) - .now, .seconds(5))) }
            }
            group.cancelAll()
        }
        for kind in kinds { try? await evenWhileStopping { await kind.end() } }
        while !Task.isCancelled { try? await Task.sleep(for: .seconds(60)) }
    }

    private func look(_ kind: any JobKind) async {
        while !Task.isCancelled {
            await kind.look()
            try? await Task.sleep(for: .seconds(Self.poll * .random(in: 0.75...1.25)))
        }
    }
}
