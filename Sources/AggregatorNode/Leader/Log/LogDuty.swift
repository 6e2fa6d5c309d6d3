import Datastore
import Logging

/// The duty to number the log, of which this process has it while it can: taken when there is something to number, and renewed by
/// numbering alone. A process that is alive and cannot come to it (its witnesses are away, its clock is wrong) keeps it from no other.
///
/// Whatever it stores names the lease, so a process that was stopped for longer than it lasts numbers nothing more.
actor LogDuty {
    private let store: NodeDatabase
    private let logger: Logger
    /// How long a process that has died or stopped keeps the duty from others.
    private static let duration: Duration = .seconds(30)

    private var held: (lease: DutyLease, since: ContinuousClock.Instant)?

    init(store: NodeDatabase, logger: Logger) {
        self.store = store
        self.logger = logger
    }

    /// - Returns: nil where another process has the duty.
    func lease() async throws -> DutyLease? {
        let start = ContinuousClock.now
        if let held {
            if start - held.since < Self.duration / 3 { return held.lease }
            do {
                try await store.renewDuty(held.lease, for: Self.duration)
                self.held = (held.lease, start)
                return held.lease
            } catch DatastoreError.leaseLost {
                lost(held.lease)
            }
        }
        guard let taken = try await store.takeDuty(.log, holder: DutyKeeper.holder, for: Self.duration) else {
            return nil
        }
        held = (taken, start)
        return taken
    }

    /// What is stored under a lease was refused: another process may have the duty.
    func lost(_ lease: DutyLease) {
        guard held?.lease == lease else { return }
        held = nil
        logger.warning("a duty was lost", metadata: ["duty": "\(Duty.log)"])
    }

    /// Gives the duty up, so that the next process need not wait.
    func end() async {
        guard let lease = held?.lease else { return }
        held = nil
        try? await evenWhileStopping { [store] in try await store.endDuty(lease) }
    }
}
