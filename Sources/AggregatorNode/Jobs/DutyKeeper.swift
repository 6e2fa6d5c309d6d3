import Datastore
import Logging

/// Does a duty for as long as this process has it: what has no end, and one process does for the whole node.
///
/// The duty is renewed while it is done. Where it is lost, because this process was stopped for longer than it lasts, what is
/// being done is cancelled, and the process tries to get the duty again like any other.
package struct DutyKeeper: Sendable {
    let duty: Duty
    let store: any DutyStore
    let logger: Logger
    /// How long a process that has died or stopped keeps the duty from others.
    let duration: Duration
    /// Between two looks whether the duty of another has run out.
    let pause: Duration

    package init(
        duty: Duty, store: any DutyStore, logger: Logger, duration: Duration = .seconds(30),
        pause: Duration = .seconds(5)
    ) {
        self.duty = duty
        self.store = store
        self.logger = logger
        self.duration = duration
        self.pause = pause
    }

    /// What this process is called in the list of duties.
    static let holder = ProcessNumber.name

    /// Calls `work` with the duty, again whenever it is got anew, until the task is cancelled.
    package func run(_ work: @escaping @Sendable (DutyLease) async -> Void) async {
        while !Task.isCancelled {
            do {
                if let lease = try await store.takeDuty(duty, holder: Self.holder, for: duration) {
                    await keep(lease, work)
                }
            } catch {
                if Task.isCancelled { return }
                logger.warning("a duty cannot be taken now", metadata: ["duty": "\(duty)", "error": "\(error)"])
            }
            try? await Task.sleep(for: pause * .random(in: 0.75...1.25))
        }
    }

    private func keep(_ lease: DutyLease, _ work: @escaping @Sendable (DutyLease) async -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await work(lease) }
            group.addTask { await renew(lease) }
            await group.next()
            group.cancelAll()
        }
        // Also while the process shuts down, so that the next one need not wait.
        do { try await evenWhileStopping { [store] in try await store.endDuty(lease) } } catch {
            logger.debug("a duty was not given back", metadata: ["duty": "\(duty)", "error": "\(error)"])
        }
    }

    /// Returns when the duty is lost, or may be.
    private func renew(_ lease: DutyLease) async {
        var end = ContinuousClock.now + duration
        while !Task.isCancelled {
            try? await Task.sleep(for: duration / 3)
            if Task.isCancelled { return }
            let start = ContinuousClock.now
            do {
                try await store.renewDuty(lease, for: duration)
                end = start + duration
            } catch {
                // What cannot be renewed may be another's when it has run out.
                guard error == .leaseLost || ContinuousClock.now >= end - duration / 3 else { continue }
                if !Task.isCancelled { logger.warning("a duty was lost", metadata: ["duty": "\(duty)"]) }
                return
            }
        }
    }
}
