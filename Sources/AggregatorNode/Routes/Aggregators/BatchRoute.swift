import DAP
import Datastore
import Hummingbird
import Ledger
import Logging
import NodeAPI

// Batches of uncommitted tasks about which the aggregators disagree (Protocols/reconciliation.md).
//
// What P1 needs of this: the helper releases one sum of each report at most. A batch that is collected, or shares a bucket
// with one, refuses; what is left out is gone with its output share, and its row stays, so that it can never be accepted
// again; the minimum batch size is checked on what remains, when the share is asked for. Which reports a batch has is the
// leader's choice in DAP anyway, as long as it chooses before it sees a sum, and here nothing tells it more than the
// answers to its aggregation jobs did.

extension Helper {
    /// POST `/cairn/tasks/{task-id}/batches`: a `BatchComparison`, answered by a `BatchDifference`.
    func compareBatch(_ request: Request, _ parameters: NodeRequestContext) async throws -> Response {
        let task = try await leadersTask(request, parameters)
        try request.requireType(of: API.batches, task)
        var body = try await ReportListBody(
            request, parameters, "BatchComparison", upTo: task.limit(.reports), taskID: task.id,
            decodeHead: BatchSelector.init(from:))
        let scope = try checkForm(body.head, count: body.count, task)
        try await context.generation?.ready()
        let difference = try await difference(&body, scope, task)
        try await context.generation?.settle()
        if difference.dropped > 0 || !difference.missing.isEmpty {
            context.logger.warning(
                "the aggregators held different reports of a batch; what only one of them has is left out",
                metadata: [
                    "task": "\(task.id)", "leader_has": "\(body.count)",
                    "missing_here": "\(difference.missing.count)", "dropped": "\(difference.dropped)",
                ])
        }
        return .bytes(difference.encoded(), type: BatchDifference.mediaType)
    }

    /// Looks the leader's reports up as they come; of those that are here, only a bit each is kept, and of the others no more
    /// than an answer names: the leader asks again when it has left those out.
    private func difference(
        _ body: inout ReportListBody<BatchSelector>, _ scope: BatchScope, _ task: NodeTask
    ) async throws -> BatchDifference {
        // Read first: who was accepted afterwards, and none has left since, is accepted still.
        let standing = try await context.store.helperStanding(task.id, scope)
        var named = ReportNumbers()
        var missing: [ReportID] = []
        let twice = NodeError.dap(.invalidMessage, "A report is named twice.", taskID: task.id)
        while let ids = try await body.next() {
            let numbers = try await context.store.acceptedHelperReports(task.id, scope, ids)
            let before = missing.count
            for (id, number) in zip(ids, numbers) {
                guard let number else {
                    if missing.count < ReportList.mostNamed { missing.append(id) }
                    continue
                }
                guard named.insert(number) else { throw twice }
            }
            try body.keep(missing.count - before)
        }
        guard Set(missing).count == missing.count else { throw twice }
        do {
            let dropped = try await context.store.reconcileHelperBatch(
                task.id, scope, named: named, standing: standing, vdaf: task.vdaf)
            guard let dropped else {
                throw NodeError.dap(
                    .batchOverlap, "Reports of the batch have been collected before.", taskID: task.id)
            }
            return BatchDifference(missing: missing, dropped: dropped)
        } catch DatastoreError.stale {
            throw NodeError.unavailable("The batch keeps changing.", retryAfter: 1, taskID: task.id)
        }
    }

    private func checkForm(
        _ selector: BatchSelector, count: Int, _ task: NodeTask
    ) throws(NodeError) -> BatchScope {
        guard !task.isCommitted else {
            throw .dap(
                .invalidMessage, "The aggregators agree on the batches of this task by closing them.", taskID: task.id)
        }
        return try task.checkedScope(of: selector, reports: count)
    }
}
