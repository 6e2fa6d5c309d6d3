import DAP
import Datastore
import Logging
import Synchronization

/// The leader's aggregation jobs as a kind of jobs: forms them of uploaded reports, and runs them with the helper.
///
/// ``JobSchedule`` says what to do; a few jobs are under way at a time, so that the leader
/// verifies the next one while the helper works on the last. Each is worked on under a lease, and what is here in memory only
/// makes things quick: whatever is forgotten is found again in the database, by this process or another.
final class AggregationJobs: JobKind {
    struct State {
        var schedule = JobSchedule()
        /// The ends of windows at which tasks are looked at again.
        var windows: [TaskID: UInt64] = [:]
        /// Tasks whose helper has come back.
        var returned: Set<TaskID> = []
        var nextSweep = ContinuousClock.now
        /// Whether it was said that the database cannot be read.
        var isSilent = false
    }

    let context: NodeContext
    private let keeper: LeaseKeeper<LeasedJob>
    let state = Mutex(State())
    private let signal: WakeSignal
    /// Lines about jobs that wait, and about reports that are too early.
    let waitingLines = LineRules<TaskID>()
    private let earlyLines = LineRules<TaskID>()
    let changed: @Sendable (TaskID) -> Void

    /// How often the database is searched for reports that no signal announced.
    static let sweep: Duration = .seconds(5)

    /// - Parameters:
    ///   - signal: of the driver.
    ///   - changed: called whenever a job of a task has ended or its reports have changed their state, from any thread.
    init(context: NodeContext, signal: WakeSignal, changed: @escaping @Sendable (TaskID) -> Void) {
        self.context = context
        self.signal = signal
        self.changed = changed
        let store = context.store
        keeper = LeaseKeeper(logger: context.logger) { lease in
            try await store.releaseJob(lease, after: .zero, exchange: nil)
        } renew: { leases in
            try await store.renewJobs(leases, for: LeaseKeeper<LeasedJob>.duration)
        }
    }

    /// Uploaded reports are stored.
    ///
    /// - Parameter start: when they may be in jobs, in POSIX seconds; 0: at once.
    func reportsArrived(_ count: Int, of task: TaskID, from start: UInt64 = 0) {
        let now = context.now()
        guard start > now else {
            state.withLock { $0.schedule.arrived(count, of: task, at: .now) }
            return signal.raise()
        }
        // The sweep would find them, some seconds later.
        guard state.withLock({ $0.windows.updateValue(start, forKey: task) != start }) else { return }
        Task {
            try? await Task.sleep(for: .seconds(start - now))
            demand(task)
        }
    }

    /// A collection waits for this task's reports.
    func demand(_ task: TaskID) {
        state.withLock { $0.schedule.demand(task, at: .now) }
        signal.raise()
    }

    /// The helper is there again: what waited because it was not goes out now.
    func hurry(_ task: TaskID) {
        state.withLock { _ = $0.returned.insert(task) }
        signal.raise()
    }

    // MARK: As a kind

    /// What former processes have left is found like all that is due.
    package func look() async {
        let isSweepDue = state.withLock { state in
            guard state.nextSweep <= .now else { return false }
            state.nextSweep = .now + Self.sweep
            return true
        }
        if isSweepDue { await sweep() }
        await findDueJobs()
    }

    package func next(at now: ContinuousClock.Instant) -> JobAction {
        state.withLock { state in
            if !state.returned.isEmpty {
                let tasks = state.returned
                state.returned = []
                return .start { await self.hurry(tasks) }
            }
            let action = state.schedule.next(at: now)
            context.logger.trace("aggregation", metadata: ["action": "\(action)"])
            switch action {
            case .form(let task): return .start { await self.form(task) }
            case .resume(let key, let task): return .start { await self.resume(key, of: task) }
            case .wait(let until): return .wait(until: until)
            }
        }
    }

    package func keepLeases() async { await keeper.run() }

    /// Steps have given their leases back themselves.
    package func end() async {}

    // MARK: What the database has

    /// Finds reports that wait in the database, after a start and where a pause is over; and jobs that a clock has parked.
    private func sweep() async {
        do {
            let peers = try await context.peersOfTasks()
            state.withLock { $0.schedule.learn(peers) }
            let waiting = try await context.store.tasksWithWaitingReports()
            state.withLock { state in
                for task in waiting { state.schedule.demand(task, at: .now) }
            }
            let parked = try await context.store.unparkJobs(RetryRules.times)
            guard parked > 0 else { return }
            context.logger.warning(
                "aggregation jobs stood further ahead than any is put off, because a clock was set back; they are due now",
                metadata: ["jobs": "\(parked)"])
        } catch {
            if Task.isCancelled { return }
            context.logger.error("reports and jobs that wait cannot be read", metadata: ["error": "\(error)"])
        }
    }

    /// Finds jobs that have fallen due, whoever has given them back, or had them when its lease ran out: at a start, those of
    /// the former process.
    private func findDueJobs() async {
        do {
            let due = try await context.store.dueJobs()
            let own = keeper.rows
            // This process was slow, or stopped: what it works on is still its own.
            if due.contains(where: { own.contains($0.job) }) { await keeper.renewAll() }
            let isNews = state.withLock { state in
                state.isSilent = false
                // One that is expected much later is due now because an operator says so.
                let new = due.filter {
                    !own.contains($0.job) && !state.schedule.isScheduled($0.job, of: $0.task, by: .now + Self.sweep)
                }
                for (job, task) in new { state.schedule.resume(job, of: task, at: .now) }
                return !new.isEmpty
            }
            if isNews { signal.raise() }
        } catch {
            let isKnown = state.withLock { state in
                defer { state.isSilent = true }
                return state.isSilent
            }
            if Task.isCancelled || isKnown { return }
            context.logger.error("jobs that are due cannot be read", metadata: ["error": "\(error)"])
        }
    }

    private func hurry(_ returned: Set<TaskID>) async {
        for task in returned {
            await hurryJobs(of: task)
            state.withLock { state in
                state.schedule.returned(task, at: .now)
                state.schedule.demand(task, at: .now)
            }
        }
        signal.raise()
    }

    func hurryJobs(of task: TaskID) async {
        do { try await context.store.hurryJobs(of: task) } catch {
            // They are sent when their pauses are over.
            context.logger.warning("jobs that wait could not be hurried", metadata: ["error": "\(error)"])
        }
    }

    // MARK: Jobs

    private func form(_ id: TaskID) async {
        // Where the nodes do not fit, reports wait in the database, and are demanded again when they do.
        await attempt(id, nil) { [self] task in
            guard context.standing(of: task).mayWork(on: task), let claimed = try await claim(task) else { return nil }
            if claimed.isCut { state.withLock { $0.schedule.demand(id, at: .now) } }
            return claimed.lease
        }
    }

    private func resume(_ key: Int64, of id: TaskID) async {
        await attempt(id, key) { [self] task in
            // A job is not taken up to find out that it has to wait.
            guard context.standing(of: task).mayWork(on: task) else {
                try await hold(key, of: id, because: "the nodes do not fit each other")
                return nil
            }
            let lease = try await context.store.acquireJob(
                of: id, except: keeper.rows, for: LeaseKeeper<LeasedJob>.duration)
            // There may be others behind it.
            if lease != nil { await findDueJobs() }
            return lease
        }
    }

    /// Takes a job of a task, and takes it as far as it goes.
    ///
    /// - Parameter expected: the job that has fallen due, where it is not to be formed.
    private func attempt(
        _ id: TaskID, _ expected: Int64?, _ take: (NodeTask) async throws -> JobLease?
    ) async {
        var held: JobLease?
        do {
            if let task = try await context.registry.task(id) {
                if let lease = try await take(task) {
                    held = lease
                    let runner = JobRunner(context: context, task: task, lease: lease, earlyLines: earlyLines)
                    await conclude(
                        try await keeper.hold(lease) { try await runner.run() }, job: lease.job.key, of: task)
                }
            } else if let expected {
                try await hold(expected, of: id, because: "the task cannot be served")
            }
        } catch {
            await fail(error, held, expected, of: id)
        }
        state.withLock { $0.schedule.ended(id) }
        signal.raise()
    }

    /// Takes the reports of one job.
    private func claim(_ task: NodeTask) async throws -> ClaimedJob? {
        let limits = state.withLock { $0.schedule.limits }
        let isSelected = task.configuration.batchMode == .leaderSelected
        do {
            return try await context.store.claimJob(
                JobClaim(
                    task: task.id, batchCapacity: isSelected ? task.maxBatchSize : nil, now: context.now(),
                    window: task.drawsBatchesLater ? task.logWindow : 0, jobSize: limits.jobSize,
                    jobBytes: limits.jobBytes
                ) { Array(RetryRules.company($0, jobSize: limits.jobSize)) },
                for: LeaseKeeper<LeasedJob>.duration)
        } catch {
            guard error == .stale else { throw error }
            // Their batch was filled or closed meanwhile: as after an upload.
            state.withLock { $0.schedule.arrived(1, of: task.id, at: .now) }
            return nil
        }
    }

    /// Keeps a job back for a while. Where nothing of it was sent, its reports are free.
    private func hold(_ job: Int64, of id: TaskID, because reason: String) async throws {
        let dissolved = try await context.store.dissolveDueJobs(of: id, except: keeper.rows, at: context.now())
        guard dissolved == 0 else { return note(dissolved, of: id, because: reason) }
        state.withLock { $0.schedule.resume(job, of: id, at: .now + Self.sweep) }
    }
}
