import DAP
import Datastore
import Logging
import Synchronization

/// Works on collection jobs until each is finished or has failed.
///
/// A job's progress is in the database (`CollectionState`); the driver only asks what the next step is and takes it.
/// Jobs are independent: one that waits, for whatever time, holds nothing that another needs.
final class CollectionDriver: Sendable {
    private struct State {
        /// The jobs that are being worked on, each with the signal that aggregation has come further.
        var running: [Int64: WakeSignal] = [:]
        var queue: Set<Int64> = []
        /// What each running job waits for.
        var notes: [Int64: String] = [:]
        var aggregation: AggregationDriver?
    }

    private let context: NodeContext
    private let logKeeper: LogKeeper
    private let state = Mutex(State())
    private let signal = WakeSignal()

    private static let sweep: Duration = .seconds(30)

    init(context: NodeContext, logKeeper: LogKeeper) {
        self.context = context
        self.logKeeper = logKeeper
    }

    /// The driver to ask for the aggregation of what a batch still lacks.
    func attach(_ aggregation: AggregationDriver) {
        state.withLock { $0.aggregation = aggregation }
    }

    /// A job was created, or asked for again.
    func start(_ key: Int64) {
        state.withLock { _ = $0.queue.insert(key) }
        signal.raise()
    }

    /// A job's resource was deleted; it may be possible to stop it.
    func deleted(_ key: Int64) {
        state.withLock { $0.running[key] }?.raise()
    }

    /// Aggregation has come further: jobs that wait for it look again.
    func wakeAll() {
        let signals = state.withLock { Array($0.running.values) }
        for signal in signals { signal.raise() }
    }

    /// What a job waits for, if it does.
    func waitingFor(_ key: Int64) -> String? { state.withLock { $0.notes[key] } }

    /// Works until the task is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            var nextSweep = ContinuousClock.now
            while !Task.isCancelled {
                if nextSweep <= .now {
                    await queueActive()
                    nextSweep = .now + Self.sweep
                }
                for (key, signal) in takeQueued() {
                    group.addTask { await self.work(on: key, signal) }
                }
                await signal.wait(atMost: nextSweep - .now)
            }
        }
    }

    private func queueActive() async {
        do {
            let active = try await context.store.activeCollections()
            state.withLock { $0.queue.formUnion(active) }
        } catch {
            context.logger.error("collection jobs cannot be read", metadata: ["error": "\(error)"])
        }
    }

    private func takeQueued() -> [(Int64, WakeSignal)] {
        state.withLock { state in
            let new = state.queue.filter { state.running[$0] == nil }.sorted().map { ($0, WakeSignal()) }
            // A job that is asked for again while its failure is being stored starts when that is done.
            state.queue.formIntersection(state.running.keys)
            for (key, signal) in new { state.running[key] = signal }
            return new
        }
    }

    private func work(on key: Int64, _ wake: WakeSignal) async {
        var patience = context.patience
        var hasMore = true
        while hasMore, !Task.isCancelled {
            do {
                hasMore = try await advance(key, &patience, wake)
            } catch  where Task.isCancelled {
                break
            } catch {
                let helper = error as? HelperUnavailable
                if helper?.repeatsFailure != true { patience.heardOtherwise() }
                let pause = patience.failed(retryAfter: helper?.retryAfter, jitter: .random(in: 0.5...1.5))
                // The same again is no news.
                let isNews = note(WaitingNote.trouble(error, helper: await self.helper(of: key)), of: key)
                context.logger.log(
                    level: isNews ? .warning : .debug, "collection job has to wait",
                    metadata: ["job": "\(key)", "reason": "\(error)", "pause": "\(pause)"])
                // Nothing wakes it: the helper may have named the time.
                try? await Task.sleep(for: pause)
            }
        }
        let isWanted = state.withLock { state in
            state.running[key] = nil
            state.notes[key] = nil
            return state.queue.contains(key)
        }
        if isWanted { signal.raise() }
    }

    /// Who the other aggregator of a job's task is, for notes.
    private func helper(of key: Int64) async -> String {
        guard let job = try? await context.store.collection(key: key),
            let task = try? await context.registry.task(job.task)
        else { return "the helper" }
        return context.client(of: task).baseURL.string
    }

    /// Takes the job's next step, and waits as long as that asks for.
    ///
    /// - Returns: false when there is none.
    private func advance(
        _ key: Int64, _ patience: inout CollectionPatience, _ wake: WakeSignal
    ) async throws -> Bool {
        guard let job = try await context.store.collection(key: key), job.state.isActive,
            let task = try await context.registry.task(job.task)
        else { return false }
        let helper = context.client(of: task).baseURL.string
        if waitingFor(key) == nil {
            note(WaitingNote.asking(job.state, isCommitted: task.isCommitted, helper: helper), of: key)
        }
        do {
            switch try await CollectionStep(context: context, logKeeper: logKeeper, task: task, job: job).take() {
            case .again:
                patience.progressed()
                note(nil, of: key)
            case .compared(let named, let leftOut, let failure):
                guard patience.compared(named: named, leftOut: leftOut) else { throw failure }
                note(nil, of: key)
            case .aggregation(let reports):
                let aggregation = state.withLock { $0.aggregation }
                let (demand, pause) = patience.waits(for: reports)
                if demand { aggregation?.demand(task.id) }
                let trouble = aggregation?.trouble.reason(of: task.id)
                note(WaitingNote.aggregation(of: reports, helper: helper, lastAnswer: trouble), of: key)
                await wake.wait(atMost: pause)
            case .deferred(let seconds):
                note(WaitingNote.deferral(helper: helper, seconds: seconds), of: key)
                try await Task.sleep(for: patience.deferred(seconds: seconds))
            }
            return true
        } catch let failure as CollectionFailure {
            if failure.isFirstOfItsKind { patience.heardOtherwise() }
            guard failure.isTooLong ? patience.wasTooLong(at: .now) : !failure.isRefusal || patience.refused() else {
                throw HelperUnavailable(
                    description: "asking once more: \(failure.problem.detail)", retryAfter: failure.retryAfter,
                    repeatsFailure: true)
            }
            try await end(job, task, failure)
            return false
        } catch let error as HelperUnavailable where patience.isSpent {
            guard let failure = error.fallback else { throw error }
            try await end(job, task, failure)
            return false
        }
    }

    private func end(_ job: StoredCollection, _ task: NodeTask, _ failure: CollectionFailure) async throws {
        try await context.store.failCollection(job.key, problem: failure.problem, batch: failure.batch)
        context.logger.log(
            level: failure.concernsOperator ? .error : .info, "collection job failed",
            metadata: [
                "task": "\(task.id)", "job": "\(job.id)", "reason": "\(failure.problem.detail)",
                "batch": "\(job.closeEntry == nil ? failure.batch : .closed)",
            ])
    }

    /// - Returns: whether it is something new.
    @discardableResult
    private func note(_ text: String?, of key: Int64) -> Bool {
        state.withLock { state in
            defer { state.notes[key] = text }
            return state.notes[key] != text
        }
    }
}
