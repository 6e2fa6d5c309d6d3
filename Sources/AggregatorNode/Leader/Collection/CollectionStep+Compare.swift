import DAP
import Datastore
import Ledger
import Logging
import NodeAPI
import Requests

// Uncommitted tasks: a batch about which the aggregators disagree, because one of them was put back to an older state or
// a job was abandoned half-way. The helper has released nothing of it. It says what it does not hold and leaves out what the
// leader does not hold; so both lose only what they disagree about. (In committed tasks the close does this.)

extension CollectionStep {
    enum Comparison {
        /// The leader's batch has changed: the helper has named so many reports, and so many of the batch are left out.
        case differed(named: Int, leftOut: Int)
        /// The helper holds all that the leader holds.
        case same
    }

    /// Compares the batch with the helper's, and leaves out what the helper does not hold.
    ///
    /// - Parameter refusal: how the job ends where the helper cannot compare.
    func compare(_ scope: BatchScope, _ refusal: any Error) async throws -> Comparison {
        let held = try await context.store.summary(task: task.id, scope: scope).count
        let response = try await context.client(of: task).send(
            API.batches, task.id, body: try comparison(scope, holding: held), headers: task.taskprovHeaders,
            maxResponseBytes: NodeTask.listedLimit(of: held),
            deadline: Self.patience(for: held))
        let request = ShareRequest.comparison
        let difference: BatchDifference
        switch request.interpret(response, task: task.id, decode: BatchDifference.init(decoding:)) {
        case .complete(let answer): difference = answer
        case .unsupported: throw refusal
        case .tooLong(let detail, let seconds):
            throw context.standing(of: task).taskState(task) == .plain
                ? refusal : tooLong(request, detail, seconds: seconds, in: response, held: held)
        case .refused(let type, let detail):
            throw CollectionFailure.refused(
                type, detail: detail, request: request.name, held: held, mode: task.configuration.batchMode)
        case let other:
            var unavailable = other.unavailable(request)
            // Servers have many ways to say that they do not have a page.
            if context.standing(of: task).taskState(task) == .plain {
                unavailable.fallback = refusal as? CollectionFailure
            }
            throw unavailable
        }
        let leftOut = try await leaveOut(difference.missing, of: scope, holding: held).all
        context.logger.log(
            level: leftOut == 0 && difference.dropped == 0 ? .info : .error,
            "the aggregators held different reports of a batch; what only one of them has is left out",
            metadata: [
                "task": "\(task.id)", "leader_had": "\(held)", "dropped_here": "\(leftOut)",
                "dropped_by_helper": "\(difference.dropped)",
            ])
        return leftOut == 0 ? .same : .differed(named: difference.missing.count, leftOut: leftOut)
    }

    /// The `BatchComparison`, made page by page as it is sent.
    private func comparison(_ scope: BatchScope, holding count: UInt64) throws -> WebBody {
        let head = try listHead(of: count) { count throws(CodecError) in
            try BatchComparison.head(selector: scope.selector, reports: count)
        }
        let (store, task) = (context.store, task.id)
        return .pages(
            length: head.count + ReportID.size * Int(count), head: head, from: ReportCursor?.none
        ) { last in
            let page = try await store.acceptedReports(
                task: task, scope: scope, after: last, limit: Self.reportsPerPage)
            return page.isEmpty ? nil : (page.flatMap(\.id.bytes), page.last)
        }
    }
}
