import DAP
import Datastore

/// One aggregation job that is being verified, and those who wait for it.
///
/// It may begin for a leader that waits and be stored before it has ended, under a lease of its own; or it was stored before,
/// and has its lease from the beginning. In between nobody may commit: so the two exclude each other here.
actor RunningJob {
    private(set) var lease: HelperJobLease?
    /// Since when the lease is certain.
    private(set) var leasedAt: ContinuousClock.Instant = .now
    private var isStoring = false
    private var isCommitting = false
    private var outcome: Result<[UInt8], any Error>?
    private var leaders: [Int: CheckedContinuation<Result<[UInt8], any Error>?, Never>] = [:]
    private var asked = 0
    private var waitingForStore: [CheckedContinuation<Void, Never>] = []

    // MARK: Waiting

    /// The answer, or nil where it is not there within this time.
    func answer(within patience: Duration?) async throws -> [UInt8]? {
        if let outcome { return try outcome.get() }
        asked += 1
        let number = asked
        let timer = patience.map { patience in
            Task {
                do { try await Task.sleep(for: patience) } catch { return }
                giveUp(number)
            }
        }
        defer { timer?.cancel() }
        let outcome = await withCheckedContinuation { leaders[number] = $0 }
        return try outcome?.get()
    }

    private func giveUp(_ number: Int) { leaders.removeValue(forKey: number)?.resume(returning: nil) }

    /// It has ended.
    func end(_ outcome: Result<[UInt8], any Error>) {
        self.outcome = outcome
        for leader in leaders.values { leader.resume(returning: outcome) }
        leaders = [:]
    }

    // MARK: Storing

    /// Has the job stored while it is being verified, once, whoever asks.
    ///
    /// - Parameter keep: stores it under this lease.
    /// - Returns: what became of that; nil where its answer is just being stored, or there.
    func store(
        _ lease: HelperJobLease, _ keep: @Sendable () async throws -> HelperJobKeeping
    ) async throws -> HelperJobKeeping? {
        await awaitStore()
        guard !isCommitting, outcome == nil else { return nil }
        guard self.lease == nil else { return .waiting }
        isStoring = true
        defer {
            isStoring = false
            for waiter in waitingForStore { waiter.resume() }
            waitingForStore = []
        }
        let asked = ContinuousClock.now
        let keeping = try await keep()
        if keeping == .waiting { hold(lease, since: asked) }
        return keeping
    }

    /// The lease is this job's.
    ///
    /// - Parameter since: when it was asked for.
    func hold(_ lease: HelperJobLease, since: ContinuousClock.Instant) {
        self.lease = lease
        leasedAt = since
    }

    /// Called before the commit.
    ///
    /// - Returns: the lease that the job has now, and has to be committed under.
    func beginCommit() async -> HelperJobLease? {
        await awaitStore()
        isCommitting = true
        return lease
    }

    private func awaitStore() async {
        while isStoring { await withCheckedContinuation { waitingForStore.append($0) } }
    }
}
