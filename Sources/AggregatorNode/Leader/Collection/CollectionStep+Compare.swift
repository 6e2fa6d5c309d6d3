import DAP
import Datastore
import Ledger
import Logging

// Uncommitted tasks: a batch about which the aggregators disagree, because one of them was put back to an older state or
// a job was abandoned half-way. The helper has released nothing of it. It says what it does not hold and drops what the
// leader does not hold; so both lose only what they disagree about. (In committed tasks the close does this.)

extension CollectionStep {
    enum Comparison {
        /// The leader's batch has changed.
        case dropped
        /// The helper holds all that the leader holds.
        case same
    }

    /// Compares the batch with the helper's, and drops what the helper does not hold.
    ///
    /// - Parameter refusal: how the job ends where the helper cannot compare.
    func compare(_ scope: BatchScope, _ refusal: any Error) async throws -> Comparison {
        let held = try await context.store.reportIDs(task: task.id, scope: scope)
        let url = context.peer.baseURL.appending("cairn/tasks/\(task.id.base64URL)/batches")
        let response = try await context.peer.send(
            .post, url, body: BatchComparison(selector: scope.selector, reportIDs: held).encoded(),
            contentType: BatchComparison.mediaType, headers: task.taskprovHeaders, maxResponseBytes: BodyLimit.close)
        let request = ShareRequest.comparison
        let difference: BatchDifference
        switch request.interpret(response, task: task.id, decode: BatchDifference.init(decoding:)) {
        case .complete(let answer): difference = answer
        case .unsupported: throw refusal
        case .refused(let type, let detail):
            throw CollectionFailure.refused(
                type, detail: detail, request: request.name, held: UInt64(held.count),
                mode: task.configuration.batchMode)
        case let other:
            var unavailable = other.unavailable(request)
            // Servers have many ways to say that they do not have a page.
            if context.standing.taskState(task) == .plain { unavailable.fallback = refusal as? CollectionFailure }
            throw unavailable
        }
        let missing = Set(difference.missing)
        let dropped = held.filter(missing.contains)
        context.logger.log(
            level: dropped.isEmpty && difference.dropped == 0 ? .info : .error,
            "the aggregators held different reports of a batch; what only one of them has is dropped",
            metadata: [
                "task": "\(task.id)", "leader_had": "\(held.count)", "dropped_here": "\(dropped.count)",
                "dropped_by_helper": "\(difference.dropped)",
            ])
        guard !dropped.isEmpty else { return .same }
        let refusals = Refusals(task: task, keys: context.keys)
        try await context.store.dropReports(
            try dropped.map { try refusals.refuse($0, .reportDropped) }, collection: job.key)
        return .dropped
    }
}
