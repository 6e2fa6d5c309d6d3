import DAP
import Datastore
import Logging
import Synchronization

/// The leader's aggregation jobs as a kind of jobs: forms them of uploaded reports, and runs them with the helper.
///
/// ``JobSchedule`` says what to do; a few jobs are under way at a time, so that the leader
/// verifies the next one while the helper works on the last. Each is worked on under a lease, and what is here in memory only
/// makes things quick: whatever is forgotten is found again in the database, by this process or another.
final class AggregationDriver: JobKind {
    private struct State {
        var schedule = JobSchedule()
        /// Tasks whose helper has come back.
        var returned: Set<TaskID> = []
        var nextSweep = ContinuousClock.now
        /// Whether it was said that the database cannot be read.
        var isSilent = false
    }

    private let context: NodeContext
    private let keeper: LeaseKeeper<LeasedJob>
    private let state = Mutex(State())
    private let signal: WakeSignal
    /// Lines about jobs that wait, and about reports that are too early.
    private let waitingLines = LineRules<TaskID>()
    private let earlyLines = LineRules<TaskID>()
    private let changed: @Sendable (TaskID) -> Void

    /// How often the database is searched for reports that no signal announced.
    private static let sweep: Duration = .seconds(5)

    /// - Parameters:
    ///   - signal: of the driver.
    ///   - changed: called whenever a job of a task has ended or its reports have changed their state, from any thread.
    init(context: NodeContext, signal: WakeSignal, changed: @escaping @Sendable (TaskID) -> Void) {
        self.context = context
        self.signal = signal
        self.changed = changed
        keeper = LeaseKeeper(logger: context.logger) { [store = context.store] leases in
            try await store.renewJobs(leases, for: LeaseKeeper<LeasedJob>.duration)
        }
    }

    /// Uploaded reports are stored.
    func reportsArrived(_ count: Int, of task: TaskID) {
        state.withLock { $0.schedule.arrived(count, of: task, at: .now) }
        signal.raise()
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

    package func begin() async { await takeStock() }

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

    // MARK: What the database has

    /// Goes on where a former process has ended.
    private func takeStock() async {
        do {
            let jobs = try await context.store.pendingJobs()
            let now = context.now()
            state.withLock { state in
                for job in jobs {
                    let pause = RetryRules.pauseAtStart(job.progress, now: now, random: .random(in: 0...1))
                    state.schedule.resume(job.key, of: job.task, at: .now + pause, isAsked: job.progress.isAsked)
                }
            }
        } catch {
            context.logger.error("pending jobs cannot be read", metadata: ["error": "\(error)"])
        }
    }

    /// Finds reports that wait in the database: after a start, and where a pause is over.
    private func sweep() async {
        do {
            let peers = try await context.peersOfTasks()
            state.withLock { $0.schedule.learn(peers) }
            let waiting = try await context.store.tasksWithWaitingReports()
            state.withLock { state in
                for task in waiting { state.schedule.demand(task, at: .now) }
            }
        } catch {
            context.logger.error("waiting reports cannot be read", metadata: ["error": "\(error)"])
        }
    }

    /// Finds jobs that have fallen due, whoever has given them back, or had them when its lease ran out.
    private func findDueJobs() async {
        do {
            let due = try await context.store.dueJobs()
            let isNews = state.withLock { state in
                state.isSilent = false
                // One that is expected much later is due now because an operator says so.
                let new = due.filter { !state.schedule.isScheduled($0.job, of: $0.task, by: .now + Self.sweep) }
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

    private func hurryJobs(of task: TaskID) async {
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
                hold(key, of: id)
                return nil
            }
            return try await context.store.acquireJob(of: id, for: LeaseKeeper<LeasedJob>.duration)
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
                hold(expected, of: id)
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
                    jobSize: limits.jobSize, jobBytes: limits.jobBytes
                ) { Array(RetryRules.company($0, jobSize: limits.jobSize)) },
                for: LeaseKeeper<LeasedJob>.duration)
        } catch {
            guard error == .stale else { throw error }
            // Their batch was filled or closed meanwhile: as after an upload.
            state.withLock { $0.schedule.arrived(1, of: task.id, at: .now) }
            return nil
        }
    }

    /// Keeps a job back for a while.
    private func hold(_ job: Int64, of id: TaskID) {
        state.withLock { $0.schedule.resume(job, of: id, at: .now + Self.sweep) }
    }

    /// What follows from a job's ending. Nobody is woken where nothing has changed.
    private func conclude(_ ending: JobRunner.Ending, job: Int64, of task: NodeTask) async {
        let id = task.id
        switch ending {
        case .finished:
            await answered(id)
            changed(id)
        case .returned:
            await answered(id)
            state.withLock { $0.schedule.demand(id, at: .now) }
            changed(id)
        case .nothingSent: changed(id)
        case .stale: state.withLock { $0.schedule.resume(job, of: id, at: .now) }
        case .unfinished(let progress, let pause): await wait(progress, pause, job: job, of: task)
        }
    }

    /// The helper gave an answer about a job. After an outage, those that wait follow at once.
    private func answered(_ id: TaskID) async {
        if state.withLock({ $0.schedule.isHelperAway(id) }) { await hurryJobs(of: id) }
        state.withLock { $0.schedule.answered(id, at: .now) }
    }

    private func wait(_ progress: JobProgress, _ pause: Duration, job: Int64, of task: NodeTask) async {
        let id = task.id
        let isFailure = progress.answer == .unusable
        if !isFailure { await answered(id) }
        let isInDoubt = state.withLock { state in
            state.schedule.resume(job, of: id, at: .now + pause, isAsked: progress.isAsked)
            return isFailure && state.schedule.failed(id, pause: pause, isAsked: progress.isAsked, at: .now)
        }
        if isInDoubt { context.standing(of: task).doubt() }
        // A helper may take its time.
        let isUsual = progress.answer == .deferred && progress.attempts < 10
        guard !isUsual, let line = waitingLines.line(progress.reason, about: id) else { return }
        context.logger.warning(
            "aggregation jobs have to wait; the same requests are sent again",
            metadata: [
                "task": "\(id)", "job": "\(job)", "reason": "\(progress.reason)", "attempts": "\(progress.attempts)",
                "pause": "\(pause)", "exchanges": "\(line)",
            ])
    }

    private func fail(_ error: any Error, _ lease: JobLease?, _ expected: Int64?, of id: TaskID) async {
        if Task.isCancelled {
            // Shutting down: whoever is there need not wait for the lease.
            if let lease {
                await Task { [store = context.store] in
                    try? await store.releaseJob(lease, after: .zero, exchange: nil)
                }.value
            }
            return
        }
        // It was given up or has ended meanwhile, or somebody else goes on with it.
        if error as? DatastoreError == .leaseLost { return changed(id) }
        // Where this fails as well, the lease runs out.
        if let lease { try? await context.store.releaseJob(lease, after: Self.sweep, exchange: nil) }
        if let job = lease?.job.key ?? expected {
            state.withLock { $0.schedule.resume(job, of: id, at: .now + Self.sweep) }
        }
        guard let line = waitingLines.line("\(error)", about: id) else { return }
        context.logger.error(
            "aggregation failed", metadata: ["task": "\(id)", "error": "\(error)", "times": "\(line)"])
    }
}
