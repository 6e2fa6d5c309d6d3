import DAP
import Datastore
import Logging
import Synchronization

/// The leader's collections as a kind of jobs.
///
/// Each is worked on under a lease, and what becomes of it is stored, so any process goes on where another has ended. One that
/// waits, for whatever time, holds nothing that another needs. What is here in memory makes things quick: it may be lost.
final class CollectionJobs: JobKind {
    private struct State {
        var schedule: JobSchedule
        /// The collections that wait for reports of each task.
        var waiting: [TaskID: Set<Int64>] = [:]
        /// Tasks of which reports have ended since such collections have looked.
        var woken: Set<TaskID> = []
        /// When they may look again.
        var nextHurry = ContinuousClock.now
        /// When it is looked again whose the tasks are.
        var nextLesson = ContinuousClock.now
        /// When those are looked for next that a clock has parked.
        var nextSweep = ContinuousClock.now

        mutating func isTaken(_ key: Int64, of task: TaskID) {
            waiting[task]?.remove(key)
            if waiting[task]?.isEmpty == true { waiting[task] = nil }
        }
    }

    private let context: NodeContext
    private let logKeeper: LogKeeper
    private let aggregation: AggregationJobs
    private let reportsEnded: TaskHints
    private let signal: WakeSignal
    private let keeper: LeaseKeeper<LeasedCollection>
    private let lines = LineRules<TaskID?>()
    private let troubleLines = LineRules<Int64>()
    private let state: Mutex<State>

    /// How often those are looked for that a clock has parked.
    private static let sweep: Duration = .seconds(5)
    /// Collections that wait for reports look so often at most, however many jobs end meanwhile.
    private static let hurryPause: Duration = .milliseconds(50)
    /// How old the knowledge may be of whose tasks there are.
    private static let lessonPause: Duration = .seconds(5)

    /// - Parameters:
    ///   - aggregation: to be asked for what a batch still lacks.
    ///   - reportsEnded: the tasks of which reports were accepted or rejected.
    init(
        context: NodeContext, logKeeper: LogKeeper, aggregation: AggregationJobs, reportsEnded: TaskHints,
        signal: WakeSignal
    ) {
        self.context = context
        self.logKeeper = logKeeper
        self.aggregation = aggregation
        self.reportsEnded = reportsEnded
        self.signal = signal
        let store = context.store
        keeper = LeaseKeeper(logger: context.logger) { lease in
            try await store.releaseCollection(lease, after: .zero, nil)
        } renew: { leases in
            try await store.renewCollections(leases, for: LeaseKeeper<LeasedCollection>.duration)
        }
        var limits = JobSchedule.Limits()
        // They wait for others most of the time: for one helper, each of them for as long as an exchange takes.
        (limits.slotsPerTask, limits.slots) = (8, 64)
        state = Mutex(State(schedule: JobSchedule(limits: limits)))
    }

    /// A collection was made, asked for again or deleted.
    func touched(_ key: Int64, of task: TaskID) {
        state.withLock { $0.schedule.resume(key, of: task, at: .now) }
        signal.raise()
    }

    // MARK: As a kind

    package func look() async {
        do {
            try await learnPeers()
            let isSweepDue = state.withLock { state in
                guard state.nextSweep <= .now else { return false }
                state.nextSweep = .now + Self.sweep
                return true
            }
            if isSweepDue { _ = try await context.store.unparkCollections(CollectionPatience.times) }
            let due = try await context.store.dueCollections()
            let own = keeper.rows
            // This process was slow, or stopped: what it works on is still its own.
            if due.contains(where: { own.contains($0.collection) }) { await keeper.renewAll() }
            let isNews = state.withLock { state in
                // One that is expected much later is due now because somebody says so.
                let new = due.filter {
                    !own.contains($0.collection)
                        && !state.schedule.isScheduled($0.collection, of: $0.task, by: .now)
                }
                for (key, task) in new { state.schedule.resume(key, of: task, at: .now) }
                return !new.isEmpty
            }
            if isNews { signal.raise() }
        } catch {
            if Task.isCancelled { return }
            guard let line = lines.line("\(error)", about: nil) else { return }
            context.logger.error(
                "collections that are due cannot be read", metadata: ["error": "\(error)", "times": "\(line)"])
        }
    }

    /// One helper that lets requests hang must leave the others their places.
    private func learnPeers() async throws {
        let isDue = state.withLock { state in
            guard state.nextLesson <= .now else { return false }
            state.nextLesson = .now + Self.lessonPause
            return true
        }
        guard isDue else { return }
        let peers = try await context.peersOfTasks()
        state.withLock { $0.schedule.learn(peers) }
    }

    package func next(at now: ContinuousClock.Instant) -> JobAction {
        let ended = reportsEnded.take()
        return state.withLock { state in
            state.woken.formUnion(ended.filter { state.waiting[$0] != nil })
            if !state.woken.isEmpty, state.nextHurry <= now {
                let tasks = state.woken
                state.woken = []
                state.nextHurry = now + Self.hurryPause
                return .start { await self.hurry(tasks) }
            }
            let hurry = state.woken.isEmpty ? nil : state.nextHurry
            switch state.schedule.next(at: now) {
            case .resume(let key, let task): return .start { await self.work(key, of: task) }
            case .form: return .wait(until: hurry)
            case .wait(let until): return .wait(until: [until, hurry].compactMap(\.self).min())
            }
        }
    }

    package func keepLeases() async { await keeper.run() }

    /// Steps have given their leases back themselves.
    package func end() async {}

    /// Lets collections look that wait for reports of which some have ended.
    private func hurry(_ tasks: Set<TaskID>) async {
        for task in tasks {
            do {
                guard try await context.store.hurryCollections(of: task) else { continue }
                state.withLock { state in
                    for key in state.waiting[task] ?? [] { state.schedule.resume(key, of: task, at: .now) }
                }
            } catch {
                // They look when their pauses are over.
                context.logger.debug("collections could not be hurried", metadata: ["error": "\(error)"])
            }
        }
        signal.raise()
    }

    // MARK: One collection

    /// Takes the collection of a task that has been due longest, which may be another than was expected, as far as it goes.
    private func work(_ expected: Int64, of id: TaskID) async {
        var held: CollectionLease?
        var again: (key: Int64, pause: Duration)?
        do {
            if let lease = try await context.store.acquireCollection(
                of: id, except: keeper.rows, for: LeaseKeeper<LeasedCollection>.duration)
            {
                held = lease
                state.withLock { $0.isTaken(lease.job.key, of: id) }
                again = try await keeper.hold(lease) { [self] in try await run(lease) }.map { (lease.job.key, $0) }
            }
        } catch {
            again = await fail(error, held, expected, of: id)
        }
        state.withLock { state in
            if let again { state.schedule.resume(again.key, of: id, at: .now + again.pause) }
            state.schedule.ended(id)
        }
        signal.raise()
    }

    /// - Returns: when to look again; nil where it has ended.
    private func run(_ lease: CollectionLease) async throws -> Duration? {
        let id = lease.job.task
        guard let task = try await context.registry.task(id) else {
            var progress = lease.job.stored.progress
            progress.note = "the leader, which cannot serve the task any more"
            try await context.store.releaseCollection(lease, after: CollectionPatience.longPause, progress)
            return CollectionPatience.longPause
        }
        let runner = CollectionRunner(
            context: context, logKeeper: logKeeper, task: task, lease: lease, troubleLines: troubleLines)
        switch try await runner.run() {
        case .ended: return nil
        case .waits(let pause, let forReports, let demand):
            if forReports { state.withLock { _ = $0.waiting[id, default: []].insert(lease.job.key) } }
            if demand { aggregation.demand(id) }
            return pause
        }
    }

    private func fail(
        _ error: any Error, _ lease: CollectionLease?, _ expected: Int64, of id: TaskID
    ) async -> (key: Int64, pause: Duration)? {
        // It has ended meanwhile, or somebody else goes on with it. Of one that stops, the keeper gives the lease back.
        if Task.isCancelled || error as? DatastoreError == .leaseLost { return nil }
        let pause = CollectionPatience.longPause
        // Where this fails as well, the lease runs out.
        if let lease { try? await context.store.releaseCollection(lease, after: pause, nil) }
        if let line = lines.line("\(error)", about: id) {
            context.logger.error(
                "a collection cannot be worked on now",
                metadata: ["task": "\(id)", "error": "\(error)", "times": "\(line)"])
        }
        return (lease?.job.key ?? expected, pause)
    }
}
