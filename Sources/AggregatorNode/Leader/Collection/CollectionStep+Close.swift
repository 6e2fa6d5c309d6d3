import DAP
import Datastore
import Ledger
import Logging
import NodeAPI
import Requests

// Committed tasks: both aggregators fix the batch's leaves before any share leaves a node. The leader proposes the
// leaves that the log shows and it has accepted; the helper signs them, or names those that it cannot stand by.
// Reports that one of the two lacks are logged `rejected` and left out, so jobs that were abandoned half-way cannot
// spoil a batch.

extension CollectionStep {
    /// One exchange with the helper: the close is signed and logged, or some reports are left out.
    func agreeOnClose(_ scope: BatchScope, holding count: UInt64) async throws -> Next {
        if let until = try await waitForWords(scope) {
            let canBeStopped = CollectionLife.canBeStopped(
                job.state, hasProposal: job.proposalSize != nil, isHeldUp: true)
            if job.isHidden, canBeStopped { throw CollectionFailure.deleted }
            return .window(until: until)
        }
        let size = try await proposedSize()
        let leaves = try await context.store.leafSpan(task: task.id, scope: scope)
        guard leaves.count == count else {
            throw DatastoreError.corrupt("a batch of \(count) reports has \(leaves.count) leaves in the log")
        }
        switch try await ask(try body(scope, under: size, leaves), leaves: leaves) {
        case .drop(let ids):
            let left = try await leaveOut(ids, of: scope, holding: count)
            guard left.all > 0 else {
                throw HelperUnavailable(description: "the helper refuses the close without naming a report of it")
            }
            // What contributors have taken back says nothing against the helper, and there is an end of it.
            if left.isWithdrawn { return .again }
            return .compared(
                named: ids.count, leftOut: left.all, .endless(held: count, mode: task.configuration.batchMode))
        case .signed(let signature):
            try await close(scope, helperSignature: signature)
            return .again
        }
    }

    /// The size of the checkpoint under which the leaves are proposed: the stored one of a proposal that may have reached the
    /// helper, or one that covers all of them and that the helper has cosigned.
    private func proposedSize() async throws -> UInt64 {
        if let stored = job.proposalSize { return stored }
        let size = try await logKeeper.flush(for: task.policy).checkpoint.size
        try await context.store.recordProposal(size: size, lease)
        return size
    }

    /// The `CloseProposal`, made page by page as it is sent. It is the same every time.
    private func body(_ scope: BatchScope, under size: UInt64, _ leaves: LeafSpan) throws -> WebBody {
        guard leaves.range.upperBound <= size else {
            throw DatastoreError.corrupt("a checkpoint of size \(size) does not cover the leaves of the batch")
        }
        let proposal = CloseProposal.Head(selector: scope.selector, checkpointSize: size)
        let head = try listHead(of: leaves.count) { count throws(CodecError) in try proposal.encoded(reports: count) }
        let (store, task) = (context.store, task.id)
        return .pages(
            length: head.count + ReportID.size * Int(leaves.count), head: head, from: leaves.range.lowerBound
        ) { next in
            let page = try await store.leaves(
                task: task, scope: scope, in: next..<max(next, leaves.range.upperBound), limit: Self.reportsPerPage)
            guard let last = page.last else { return nil }
            return (page.flatMap(\.id.bytes), last.index + 1)
        }
    }

    private func ask(_ proposal: WebBody, leaves: LeafSpan) async throws -> CloseAnswer {
        let response = try await context.client(of: task).send(
            API.closes, task.id, body: proposal, headers: task.taskprovHeaders,
            maxResponseBytes: NodeTask.listedLimit(of: leaves.count), deadline: Self.patience(for: leaves.count))
        let request = ShareRequest.close
        switch request.interpret(response, task: task.id, decode: CloseAnswer.init(decoding:)) {
        case .complete(let answer): return answer
        // Without the helper's signature nothing is decided: the batch can be closed later.
        case .refused(let type, let detail):
            throw CollectionFailure.refused(
                type, detail: detail, request: request.name, held: leaves.count,
                mode: task.configuration.batchMode)
        case .tooLong(let detail, let seconds):
            throw tooLong(request, detail, seconds: seconds, in: response, held: leaves.count)
        case let other: throw other.unavailable(request)
        }
    }

    private func close(_ scope: BatchScope, helperSignature: [UInt8]) async throws {
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
        try await context.store.recordClose(LedgerEntry.close(entry).encoded(), lease)
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
