import DAP
import Datastore
import Ledger
import Logging

/// One step of a collection job, from the state in which the job is.
///
///     waiting → sealed ─────────→ shareReceived → published → finished      any task
///                  └──→ closed ──┘                                          committed tasks
///
/// Each step ends in one transaction, which begins by making sure of the job's lease, and every request that it sends may be sent again, so a node that is killed
/// anywhere takes the same step anew.
struct CollectionStep: Sendable {
    let context: NodeContext
    let logKeeper: LogKeeper
    let task: NodeTask
    let lease: CollectionLease
    /// As it is now.
    let job: StoredCollection

    enum Next: Sendable {
        /// The state has changed: take the next step.
        case again
        /// The helper has named reports that it does not hold, and so many of the batch are left out: take the next step, or give
        /// up with this where that goes on and on.
        case compared(named: Int, leftOut: Int, CollectionFailure)
        /// Words about reports of the batch stand in the log after this time only, in POSIX seconds.
        case window(until: UInt64)
        /// So many reports have to be aggregated first.
        case aggregation(UInt64)
        /// The helper makes its share, and has named a time.
        case deferred(seconds: Int)
        /// There is no further step.
        case done
    }

    var minimum: UInt64 { max(task.configuration.minBatchSize, 1) }
    var maximum: UInt64 { task.maxBatchSize }

    func take() async throws -> Next {
        switch job.state {
        case .waiting: return try await seal()
        case .sealed: return try await workOnSealedBatch(try scope())
        case .closed:
            // Nothing may ask for a share before the close stands under a cosigned checkpoint.
            _ = try await logKeeper.flush(for: task.policy)
            return try await requestShare(try scope())
        case .shareReceived: try await publish(try scope())
        case .published:
            if task.isCommitted { _ = try await logKeeper.flush(for: task.policy) }
            try await context.store.finishCollection(lease)
            context.logger.info("batch collected", metadata: ["task": "\(task.id)", "job": "\(job.id)"])
            return .done
        case .finished, .failed: return .done
        }
        return .again
    }

    func scope() throws -> BatchScope {
        guard let scope = job.scope else { throw DatastoreError.corrupt("collection job \(job.key) has no batch") }
        return scope
    }

    /// Whether nothing can be left to a later batch: a training round is one batch, and to a task whose time is over no further
    /// reports come that would make a rest large enough.
    private var takesAll: Bool {
        let isOver = task.configuration.taskSeconds.map { $0.end <= context.now() } ?? false
        return isOver || task.configuration.trainingRound != nil
    }

    /// `waiting`: what was uploaded before the request is aggregated, then the batch is chosen and closed to new
    /// reports.
    private func seal() async throws -> Next {
        if job.isHidden { throw CollectionFailure.deleted }
        let request = try CollectionJobReq(decoding: job.request)
        let outcome = try await context.store.sealBatch(
            lease, interval: try request.query.interval(), sizes: minimum...max(minimum, maximum),
            at: task.drawsBatchesLater ? context.now() : .max, isWhole: takesAll)
        switch outcome {
        case .sealed: return .again
        case .notReady(let unfinished): return .aggregation(unfinished)
        case .window(let until): return .window(until: until)
        case .tooFew(let count): throw CollectionFailure.tooFew(count, minimum: minimum)
        case .tooMany(let count): throw CollectionFailure.tooMany(count, maximum: maximum)
        case .overlap: throw CollectionFailure.overlap
        }
    }

    /// `sealed`: jobs that were under way end first, or the aggregators would disagree about the batch.
    private func workOnSealedBatch(_ scope: BatchScope) async throws -> Next {
        let unfinished = try await context.store.unfinishedReports(task: task.id, scope: scope)
        guard unfinished == 0 else {
            let canBeStopped = CollectionLife.canBeStopped(
                job.state, hasProposal: job.proposalSize != nil, isHeldUp: true)
            if job.isHidden, canBeStopped { throw CollectionFailure.deleted }
            return .aggregation(unfinished)
        }
        let summary = try await context.store.summary(task: task.id, scope: scope)
        guard summary.count >= minimum else { throw CollectionFailure.tooFew(summary.count, minimum: minimum) }
        guard summary.count <= maximum else { throw CollectionFailure.tooMany(summary.count, maximum: maximum) }
        guard task.isCommitted else { return try await requestShare(scope) }
        return try await agreeOnClose(scope, holding: summary.count)
    }
}
