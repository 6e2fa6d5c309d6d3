import DAP
import Datastore
import Logging
import Synchronization

/// Forms aggregation jobs of uploaded reports and runs them with the helper.
///
/// One loop asks ``JobSchedule`` what to do and starts it; a few jobs are under way at a time, so that the leader
/// verifies the next one while the helper works on the last.
final class AggregationDriver: Sendable {
    private struct State {
        var schedule = JobSchedule()
        var underWay = 0
        var failures: [Int64: Int] = [:]
        /// Reports that are being verified for a job, by sequence number.
        var claimed: Set<Int64> = []
    }

    private let context: NodeContext
    private let claims: SerialQueue
    private let state = Mutex(State())
    private let signal = WakeSignal()
    private let jobEnded: @Sendable () -> Void

    /// How many jobs are under way at a time.
    private static let parallelJobs = 4
    /// How often the database is searched for reports that no signal announced.
    private static let sweep: Duration = .seconds(5)

    /// - Parameter jobEnded: called whenever a job has ended, from any thread.
    init(context: NodeContext, jobEnded: @escaping @Sendable () -> Void) {
        self.context = context
        self.jobEnded = jobEnded
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
                switch nextAction() {
                case .form(let task): group.addTask { await self.form(task) }
                case .resume(let key): group.addTask { await self.resume(key) }
                case .wait(let until):
                    await signal.wait(atMost: min(until ?? nextSweep, nextSweep) - .now)
                }
            }
        }
    }

    private func nextAction() -> JobSchedule.Action {
        state.withLock { state in
            guard state.underWay < Self.parallelJobs else { return .wait(until: nil) }
            let action = state.schedule.next(at: .now)
            if case .wait = action { return action }
            state.underWay += 1
            return action
        }
    }

    private func resumePending() async {
        do {
            let keys = try await context.store.pendingJobs()
            state.withLock { state in
                for key in keys { state.schedule.resume(key, at: .now) }
            }
        } catch {
            context.logger.error("pending jobs cannot be read", metadata: ["error": "\(error)"])
        }
    }

    /// Finds what waits in the database: after a start, and reports of abandoned jobs whose pause is over.
    private func sweep() async {
        do {
            let waiting = try await context.store.tasksWithWaitingReports()
            state.withLock { state in
                for task in waiting.keys { state.schedule.demand(task, at: .now) }
            }
        } catch {
            context.logger.error("waiting reports cannot be read", metadata: ["error": "\(error)"])
        }
    }

    private func form(_ id: TaskID) async {
        // Its reports wait in the database, and are demanded again when the nodes fit.
        if let task = try? await context.registry.task(id), !context.standing.mayWork(on: task) { return leave() }
        await perform(task: id) {
            guard let task = try await self.context.registry.task(id) else { return .finished }
            let reports = try await self.claim(task)
            guard !reports.isEmpty else { return .finished }
            let claimed = reports.map(\.sequence)
            return try await JobRunner(context: self.context, task: task).form(reports) {
                self.state.withLock { $0.claimed.subtract(claimed) }
            }
        }
    }

    private func resume(_ key: Int64) async {
        do {
            guard let job = try await context.store.pendingJob(key),
                let task = try await context.registry.task(job.task)
            else { return leave() }
            guard context.standing.mayWork(on: task) else {
                postpone(key, reason: "the nodes do not fit each other")
                return leave()
            }
            await perform(task: task.id, job: key) {
                try await JobRunner(context: self.context, task: task).resume(job)
            }
        } catch {
            postpone(key, reason: String(describing: error))
            leave()
        }
    }

    /// Runs a job and decides what follows from its ending.
    private func perform(
        task: TaskID, job: Int64? = nil, _ body: () async throws -> JobRunner.Ending
    ) async {
        do {
            switch try await body() {
            case .finished:
                if let job { state.withLock { $0.failures[job] = nil } }
                jobEnded()
            case .stale: demand(task)
            case .later(let key, let reason): postpone(key, reason: reason)
            }
        } catch  where Task.isCancelled {
            // Shutting down: what is stored is found at the next start.
        } catch {
            context.logger.error("aggregation failed", metadata: ["task": "\(task)", "error": "\(error)"])
            // A job that was stored before the failure has to be found again; the sweep finds the others.
            if let job { postpone(job, reason: String(describing: error)) } else { await resumePending() }
        }
        leave()
    }

    private func postpone(_ job: Int64, reason: String) {
        let pause = state.withLock { state in
            state.failures[job, default: 0] += 1
            let pause = RetryRules.pause(afterFailures: state.failures[job] ?? 1)
            state.schedule.resume(job, at: .now + pause)
            return pause
        }
        context.logger.warning(
            "aggregation job has to wait", metadata: ["job": "\(job)", "reason": "\(reason)", "pause": "\(pause)"])
    }

    private func leave() {
        state.withLock { $0.underWay -= 1 }
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
