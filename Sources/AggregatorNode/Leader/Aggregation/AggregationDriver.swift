import DAP
import Datastore
import Logging
import Synchronization

/// Forms aggregation jobs of uploaded reports and runs them with the helper.
///
/// One loop asks ``JobSchedule`` what to do and starts it; a few jobs are under way at a time, so that the leader
/// verifies the next one while the helper works on the last. What is here in memory only makes things quick: whatever
/// is forgotten is found again in the database.
final class AggregationDriver: Sendable {
    private struct State {
        var schedule = JobSchedule()
        /// Reports that are being verified for a job, by sequence number.
        var claimed: Set<Int64> = []
        /// Jobs that are being sent.
        var underWay: Set<Int64> = []
        /// Pending jobs that the last look into the database found without anybody working on them.
        var unattended: Set<Int64> = []
    }

    private let context: NodeContext
    private let claims: SerialQueue
    private let state = Mutex(State())
    private let signal = WakeSignal()
    /// Lines about jobs that wait, and about reports that are too early.
    private let waitingLines = LineRules<TaskID>()
    private let earlyLines = LineRules<TaskID>()
    private let changed: @Sendable () -> Void
    /// For those who wait for a task's reports.
    let trouble = LastTrouble()

    /// How often the database is searched for what no signal announced.
    private static let sweep: Duration = .seconds(5)

    /// - Parameter changed: called whenever a job has ended or reports have changed their state, from any thread.
    init(context: NodeContext, changed: @escaping @Sendable () -> Void) {
        self.context = context
        self.changed = changed
        claims = SerialQueue()
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
        state.withLock { state in
            state.schedule.returned(task, at: .now)
            state.schedule.demand(task, at: .now)
        }
        signal.raise()
    }

    /// Works until the task is cancelled.
    func run() async {
        await resumePending()
        await withDiscardingTaskGroup { group in
            var nextSweep = ContinuousClock.now
            while !Task.isCancelled {
                if nextSweep <= .now {
                    await sweep()
                    nextSweep = .now + Self.sweep
                }
                let action = state.withLock { $0.schedule.next(at: .now) }
                context.logger.trace("aggregation", metadata: ["action": "\(action)"])
                switch action {
                case .form(let task): group.addTask { await self.form(task) }
                case .resume(let key, let task): group.addTask { await self.resume(key, of: task) }
                case .wait(let until):
                    await signal.wait(atMost: min(until ?? nextSweep, nextSweep) - .now)
                }
            }
        }
    }

    // MARK: What the database has

    private func resumePending() async {
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

    /// Finds what waits in the database: after a start, reports whose pause is over, and jobs that nobody works on.
    private func sweep() async {
        do {
            let waiting = try await context.store.tasksWithWaitingReports()
            let jobs = try await context.store.pendingJobs()
            state.withLock { state in
                for task in waiting { state.schedule.demand(task, at: .now) }
                let unattended = jobs.filter {
                    !state.underWay.contains($0.key) && !state.schedule.isScheduled($0.key, of: $0.task)
                }
                // One that was stored a moment ago has its sender; so only what is found twice is taken up.
                for job in unattended where state.unattended.contains(job.key) {
                    state.schedule.resume(job.key, of: job.task, at: .now)
                }
                state.unattended = Set(unattended.map(\.key))
            }
        } catch {
            context.logger.error("waiting reports cannot be read", metadata: ["error": "\(error)"])
        }
    }

    // MARK: Jobs

    private func form(_ id: TaskID) async {
        var reports: [WaitingReport] = []
        let stored = Mutex<Int64?>(nil)
        do {
            // Where the nodes do not fit, reports wait in the database, and are demanded again when they do.
            if let task = try await context.registry.task(id), context.standing(of: task).mayWork(on: task) {
                reports = try await claim(task)
                if !reports.isEmpty {
                    let claimed = reports.map(\.sequence)
                    let ending = try await JobRunner(context: context, task: task, earlyLines: earlyLines).form(reports)
                    { key, isCut in
                        stored.withLock { $0 = key }
                        self.state.withLock { state in
                            state.claimed.subtract(claimed)
                            if let key { state.underWay.insert(key) }
                            if isCut { state.schedule.demand(id, at: .now) }
                        }
                    }
                    conclude(ending, job: stored.withLock { $0 }, of: task)
                }
            }
        } catch {
            fail(error, job: stored.withLock { $0 }, of: id)
        }
        leave(id, job: stored.withLock { $0 })
    }

    private func resume(_ key: Int64, of id: TaskID) async {
        // A job that the sweep has brought up as well is under way already.
        let isMine = state.withLock { $0.underWay.insert(key).inserted }
        guard isMine else { return leave(id, job: nil) }
        do {
            if let task = try await context.registry.task(id) {
                // A job is megabytes: it is not read to find out that it has to wait.
                if !context.standing(of: task).mayWork(on: task) {
                    hold(key, of: id)
                } else if let job = try await context.store.pendingJob(key) {
                    conclude(
                        try await JobRunner(context: context, task: task, earlyLines: earlyLines).resume(job), job: key,
                        of: task)
                }
            }
        } catch {
            fail(error, job: key, of: id)
        }
        leave(id, job: key)
    }

    /// Keeps a job back while the nodes do not fit each other, and says so to who waits for it.
    private func hold(_ job: Int64, of id: TaskID) {
        trouble.note("the nodes do not fit each other", of: id)
        state.withLock { $0.schedule.resume(job, of: id, at: .now + Self.sweep) }
    }

    /// What follows from a job's ending. Nobody is woken where nothing has changed.
    private func conclude(_ ending: JobRunner.Ending, job: Int64?, of task: NodeTask) {
        let id = task.id
        switch ending {
        case .finished:
            state.withLock { $0.schedule.answered(id, at: .now) }
            trouble.clear(id)
            changed()
        case .returned:
            trouble.clear(id)
            state.withLock { state in
                state.schedule.answered(id, at: .now)
                state.schedule.demand(id, at: .now)
            }
            changed()
        case .nothingSent: changed()
        case .gone: break
        // Whatever came in between may not be over yet: as after an upload.
        case .stale: state.withLock { $0.schedule.arrived(1, of: id, at: .now) }
        case .unfinished(let progress, let pause):
            guard let job else { return }
            if progress.answer == .unusable { trouble.note(progress.reason, of: id) }
            let isInDoubt = state.withLock { state in
                state.schedule.resume(job, of: id, at: .now + pause, isAsked: progress.isAsked)
                guard progress.answer == .unusable else {
                    state.schedule.answered(id, at: .now)
                    return false
                }
                return state.schedule.failed(id, pause: pause, isAsked: progress.isAsked, at: .now)
            }
            if isInDoubt { context.standing(of: task).doubt() }
            // A helper may take its time.
            let isUsual = progress.answer == .deferred && progress.attempts < 10
            guard !isUsual, let line = waitingLines.line(progress.reason, about: id) else { return }
            context.logger.warning(
                "aggregation jobs have to wait; the same requests are sent again",
                metadata: [
                    "task": "\(id)", "job": "\(job)", "reason": "\(progress.reason)",
                    "attempts": "\(progress.attempts)",
                    "pause": "\(pause)", "exchanges": "\(line)",
                ])
        }
    }

    private func fail(_ error: any Error, job: Int64?, of id: TaskID) {
        // Shutting down: what is stored is found at the next start.
        if Task.isCancelled { return }
        if let job { state.withLock { $0.schedule.resume(job, of: id, at: .now + Self.sweep) } }
        guard let line = waitingLines.line("\(error)", about: id) else { return }
        context.logger.error(
            "aggregation failed", metadata: ["task": "\(id)", "error": "\(error)", "times": "\(line)"])
    }

    private func leave(_ id: TaskID, job: Int64?) {
        state.withLock { state in
            if let job { state.underWay.remove(job) }
            state.schedule.ended(id)
        }
        signal.raise()
    }

    /// Takes the reports of one job. One caller at a time, or two jobs would verify the same reports.
    private func claim(_ task: NodeTask) async throws -> [WaitingReport] {
        try await claims.run { [self] in
            let (taken, limits) = state.withLock { ($0.claimed, $0.schedule.limits) }
            let waiting = try await context.store.waitingReports(
                task: task.id, excluding: taken, now: context.now(), limit: limits.jobSize,
                payloadLimit: limits.jobBytes)
            let chosen = Array(RetryRules.company(waiting, jobSize: limits.jobSize))
            let isCut =
                waiting.count == limits.jobSize || chosen.count < waiting.count
                || waiting.reduce(0) { $0 + $1.payload.size } >= limits.jobBytes
            state.withLock { state in
                state.claimed.formUnion(chosen.map(\.sequence))
                if isCut { state.schedule.demand(task.id, at: .now) }
            }
            return chosen
        }
    }
}

/// Runs asynchronous work one piece after the other.
private actor SerialQueue {
    private var last: Task<Void, Never>?

    func run<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let previous = last
        let task = Task {
            await previous?.value
            return try await work()
        }
        last = Task { _ = try? await task.value }
        return try await task.value
    }
}
