import DAP
import Datastore
import Hummingbird
import Ledger

// Cairn's own step between aggregation and collection of a committed batch (Protocols/log-entries.md): both
// aggregators sign which report leaves the batch has, before either lets a sum out.

extension Helper {
    /// POST `/cairn/tasks/{task-id}/closes`: a `CloseProposal`, answered by a `CloseAnswer`.
    ///
    /// The helper signs once for a bucket, ever; the same proposal gets the same signature, any other for the bucket
    /// an error.
    func signClose(_ request: Request, _ parameters: NodeRequestContext) async throws -> Response {
        let task = try await leadersTask(request, parameters)
        guard request.headers[.contentType] == Self.closeMediaType else {
            throw NodeError.http(415, "This resource takes \(Self.closeMediaType).", taskID: task.id)
        }
        let body = try await request.bytes(upTo: task.closeLimit)
        let proposal: CloseProposal
        do throws(CodecError) { proposal = try CloseProposal(decoding: body) } catch {
            throw NodeError(error, in: "CloseProposal", taskID: task.id)
        }
        try await context.generation?.ready()
        let answer = try await answer(proposal, task)
        try await context.generation?.settle()
        return .bytes(answer.encoded(), type: Self.closeMediaType)
    }

    private static let closeMediaType = "application/octet-stream"

    private func answer(_ proposal: CloseProposal, _ task: NodeTask) async throws -> CloseAnswer {
        let scope = try checkForm(proposal, task)
        let leavesHash = Blob.hash(proposal.reportIDs.flatMap(\.bytes))
        if let signed = try await context.store.helperClose(task.id, proposal.selector) {
            return .signed(try Self.same(signed, leavesHash, task))
        }
        // As far as everybody sees the log, not only as far as the proposal reaches: it must not have a close already.
        do throws(FollowError) {
            guard let policy = task.policy, let keys = task.parameters?.statementKeys else {
                throw FollowError.noQuorum("the task names none")
            }
            let size = try await follower.quorumSize(of: task, policy: policy, leaderKey: keys.leader)
            guard size >= proposal.checkpointSize else {
                throw FollowError.notCosigned(size: size, needed: proposal.checkpointSize)
            }
        } catch {
            throw error.problem(task)
        }
        guard let entry = try await context.store.loggedTask(task.id), entry.index < proposal.checkpointSize else {
            throw NodeError.http(
                409, "The log has no entry of the task yet, so nobody could check the close; log the task first.",
                taskID: task.id)
        }
        guard try await context.store.fixingClose(task.id, scope) == nil else {
            throw NodeError.dap(
                .batchOverlap, "The log has a close of the batch's buckets; a bucket is closed once.", taskID: task.id)
        }
        // Reports may be withdrawn while the others are examined; then they are examined again.
        for _ in 0..<5 {
            do { return try await examine(proposal, scope, leavesHash, task) } catch DatastoreError.stale { continue }
        }
        throw NodeError.unavailable("The batch keeps changing.", retryAfter: 1, taskID: task.id)
    }

    /// Signs the close, if the helper stands by exactly the proposed reports.
    ///
    /// - Throws: `DatastoreError.stale` where some were withdrawn between the examination and the signature.
    private func examine(
        _ proposal: CloseProposal, _ scope: BatchScope, _ leavesHash: [UInt8], _ task: NodeTask
    ) async throws -> CloseAnswer {
        let agreed: (root: [UInt8], count: UInt64, standing: HelperStanding)
        switch try await context.store.examineProposal(task.id, proposal) {
        case .signed(let signed): return .signed(try Self.same(signed, leavesHash, task))
        case .drop(let ids): return .drop(ids)
        case .notInLogOrder(let id):
            throw NodeError.dap(
                .invalidMessage, "Report \(id.base64URL) does not stand in the order of the log.", taskID: task.id)
        case .agreed(let root, let count, let standing): agreed = (root, count, standing)
        }
        let (root, count, standing) = agreed
        // A reader counts every leaf before the close that is not rejected. Signing for fewer would spend the one
        // signature of the buckets on a close that no reader can confirm.
        let logged = try await context.store.loggedBatch(task.id, scope, before: proposal.checkpointSize)
        guard logged.count == count else {
            throw NodeError.dap(
                .batchMismatch,
                "The log has \(logged.count) report leaves of the batch, the proposal \(count); "
                    + "log what is left out as rejected and propose again.", taskID: task.id)
        }
        let minimum = task.configuration.minBatchSize
        guard count >= minimum else {
            throw NodeError.dap(
                .invalidBatchSize, "\(count) reports remain; the task needs \(minimum).", taskID: task.id)
        }

        let terms = CloseEntry.Terms(taskID: task.id, selector: proposal.selector, root: root, count: count)
        let close = HelperClose(
            selector: proposal.selector, leavesHash: leavesHash, root: root, count: count,
            signature: try terms.sign(with: context.keys.statement))
        let isStored = try await context.store.commitHelperClose(
            task.id, close, reports: proposal.reportIDs, standing: standing, vdaf: task.vdaf)
        if isStored { return .signed(close.signature) }
        guard let signed = try await context.store.helperClose(task.id, proposal.selector) else {
            throw NodeError.dap(
                .batchOverlap, "Some of the batch's buckets are closed or collected already.", taskID: task.id)
        }
        return .signed(try Self.same(signed, leavesHash, task))
    }

    private func checkForm(_ proposal: CloseProposal, _ task: NodeTask) throws(NodeError) -> BatchScope {
        guard task.isCommitted else {
            throw .dap(.invalidMessage, "Batches of tasks without commitments are not closed.", taskID: task.id)
        }
        guard proposal.selector.batchMode == task.configuration.batchMode, let scope = BatchScope(proposal.selector)
        else {
            throw .dap(.invalidMessage, "The batch selector is not of the task's batch mode.", taskID: task.id)
        }
        if case .interval(let interval) = scope, !interval.isValid {
            throw .dap(.batchInvalid, "The batch interval is empty or ends beyond 64 bits.", taskID: task.id)
        }
        // The sums stay exact only up to this many reports (task creation checked the capacity).
        guard proposal.reportIDs.count <= task.maxBatchSize else {
            throw .dap(
                .invalidBatchSize,
                "\(proposal.reportIDs.count) reports; the task allows at most \(task.maxBatchSize).",
                taskID: task.id)
        }
        return scope
    }

    private static func same(
        _ signed: HelperClose, _ leavesHash: [UInt8], _ task: NodeTask
    ) throws(NodeError) -> [UInt8] {
        guard signed.leavesHash == leavesHash else {
            throw .dap(
                .batchOverlap, "The batch is closed over other reports; a bucket is closed once.", taskID: task.id)
        }
        return signed.signature
    }
}
