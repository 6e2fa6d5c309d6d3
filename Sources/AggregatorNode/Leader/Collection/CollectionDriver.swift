import DAP
import Datastore
import Logging
import Synchronization

/// Works on collection jobs until each is finished or has failed.
///
/// A job's progress is in the database (`CollectionState`); the driver only asks what the next step is and takes it.
/// A step that cannot be taken now is tried again with growing pauses, or at once when something changed.
final class CollectionDriver: Sendable {
    private struct State {
        /// One signal for every job that is being worked on.
        var running: [Int64: WakeSignal] = [:]
        var queue: Set<Int64> = []
        var aggregation: AggregationDriver?
    }

    private let context: NodeContext
    private let logKeeper: LogKeeper
    private let state = Mutex(State())
    private let signal = WakeSignal()

    private static let poll: Duration = .seconds(1)
    private static let firstPause: Duration = .milliseconds(250)
    private static let longestPause: Duration = .seconds(15)
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

    /// Something changed that jobs may wait for.
    func wakeAll() {
        let signals = state.withLock { Array($0.running.values) }
        for signal in signals { signal.raise() }
    }

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
            let active = try await context.store.activeCollections().map(\.key)
            state.withLock { $0.queue.formUnion(active) }
        } catch {
            context.logger.error("collection jobs cannot be read", metadata: ["error": "\(error)"])
        }
    }

    private func takeQueued() -> [(Int64, WakeSignal)] {
        state.withLock { state in
            let new = state.queue.filter { state.running[$0] == nil }.sorted().map { ($0, WakeSignal()) }
            state.queue = []
            for (key, signal) in new { state.running[key] = signal }
            return new
        }
    }

    private func work(on key: Int64, _ wake: WakeSignal) async {
        var pause = Self.firstPause
        while !Task.isCancelled {
            do {
                guard let next = try await advance(key) else { break }
                pause = Self.firstPause
                if next == .wait { await wake.wait(atMost: Self.poll) }
            } catch  where Task.isCancelled {
                break
            } catch {
                context.logger.warning(
                    "collection job has to wait", metadata: ["job": "\(key)", "reason": "\(error)"])
                await wake.wait(atMost: pause)
                pause = min(pause * 2, Self.longestPause)
            }
        }
        state.withLock { $0.running[key] = nil }
    }

    /// Takes the job's next step; nil when there is none.
    private func advance(_ key: Int64) async throws -> CollectionStep.Next? {
        guard let job = try await context.store.collection(key: key), job.state.isActive,
            let task = try await context.registry.task(job.task)
        else { return nil }
        let step = CollectionStep(
            context: context, logKeeper: logKeeper, task: task, job: job,
            demand: { [self] in state.withLock { $0.aggregation }?.demand(task.id) })
        do {
            return try await step.take()
        } catch let failure as CollectionFailure {
            context.logger.warning(
                "collection job failed",
                metadata: ["task": "\(task.id)", "job": "\(job.id)", "reason": "\(failure.problem.detail)"])
            try await context.store.failCollection(
                key, problem: failure.problem, reopening: failure.reopensBatch && job.closeEntry == nil)
            return nil
        }
    }
}
