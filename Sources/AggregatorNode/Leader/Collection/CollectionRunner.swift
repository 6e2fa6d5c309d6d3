import DAP
import Datastore
import Logging

/// Takes a collection as far as it goes, under its lease.
///
/// Its progress is in the database (`CollectionState`), and so is what became of the last attempt (`CollectionProgress`):
/// whoever takes it next goes on from there. The runner asks what the next step is and takes it, until there is none or it
/// has to wait; then it gives the collection back, with what it waits for.
struct CollectionRunner: Sendable {
    let context: NodeContext
    let logKeeper: LogKeeper
    let task: NodeTask
    let lease: CollectionLease
    /// Whether there is to be another line about what a collection has met with, by its number.
    let troubleLines: LineRules<Int64>

    enum Ending: Sendable, Equatable {
        /// It has its result, or has failed.
        case ended
        /// It was given back, and falls due after a pause.
        ///
        /// - Parameters:
        ///   - forReports: it can go on when aggregation has come further.
        ///   - demand: aggregation has to be asked for.
        case waits(Duration, forReports: Bool, demand: Bool)
    }

    private enum Turn {
        case again
        case ended
        case wait(Duration, note: String, demand: Bool = false)
    }

    private var helper: String { context.client(of: task).baseURL.string }

    func run() async throws -> Ending {
        var job = lease.job.stored
        var patience = CollectionPatience(job.progress, longRequestsSpan: context.longRequestsSpan)
        while true {
            switch try await turn(job, &patience) {
            case .again:
                // It has ended, and so its lease has.
                guard let next = try await context.store.collection(key: job.key), next.state.isActive else {
                    throw DatastoreError.leaseLost
                }
                job = next
            case .ended: return .ended
            case .wait(let pause, let note, let demand):
                patience.progress.note = WaitingNote.headerValue(note)
                let progress = patience.progress
                // What the helper has asked for is not forgotten because this process stops.
                try await evenWhileStopping { [context, lease] in
                    try await context.store.releaseCollection(lease, after: pause, progress)
                }
                return .waits(pause, forReports: patience.progress.unfinished != nil, demand: demand)
            }
        }
    }

    /// Takes the next step.
    private func turn(_ job: StoredCollection, _ patience: inout CollectionPatience) async throws -> Turn {
        do {
            return try await advance(job, &patience)
        } catch let error where error as? DatastoreError == .leaseLost {
            throw error
        } catch let error where Task.isCancelled && !(error is HelperUnavailable) {
            throw error
        } catch {
            let unavailable = error as? HelperUnavailable
            if unavailable?.repeatsFailure != true { patience.heardOtherwise() }
            let pause = patience.failed(retryAfter: unavailable?.retryAfter, jitter: .random(in: 0.5...1.5))
            // By its own words, not by the note: to the collector, all that is wrong in here is one thing, and it was perhaps
            // another process that has said so.
            let times = troubleLines.line("\(error)", about: job.key)
            context.logger.log(
                level: times == nil ? .debug : .warning, "collection job has to wait",
                metadata: [
                    "job": "\(job.key)", "reason": "\(error)", "pause": "\(pause)", "times": "\(times ?? 0)",
                ])
            return .wait(pause, note: WaitingNote.trouble(error, helper: helper))
        }
    }

    private func advance(_ job: StoredCollection, _ patience: inout CollectionPatience) async throws -> Turn {
        let step = CollectionStep(context: context, logKeeper: logKeeper, task: task, lease: lease, job: job)
        do {
            switch try await step.take() {
            case .again:
                patience.progressed()
                return .again
            case .compared(let named, let leftOut, let failure):
                guard patience.compared(named: named, leftOut: leftOut) else { throw failure }
                // Whoever is killed now must not begin to count anew.
                try await context.store.holdCollection(
                    lease, for: LeaseKeeper<LeasedCollection>.duration, patience.progress)
                return .again
            case .aggregation(let reports):
                let (demand, pause) = patience.waits(for: reports)
                let note = WaitingNote.aggregation(of: reports, helper: helper, lastAnswer: try await trouble())
                return .wait(pause, note: note, demand: demand)
            case .window(let until):
                return .wait(patience.waits(until: until, now: context.now()), note: WaitingNote.window(until: until))
            case .deferred(let seconds):
                return .wait(
                    patience.deferred(seconds: seconds), note: WaitingNote.deferral(helper: helper, seconds: seconds))
            case .done: return .ended
            }
        } catch let failure as CollectionFailure {
            if failure.isFirstOfItsKind { patience.heardOtherwise() }
            let isFinal =
                failure.isTooLong
                ? patience.wasTooLong(at: context.now()) : !failure.isRefusal || patience.refused()
            guard isFinal else {
                throw HelperUnavailable(
                    description: "asking once more: \(failure.problem.detail)", retryAfter: failure.retryAfter,
                    repeatsFailure: true)
            }
            return try await end(job, failure)
        } catch let error as HelperUnavailable where patience.isSpent {
            guard let failure = error.fallback else { throw error }
            return try await end(job, failure)
        }
    }

    /// Why aggregation does not go on, where something is known.
    private func trouble() async throws -> String? {
        guard context.standing(of: task).mayWork(on: task) else { return "the nodes do not fit each other" }
        return try await context.store.lastTrouble(of: task.id)
    }

    private func end(_ job: StoredCollection, _ failure: CollectionFailure) async throws -> Turn {
        try await context.store.failCollection(lease, problem: failure.problem, batch: failure.batch)
        context.logger.log(
            level: failure.concernsOperator ? .error : .info, "collection job failed",
            metadata: [
                "task": "\(task.id)", "job": "\(job.id)", "reason": "\(failure.problem.detail)",
                "batch": "\(job.closeEntry == nil ? failure.batch : .closed)",
            ])
        return .ended
    }
}
