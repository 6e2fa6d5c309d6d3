import DAP
import Datastore
import Hummingbird
import Ledger
import NodeAPI

// The helper's last words on reports: what it rejected or left out, under its signature, and what contributors took back.
// On the wire they are called refusals.
// The leader logs it; a contributor can ask for it, and so knows whether the leader tells the truth about the helper.

extension Helper {
    /// GET `/cairn/tasks/{task-id}/refusals/{report-id}`: a `rejected` or `withdrawal` entry.
    func getLastWord(_ request: Request, _ parameters: NodeRequestContext) async throws -> Response {
        let task = try await context.matchingTask(request, parameters)
        let missing = NodeError.http(404, "This helper has not rejected a report of this id.", taskID: task.id)
        let report = try parameters.identifier("report", as: ReportID.self, orThrow: missing)
        guard task.isCommitted, let entry = try await entries(task, [report])[0] else { throw missing }
        try await context.generation?.settle()
        return .bytes(entry, type: Self.binary)
    }

    /// POST `/cairn/tasks/{task-id}/refusals`: the same for many reports at once, for the leader.
    ///
    /// The request is a list of report ids, the answer a list of entries in the same order, empty where there is none.
    func listLastWords(_ request: Request, _ parameters: NodeRequestContext) async throws -> Response {
        let task = try await leadersTask(request, parameters)
        let body = try await request.bytes(of: API.refusals, task)
        let question: RefusalQuestion
        do throws(CodecError) { question = try RefusalQuestion(decoding: body) } catch {
            throw NodeError(error, in: "RefusalQuestion", taskID: task.id)
        }
        guard task.isCommitted else {
            throw NodeError.dap(.invalidMessage, "Tasks without commitments log no refusals.", taskID: task.id)
        }
        let answer = RefusalAnswer(entries: try await entries(task, question.reportIDs))
        try await context.generation?.settle()
        return .bytes(answer.encoded(), type: Self.binary)
    }

    private static let binary = "application/octet-stream"

    private func entries(_ task: NodeTask, _ reports: [ReportID]) async throws -> [[UInt8]?] {
        let words = try await context.store.helperLastWords(task.id, reports)
        return try zip(reports, words).map { report, word in
            switch word {
            case nil: nil
            case .withdrawn(let entry): entry
            case .rejected(let error):
                LedgerEntry.rejected(
                    try RejectedEntry(
                        taskID: task.id, reportID: report, role: .helper, error: error, key: context.keys.statement)
                ).encoded()
            }
        }
    }
}
