import DAP
import Datastore
import Hummingbird
import Ledger
import NodeAPI

// Cairn's own step between aggregation and collection of a committed batch (Protocols/log-entries.md): both
// aggregators sign which report leaves the batch has, before either lets a sum out.

extension Helper {
    /// POST `/cairn/tasks/{task-id}/closes`: a `CloseProposal`, answered by a `CloseAnswer`.
    ///
    /// The helper signs once for a bucket, ever; the same proposal gets the same signature, any other for the bucket
    /// an error.
    func signClose(_ request: Request, _ parameters: NodeRequestContext) async throws -> Response {
        let task = try await leadersTask(request, parameters)
        try request.requireType(of: API.closes, task)
        // A batch may be large: its ids are looked up as they come, and none of them is kept.
        var body = try await ReportListBody(
            request, parameters, "CloseProposal", upTo: task.limit(.reports), taskID: task.id,
            decodeHead: CloseProposal.Head.init(from:))
        try await context.generation?.ready()
        let answer = try await answer(&body, task)
        try await context.generation?.settle()
        return .bytes(answer.encoded(), type: ContentType.bytes.header)
    }

    private func answer(
        _ body: inout ReportListBody<CloseProposal.Head>, _ task: NodeTask
    ) async throws -> CloseAnswer {
        let proposal = body.head
        let scope = try checkForm(proposal, count: body.count, task)
        if let signed = try await context.store.helperClose(task.id, proposal.selector) {
            var examination = CloseExamination()
            while let ids = try await body.next() { examination.pass(ids) }
            return .signed(try Self.same(signed, examination.leavesHash, task))
        }
        try await requireLog(proposal, scope, task)
        // Read first: who was accepted afterwards, and none has left since, is accepted still.
        let standing = try await context.store.helperStanding(task.id, scope)
        let prefix = LogPrefix(origin: try follower(of: task).origin, size: proposal.checkpointSize)
        var examination = CloseExamination()
        while let ids = try await body.next() {
            let leaves = try await context.store.examineLeaves(task.id, scope, ids, in: prefix)
            let before = examination.leftOut.count
            if let id = examination.examine(ids, leaves) {
                throw NodeError.dap(
                    .invalidMessage, "Report \(id.base64URL) does not stand in the order of the log.", taskID: task.id)
            }
            try body.keep(examination.leftOut.count - before)
        }
        return try await sign(proposal, prefix, scope, examination, standing, task)
    }

    /// The log as everybody sees it has to have the task, and no close of the buckets.
    private func requireLog(_ proposal: CloseProposal.Head, _ scope: BatchScope, _ task: NodeTask) async throws {
        let follower = try follower(of: task)
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
        guard let entry = try await context.store.loggedTask(task.id, in: follower.origin),
            entry.index < proposal.checkpointSize
        else {
            throw NodeError.http(
                409, "The log has no entry of the task yet, so nobody could check the close; log the task first.",
                taskID: task.id)
        }
        guard try await context.store.fixingClose(task.id, scope, in: follower.origin) == nil else {
            throw NodeError.dap(
                .batchOverlap, "The log has a close of the batch's buckets; a bucket is closed once.", taskID: task.id)
        }
    }

    /// Signs the close, if the helper stands by exactly the proposed reports.
    private func sign(
        _ proposal: CloseProposal.Head, _ prefix: LogPrefix, _ scope: BatchScope, _ examination: CloseExamination,
        _ standing: HelperStanding, _ task: NodeTask
    ) async throws -> CloseAnswer {
        guard examination.leftOut.isEmpty else {
            return try await leaveOut(examination.leftOut, of: scope, reports: examination.count, task)
        }
        // A reader counts every leaf before the close that is not rejected. Signing for fewer would spend the one
        // signature of the buckets on a close that no reader can confirm.
        let logged = try await context.store.loggedBatch(task.id, scope, in: prefix)
        guard logged.count == examination.count else {
            throw NodeError.dap(
                .batchMismatch,
                "The log has \(logged.count) report leaves of the batch, the proposal \(examination.count); "
                    + "log what is left out as rejected and propose again.", taskID: task.id)
        }
        let minimum = task.configuration.minBatchSize
        guard examination.count >= minimum else {
            throw NodeError.dap(
                .invalidBatchSize, "\(examination.count) reports remain; the task needs \(minimum).", taskID: task.id)
        }

        let terms = CloseEntry.Terms(
            taskID: task.id, selector: proposal.selector, root: examination.root, count: examination.count)
        let close = HelperClose(
            selector: proposal.selector, leavesHash: examination.leavesHash, root: terms.root, count: terms.count,
            signature: try terms.sign(with: context.keys.statement))
        var standing = standing
        for _ in 0..<Self.mostCommits {
            do {
                let isStored = try await context.store.commitHelperClose(
                    task.id, close, in: prefix, standing: standing, vdaf: task.vdaf)
                guard isStored else { return .signed(try await signedBefore(close, task)) }
                holds.withLock { $0.closed(task.id, scope) }
                return .signed(close.signature)
            } catch DatastoreError.stale {
                // Read first: where nobody of the batch has left, the examination holds for what is read here, too.
                standing = try await context.store.helperStanding(task.id, scope)
                let departed = try await context.store.departedLeaves(
                    task.id, scope, in: prefix, limit: CloseExamination.mostLeftOut)
                guard departed.isEmpty else {
                    return try await leaveOut(departed, of: scope, reports: examination.count, task)
                }
            }
        }
        // Reports of the buckets that the log had ended before leave one after the other.
        holds.withLock { $0.spoilt(task.id, scope, reports: examination.count, now: .now) }
        throw NodeError.unavailable("The batch keeps changing.", retryAfter: 1, taskID: task.id)
    }

    /// Commits of one examination, as long as none of its reports has left.
    private static let mostCommits = 3

    /// Names what the helper does not stand by. Where contributors have taken some of it back, whoever would take back more
    /// has to wait for the next proposal: whether that was before, during or behind the examination makes no difference.
    private func leaveOut(
        _ reports: [ReportID], of scope: BatchScope, reports count: UInt64, _ task: NodeTask
    ) async throws -> CloseAnswer {
        for start in stride(from: 0, to: reports.count, by: Self.wordsAtOnce) {
            let page = Array(reports[start..<min(start + Self.wordsAtOnce, reports.count)])
            let words = try await context.store.helperLastWords(task.id, page)
            guard words.contains(where: { if case .withdrawn = $0 { true } else { false } }) else { continue }
            holds.withLock { $0.spoilt(task.id, scope, reports: count, now: .now) }
            break
        }
        return .drop(reports)
    }

    private static let wordsAtOnce = 1_000

    /// The signature that somebody else's request got in the meantime.
    private func signedBefore(_ close: HelperClose, _ task: NodeTask) async throws -> [UInt8] {
        guard let signed = try await context.store.helperClose(task.id, close.selector) else {
            throw NodeError.dap(
                .batchOverlap, "Some of the batch's buckets are closed or collected already.", taskID: task.id)
        }
        return try Self.same(signed, close.leavesHash, task)
    }

    private func checkForm(
        _ proposal: CloseProposal.Head, count: Int, _ task: NodeTask
    ) throws(NodeError) -> BatchScope {
        guard task.isCommitted else {
            throw .dap(.invalidMessage, "Batches of tasks without commitments are not closed.", taskID: task.id)
        }
        return try task.checkedScope(of: proposal.selector, reports: count)
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
