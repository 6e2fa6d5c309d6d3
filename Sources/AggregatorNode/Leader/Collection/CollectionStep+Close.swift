import DAP
import Datastore
import Ledger
import Logging

// Committed tasks: both aggregators fix the batch's leaves before any share leaves a node. The leader proposes the
// leaves that the log shows and it has accepted; the helper signs them, or names those that it cannot stand by.
// Reports that one of the two lacks are logged `rejected` and left out, so jobs that were abandoned half-way cannot
// spoil a batch.

extension CollectionStep {
    /// One exchange with the helper: the close is signed and logged, or some reports are dropped.
    func agreeOnClose(_ scope: BatchScope, holding count: UInt64) async throws -> Next {
        let proposal = try await proposal(scope)
        switch try await ask(proposal, holding: count) {
        case .drop(let ids):
            try await drop(ids, of: scope, proposed: proposal.reportIDs)
            return .compared(.endless(held: count, mode: task.configuration.batchMode))
        case .signed(let signature):
            try await close(scope, proposal, helperSignature: signature)
            return .again
        }
    }

    /// The stored proposal, or a new one of all leaves of the batch, under a checkpoint that the helper has cosigned.
    private func proposal(_ scope: BatchScope) async throws -> CloseProposal {
        if let stored = job.proposal { return try CloseProposal(decoding: stored) }
        let checkpoint = try await logKeeper.flush(for: task.policy)
        let ids = try await context.store.foldLoggedReports(task: task.id, scope: scope, into: [ReportID]()) {
            $0.append($1)
            _ = $2
        }
        let proposal = CloseProposal(
            selector: scope.selector, checkpointSize: checkpoint.checkpoint.size, reportIDs: ids)
        try await context.store.recordProposal(proposal.encoded(), collection: job.key)
        return proposal
    }

    private func ask(_ proposal: CloseProposal, holding count: UInt64) async throws -> CloseAnswer {
        let url = context.peer.baseURL.appending("cairn/tasks/\(task.id.base64URL)/closes")
        let response = try await context.peer.send(
            .post, url, body: proposal.encoded(), contentType: "application/octet-stream",
            headers: task.taskprovHeaders, maxResponseBytes: BodyLimit.close)
        let request = ShareRequest.close
        switch request.interpret(response, task: task.id, decode: CloseAnswer.init(decoding:)) {
        case .complete(let answer): return answer
        // Without the helper's signature nothing is decided: the batch can be closed later.
        case .refused(let type, let detail):
            throw CollectionFailure.refused(
                type, detail: detail, request: request.name, held: count, mode: task.configuration.batchMode)
        case let other: throw other.unavailable(request)
        }
    }

    private func drop(_ ids: [ReportID], of scope: BatchScope, proposed: [ReportID]) async throws {
        let dropped = Set(ids).intersection(proposed)
        guard !dropped.isEmpty else {
            throw HelperUnavailable(description: "the helper refuses the close without naming a report of it")
        }
        context.logger.warning(
            "the helper does not hold some reports; they are left out of the batch",
            metadata: ["task": "\(task.id)", "dropped": "\(dropped.count)", "of": "\(proposed.count)"])
        let refusals = Refusals(task: task, keys: context.keys)
        let claimKeys = try await context.store.foldLoggedReports(
            task: task.id, scope: scope, into: [ReportID: [UInt8]]()
        ) { keys, id, entry in
            guard dropped.contains(id), case .report(let report)? = try? LedgerEntry(decoding: entry) else { return }
            keys[id] = report.metadata.claimKey?.publicKey
        }
        let endings = try await HelperRefusals(context: context, task: task).certainEndings(claimKeys)
        let refused = try proposed.filter(dropped.contains).map { id in
            guard let ending = endings[id] else { return try refusals.refuse(id, .reportDropped) }
            return RefusedReport(
                reportID: id, error: .reportDropped, logEntry: ending.logEntry, isWithdrawn: ending.isWithdrawn)
        }
        try await context.store.dropReports(refused, collection: job.key)
    }

    private func close(_ scope: BatchScope, _ proposal: CloseProposal, helperSignature: [UInt8]) async throws {
        let root = try await context.store.foldLoggedReports(task: task.id, scope: scope, into: BatchRoot()) {
            _ = $1
            $0.append(entry: $2)
        }
        guard let keys = task.parameters?.statementKeys else {
            throw CollectionFailure(nil, "The task names no statement keys.", concernsOperator: true)
        }
        let terms = CloseEntry.Terms(
            taskID: task.id, selector: scope.selector, root: root.root, count: root.count)
        guard LedgerSignature.isValid(helperSignature, over: terms.signedBytes(), by: keys.helper) else {
            // Perhaps a bit fell over on the way. The proposal is stored, and the helper signs the same one again.
            throw HelperUnavailable(
                description: "its signature of the close does not hold for the leaves that were proposed to it")
        }
        let entry = CloseEntry(
            terms: terms, leaderSignature: try terms.sign(with: context.keys.statement),
            helperSignature: helperSignature)
        try await context.store.recordClose(LedgerEntry.close(entry).encoded(), collection: job.key)
        try await context.generation?.settle()
        logKeeper.noteGrowth()
    }

    /// What both aggregators signed, from the logged entry.
    func closedTerms() throws -> CloseEntry.Terms {
        guard let bytes = job.closeEntry, case .close(let entry) = try LedgerEntry(decoding: bytes) else {
            throw DatastoreError.corrupt("collection job \(job.key) has no close entry")
        }
        return entry.terms
    }
}
