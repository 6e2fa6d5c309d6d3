import DAP
import Datastore
import Hummingbird
import Ledger
import Logging

// Batches of uncommitted tasks about which the aggregators disagree (Protocols/reconciliation.md).
//
// What P1 needs of this: the helper releases one sum of each report at most. A batch that is collected, or shares a bucket
// with one, refuses; what is dropped is gone with its output share, and its row stays, so that it can never be accepted
// again; the minimum batch size is checked on what remains, when the share is asked for. Which reports a batch has is the
// leader's choice in DAP anyway, as long as it chooses before it sees a sum, and here nothing tells it more than the
// answers to its aggregation jobs did.

extension Helper {
    /// POST `/cairn/tasks/{task-id}/batches`: a `BatchComparison`, answered by a `BatchDifference`.
    func compareBatch(_ request: Request, _ parameters: NodeRequestContext) async throws -> Response {
        let task = try await leadersTask(request, parameters)
        guard request.headers[.contentType] == BatchComparison.mediaType else {
            throw NodeError.http(415, "This resource takes \(BatchComparison.mediaType).", taskID: task.id)
        }
        let body = try await request.bytes(upTo: BodyLimit.close)
        let comparison: BatchComparison
        do throws(CodecError) { comparison = try BatchComparison(decoding: body) } catch {
            throw NodeError(error, in: "BatchComparison", taskID: task.id)
        }
        let scope = try checkForm(comparison, task)
        try await context.generation?.ready()
        let difference = try await context.store.reconcileHelperBatch(
            task.id, scope, leaders: comparison.reportIDs, vdaf: task.vdaf)
        guard let difference else {
            throw NodeError.dap(
                .batchOverlap, "Reports of the batch have been collected before.", taskID: task.id)
        }
        if difference.dropped > 0 || !difference.missing.isEmpty {
            context.logger.warning(
                "the aggregators held different reports of a batch; what only one of them has is dropped",
                metadata: [
                    "task": "\(task.id)", "leader_has": "\(comparison.reportIDs.count)",
                    "missing_here": "\(difference.missing.count)", "dropped": "\(difference.dropped)",
                ])
        }
        return .bytes(difference.encoded(), type: BatchDifference.mediaType)
    }

    private func checkForm(_ comparison: BatchComparison, _ task: NodeTask) throws(NodeError) -> BatchScope {
        guard !task.isCommitted else {
            throw .dap(
                .invalidMessage, "The aggregators agree on the batches of this task by closing them.", taskID: task.id)
        }
        guard comparison.selector.batchMode == task.configuration.batchMode,
            let scope = BatchScope(comparison.selector)
        else {
            throw .dap(.invalidMessage, "The batch selector is not of the task's batch mode.", taskID: task.id)
        }
        if case .interval(let interval) = scope, !interval.isValid {
            throw .dap(.batchInvalid, "The batch interval is empty or ends beyond 64 bits.", taskID: task.id)
        }
        guard comparison.reportIDs.count <= task.maxBatchSize else {
            throw .dap(
                .invalidBatchSize,
                "\(comparison.reportIDs.count) reports; the task allows at most \(task.maxBatchSize).",
                taskID: task.id)
        }
        guard Set(comparison.reportIDs).count == comparison.reportIDs.count else {
            throw .dap(.invalidMessage, "A report is named twice.", taskID: task.id)
        }
        return scope
    }
}
