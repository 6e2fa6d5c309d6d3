import DAP
import Datastore
import Encodings
import Hummingbird
import Ledger
import TransparencyLog

extension Leader {
    /// `GET /cairn/tasks/{task-id}/receipts/{report-id}`: the receipt of an accepted report as a `.tlog-proof` file.
    ///
    /// 200 with the file; 202 while the report is not aggregated or its entry not yet under a cosigned checkpoint, with
    /// `Retry-After` until the end of the window in which the log lets it wait; 404 for a report that never arrived here; 410 with the reason for one that was rejected or withdrawn. Report ids are
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
        case .pending, .accepted(nil): return try await notYet(report, task)
        case .accepted(let index?):
            guard let checkpoint = try await logKeeper.checkpoint(covering: index, policy: policy) else {
                return try await notYet(report, task)
            }
            let proof = try await logKeeper.reader(for: checkpoint).inclusionProof(index: index)
            guard let entry = try await context.store.logEntries(from: index, limit: 1).first else {
                return try await notYet(report, task)
            }
            let receipt = Receipt.make(entry: entry, index: index, inclusionProof: proof, checkpoint: checkpoint)
            return .bytes(receipt.serialized(), type: "text/plain; charset=utf-8")
        }
    }

    private func notYet(_ report: ReportID, _ task: NodeTask) async throws -> Response {
        let until = try await expectedInLog(report, task)
        let wait = until.map { WindowWait.seconds(until: $0, now: context.now()) } ?? 1
        var response = Response(status: .accepted, headers: [.retryAfter: "\(wait)"])
        if let until, let name = HeaderName(WaitingNote.headerName) {
            response.headers[name] = "the log: the report stands in it after \(PeopleTime.text(until))"
        }
        return response
    }

    /// When the word about a report that has none yet can be expected to stand in the log, in POSIX seconds; nil: any moment.
    private func expectedInLog(_ report: ReportID, _ task: NodeTask) async throws -> UInt64? {
        let now = context.now()
        let waiting = try await context.store.waitingWord(about: report, task: task.id)
        if let waiting { return waiting > now ? waiting : nil }
        guard case .pending = try await context.store.standing(of: report, task: task.id) else { return nil }
        return task.jobWindowEnd(of: now)
    }
}
