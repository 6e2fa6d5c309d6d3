import DAP
import Datastore
import Encodings
import Hummingbird
import Ledger
import NodeAPI
import Tasks

/// An aggregate share as it is answered, at first and again.
struct ShareAnswer: Sendable {
    /// The encoded `AggregateShare`.
    var body: [UInt8]
    /// The encoded `Statement` of a committed task.
    var statement: [UInt8]?
}

// DAP-18, Obtaining Aggregate Shares.
//
// In a committed task a share leaves only for the first close of its buckets that both aggregators signed, in log order,
// over the first leaves of its reports, all of it in front of a checkpoint with the quorum of the task's policy. Whoever
// could see a sum first could choose afterwards what the batch was (design P3); and as that prefix is the same for
// everybody and for ever, the sums that a helper releases are over disjoint sets of reports even if its database was
// exchanged for an older copy in between (P1, `Protocols/log-entries.md`, section 'What counts').

extension Helper {
    /// POST `/tasks/{task-id}/aggregate_shares`
    func createShare(_ request: Request, _ parameters: NodeRequestContext) async throws -> Response {
        let task = try await leadersTask(request, parameters)
        let (message, body) = try await request.message(AggregateShareReq.self, of: API.createShare, task)
        let id = AggregateShareID.derived(taskID: task.id, body: body)
        try await context.generation?.ready()
        let answer = try await shares.result(id) { try await collect(message, id, task) }
        try await context.generation?.settle()
        return response(answer, location: context.path(API.share, task.id, ForeignID(id)))
    }

    /// GET `/tasks/{task-id}/aggregate_shares/{aggregate-share-id}`
    func getShare(_ request: Request, _ parameters: NodeRequestContext) async throws -> Response {
        let task = try await leadersTask(request, parameters)
        let id = try shareID(task, parameters)
        guard let stored = try await context.store.helperCollection(task.id, id), let body = stored.response else {
            throw unknownShare(task)
        }
        try await context.generation?.settle()
        return response(ShareAnswer(body: body, statement: stored.statement), location: nil)
    }

    /// DELETE `/tasks/{task-id}/aggregate_shares/{aggregate-share-id}`: the batch stays collected.
    func deleteShare(_ request: Request, _ parameters: NodeRequestContext) async throws -> Response {
        let task = try await leadersTask(request, parameters)
        guard try await context.store.deleteHelperCollection(task.id, try shareID(task, parameters)) else {
            throw unknownShare(task)
        }
        return .empty()
    }

    private func response(_ answer: ShareAnswer, location: String?) -> Response {
        var response = Response.dap(.aggregateShare, answer.body, location: location)
        if let statement = answer.statement, let name = HeaderName("Cairn-Statement") {
            response.headers[name] = Base64.encode(statement)
        }
        return response
    }

    private func collect(
        _ message: AggregateShareReq, _ id: AggregateShareID, _ task: NodeTask
    ) async throws -> ShareAnswer {
        if let stored = try await context.store.helperCollection(task.id, id) { return try repeated(stored, task) }
        let (selected, queried) = try scopes(message, task)
        guard try await !context.store.isHelperCollected(task.id, selected) else { throw overlap(task) }
        let terms = task.isCommitted ? try await closedTerms(message.batchSelector, selected, task) : nil

        // Reports may join or leave an uncommitted batch while it is summed; then the sum is made again.
        for _ in 0..<5 {
            let sum = try await context.store.sumHelperShares(task.id, selected, vdaf: task.vdaf)
            try check(sum, message, terms, task)
            let (answer, share) = try seal(sum, message, terms, task)
            let commit = HelperCollectionCommit(
                share: id, selected: selected, queried: queried, standing: sum.standing,
                answer: HelperCollection(response: answer.body, statement: answer.statement),
                published: task.parameters?.publish == .public ? share.map(NamedBlob.init) : nil)
            switch try await context.store.commitHelperCollection(task.id, commit) {
            case .stored: return answer
            case .present(let stored): return try repeated(stored, task)
            case .overlap: throw overlap(task)
            case .changed: continue
            }
        }
        throw NodeError.unavailable("The batch keeps changing.", retryAfter: 1, taskID: task.id)
    }

    // MARK: The draft's checks

    private func scopes(
        _ message: AggregateShareReq, _ task: NodeTask
    ) throws(NodeError) -> (selected: BatchScope, queried: BatchScope) {
        let query = message.collectionJobReq.query
        let mode = task.configuration.batchMode
        guard query.batchMode == mode, message.batchSelector.batchMode == mode else {
            throw .dap(.invalidMessage, "The task's batch mode is \(mode).", taskID: task.id)
        }
        guard message.collectionJobReq.aggregationParameter.isEmpty else {
            throw .dap(
                .invalidMessage, "The task's VDAF has no aggregation parameter, so it must be empty.", taskID: task.id)
        }
        let extensions = message.collectionJobReq.extensions
        // The leader has checked that already; the helper does not rely on it (DAP-18, Collection Job Extensions).
        do throws(CodecError) { try extensions.checkOrder() } catch {
            throw .dap(.invalidExtension, "Collection job extensions: \(error)", taskID: task.id)
        }
        guard extensions.isEmpty else {
            throw .unsupportedExtensions(extensions.unknownTypes(known: []), taskID: task.id)
        }
        guard let selected = BatchScope(message.batchSelector) else {
            throw .dap(.invalidMessage, "The batch selector is not of its mode's form.", taskID: task.id)
        }
        if case .interval(let interval) = selected, !interval.isValid {
            throw .dap(.batchInvalid, "The batch interval is empty or ends beyond 64 bits.", taskID: task.id)
        }
        guard message.batchSelector.isConsistent(with: query) else {
            throw .dap(.batchInvalid, "The batch selector does not lie within the collector's query.", taskID: task.id)
        }
        do throws(CodecError) {
            return (selected, try query.interval().map(BatchScope.interval) ?? selected)
        } catch {
            throw NodeError(error, in: "query", taskID: task.id)
        }
    }

    private func check(
        _ sum: HelperSum, _ message: AggregateShareReq, _ terms: CloseEntry.Terms?, _ task: NodeTask
    ) throws(NodeError) {
        let (minimum, maximum) = (task.configuration.minBatchSize, task.maxBatchSize)
        guard (minimum...max(minimum, maximum)).contains(sum.count) else {
            throw .dap(
                .invalidBatchSize, "The batch has \(sum.count) reports; the task allows \(minimum) to \(maximum).",
                taskID: task.id)
        }
        guard sum.count == message.reportCount, sum.checksum == message.checksum,
            terms == nil || terms?.count == sum.count
        else {
            throw .dap(
                .batchMismatch,
                "The helper has \(sum.count) reports in the batch, the leader \(message.reportCount)"
                    + (sum.count == message.reportCount ? ", but not the same ones." : "."),
                taskID: task.id)
        }
    }

    /// The terms of the batch's close, once the log shows it to everybody.
    private func closedTerms(
        _ selector: BatchSelector, _ scope: BatchScope, _ task: NodeTask
    ) async throws -> CloseEntry.Terms {
        func refusal(_ reason: String) -> NodeError { .dap(.batchInvalid, reason, taskID: task.id) }
        guard let keys = task.parameters?.statementKeys, let policy = task.policy else {
            throw refusal("The task names no statement keys or no log policy.")
        }
        guard let close = try await context.store.helperClose(task.id, selector) else {
            throw refusal("This helper has not signed a close of the batch.")
        }
        let terms = CloseEntry.Terms(taskID: task.id, selector: selector, root: close.root, count: close.count)
        let follower = try follower(of: task)
        let size: UInt64
        do throws(FollowError) {
            size = try await follower.quorumSize(of: task, policy: policy, leaderKey: keys.leader)
        } catch {
            throw error.problem(task)
        }
        guard let logged = try await context.store.fixingClose(task.id, scope, in: follower.origin),
            logged.index < size
        else {
            throw refusal(
                "The log, as far as a quorum of the task's policy has cosigned it, has no close of the batch that both "
                    + "aggregators signed.")
        }
        guard case .close(let first)? = try? LedgerEntry(decoding: logged.entry), first.terms == terms else {
            throw refusal("The log has another close of the batch's buckets first; only that one counts.")
        }
        let seen = try await context.store.loggedBatch(
            task.id, scope, in: LogPrefix(origin: follower.origin, size: logged.index))
        guard seen.root == terms.root, seen.count == terms.count else {
            throw refusal(
                "The log has \(seen.count) report leaves of the batch before its close, which has \(terms.count); "
                    + "reports that were left out need 'rejected' entries before the close.")
        }
        return terms
    }

    // MARK: The answer

    /// Encrypts the share for the collector and, in a committed task, signs for it.
    ///
    /// - Returns: The answer, and in a committed task the share itself, S_j ‖ R_j.
    private func seal(
        _ sum: HelperSum, _ message: AggregateShareReq, _ terms: CloseEntry.Terms?, _ task: NodeTask
    ) throws -> (ShareAnswer, share: [UInt8]?) {
        let share = sum.aggregateShare
        let aad = AggregateShareAad(
            taskID: task.id, taskConfiguration: task.configuration, collectionJobReq: message.collectionJobReq)
        let sealed = try task.collectorConfig.seal(
            info: HpkeInfo.aggregateShare(from: .helper), aad: aad.encoded(), plaintext: share)
        let statement = try terms.map {
            try Statement(role: .helper, terms: $0, shareHash: Blob.hash(share), key: context.keys.statement)
        }
        let body = AggregateShare(encryptedAggregateShare: sealed).encoded()
        return (ShareAnswer(body: body, statement: statement?.encoded()), terms == nil ? nil : share)
    }

    private func repeated(_ stored: HelperCollection, _ task: NodeTask) throws(NodeError) -> ShareAnswer {
        guard let body = stored.response else { throw overlap(task) }
        return ShareAnswer(body: body, statement: stored.statement)
    }

    private func overlap(_ task: NodeTask) -> NodeError {
        .dap(.batchOverlap, "Reports of the batch have been collected before.", taskID: task.id)
    }

    private func shareID(_ task: NodeTask, _ parameters: NodeRequestContext) throws(NodeError) -> AggregateShareID {
        try parameters.identifier("share", as: AggregateShareID.self, orThrow: unknownShare(task))
    }

    private func unknownShare(_ task: NodeTask) -> NodeError {
        .http(404, "There is no aggregate share of that id.", taskID: task.id)
    }
}
