import DAP
import Datastore

/// One aggregation job that is being verified, and those who wait for it.
///
/// It may begin for a leader that waits and be stored before it has ended, under a lease of its own; or it was stored before,
/// and has its lease from the beginning. In between nobody may commit: so the two exclude each other here.
package actor RunningJob {
    private(set) var lease: HelperJobLease?
    /// Since when the lease is certain.
    private var leasedAt: ContinuousClock.Instant = .now
    /// For how long it is given.
    private var term = Duration.zero
    private var isLost = false
    private var isAbandoned = false
    private var isStoring = false
    private var isCommitting = false
    private var outcome: Result<[UInt8], any Error>?
    private var leaders: [Int: CheckedContinuation<Result<[UInt8], any Error>?, Never>] = [:]
    private var asked = 0
    private var waitingForStore: [CheckedContinuation<Void, Never>] = []

    package init() {}

    // MARK: Waiting

    /// The answer, or nil where it is not there within this time.
    package func answer(within patience: Duration?) async throws -> [UInt8]? {
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
        guard self.outcome == nil else { return }
        self.outcome = outcome
        for leader in leaders.values { leader.resume(returning: outcome) }
        leaders = [:]
    }

    /// The leader does not want it any more: nothing of it is committed from now on. Where that has begun, this waits for
    /// its end.
    func abandon() async {
        isAbandoned = true
        await awaitStore()
        if isCommitting { _ = try? await answer(within: nil) } else { end(.failure(DatastoreError.leaseLost)) }
    }

    // MARK: Storing

    /// Has the job stored while it is being verified, once, whoever asks.
    ///
    /// - Parameters:
    ///   - term: for how long the lease is given.
    ///   - keep: stores it under this lease.
    /// - Returns: what became of that; nil where its answer is just being stored, or there.
    func store(
        _ lease: HelperJobLease, for term: Duration, _ keep: @Sendable () async throws -> HelperJobKeeping
    ) async throws -> HelperJobKeeping? {
        await awaitStore()
        guard !isCommitting, !isAbandoned, outcome == nil else { return nil }
        guard self.lease == nil else { return .present }
        isStoring = true
        defer {
            isStoring = false
            for waiter in waitingForStore { waiter.resume() }
            waitingForStore = []
        }
        let asked = ContinuousClock.now
        let keeping = try await keep()
        if keeping == .waiting { hold(lease, since: asked, for: term) }
        return keeping
    }

    /// The lease is this job's.
    ///
    /// - Parameters:
    ///   - since: when it was asked for.
    ///   - term: for how long it is given.
    package func hold(_ lease: HelperJobLease, since: ContinuousClock.Instant, for term: Duration) {
        self.lease = lease
        leasedAt = since
        self.term = term
    }

    /// The lease is another's, or the job is deleted: it is not renewed, and nothing is committed.
    func loseLease() { isLost = true }

    /// This process shuts down: nothing is committed from now on that is not being committed.
    ///
    /// - Returns: the lease to give back; nil where there is none, or the answer is just being stored.
    package func surrender() async -> HelperJobLease? {
        await awaitStore()
        guard !isCommitting, !isLost, outcome == nil, let lease else { return nil }
        isLost = true
        return lease
    }

    /// The lease, where half of it is over and somebody has to say that the work goes on.
    func leaseToRenew(at now: ContinuousClock.Instant) -> (lease: HelperJobLease, term: Duration)? {
        guard let lease, !isLost, !isCommitting, outcome == nil, leasedAt + term / 2 < now else { return nil }
        return (lease, term)
    }

    /// Called before the commit.
    ///
    /// - Returns: the lease that the job has now, and has to be committed under.
    /// - Throws: `DatastoreError.leaseLost` where the leader has deleted the job, or the lease is another's.
    package func beginCommit() async throws(DatastoreError) -> HelperJobLease? {
        await awaitStore()
        guard !isAbandoned, !isLost else { throw .leaseLost }
        isCommitting = true
        return lease
    }

    private func awaitStore() async {
        while isStoring { await withCheckedContinuation { waitingForStore.append($0) } }
    }
}
