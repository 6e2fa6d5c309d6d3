import DAP
import Datastore
import Hummingbird
import Ledger
import TransparencyLog

extension Leader {
    /// `GET /cairn/tasks/{task-id}/receipts/{report-id}`: the receipt of an accepted report as a `.tlog-proof` file.
    ///
    /// 200 with the file; 202 while the report is not aggregated or its entry not yet under a cosigned checkpoint;
    /// 404 for a report that never arrived here; 410 with the reason for one that was rejected or withdrawn. Report ids are
    /// random, so whoever knows one is its contributor or an auditor of the public log.
    @Sendable
    func receipt(_ request: Request, _ requestContext: NodeRequestContext) async throws -> Response {
        let task = try await context.matchingTask(request, requestContext)
        let missing = NodeError.http(404, "No report of this id was uploaded to the task.", taskID: task.id)
        let report = try requestContext.identifier("report", as: ReportID.self, orThrow: missing)
        guard task.isCommitted, let policy = task.policy else {
            throw NodeError.http(404, "The task is not committed: its reports have no receipts.", taskID: task.id)
        }
        switch try await context.store.standing(of: report, task: task.id) {
        case .unknown: throw missing
        case .rejected(let error):
            try await context.generation?.settle()
            throw NodeError.http(410, "The report was rejected: \(error.name).", taskID: task.id)
        case .withdrawn:
            try await context.generation?.settle()
            throw NodeError.http(410, "The report was withdrawn by its contributor.", taskID: task.id)
        case .pending, .accepted(nil): return Self.notYet
        case .accepted(let index?):
            guard let checkpoint = try await logKeeper.checkpoint(covering: index, policy: policy) else {
                return Self.notYet
            }
            let proof = try await logKeeper.reader(for: checkpoint).inclusionProof(index: index)
            guard let entry = try await context.store.logEntries(from: index, limit: 1).first else {
                return Self.notYet
            }
            let receipt = Receipt.make(entry: entry, index: index, inclusionProof: proof, checkpoint: checkpoint)
            return .bytes(receipt.serialized(), type: "text/plain; charset=utf-8")
        }
    }

    private static let notYet = Response(status: .accepted, headers: [.retryAfter: "1"])
}
