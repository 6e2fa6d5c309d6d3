import DAP
import Datastore
import Ledger
import NodeAPI

/// Asks the helper for its signed word on reports that it refused or dropped, so that the log has the refusal under the
/// name of the one who refused.
struct HelperRefusals: Sendable {
    let context: NodeContext
    let task: NodeTask

    /// What ends a report on the helper's side.
    struct Ending: Sendable {
        let logEntry: [UInt8]
        let isWithdrawn: Bool
    }

    /// The endings of these reports that the helper has signed, or that it passes on from the reports' contributors.
    /// What it does not answer, or not truly, is missing: then the leader refuses under its own name.
    ///
    /// - Parameter claimKeys: the reports, each with the claim key that alone can withdraw it.
    func endings(_ claimKeys: [ReportID: [UInt8]]) async -> [ReportID: Ending] {
        do { return try await certainEndings(claimKeys) } catch {
            context.logger.warning("the helper does not say why it refused reports", metadata: ["reason": "\(error)"])
            return [:]
        }
    }

    /// The same for somebody who can wait until the helper has spoken.
    ///
    /// - Throws: where the helper cannot be reached, or what came is not its word.
    func certainEndings(_ claimKeys: [ReportID: [UInt8]]) async throws -> [ReportID: Ending] {
        guard task.isCommitted, !claimKeys.isEmpty, let keys = task.parameters?.statementKeys else { return [:] }
        let reports = Array(claimKeys.keys)
        let response = try await context.client(of: task).send(
            API.refusals, task.id, body: .bytes(RefusalQuestion(reportIDs: reports).encoded()),
            headers: task.taskprovHeaders, maxResponseBytes: NodeTask.entryLimit(of: reports.count),
            deadline: .seconds(10))
        let request = ShareRequest.refusals
        switch request.interpret(response, task: task.id, decode: RefusalAnswer.init(decoding:)) {
        case .complete(let answer):
            guard answer.entries.count == reports.count else { return [:] }
            var endings: [ReportID: Ending] = [:]
            for (report, entry) in zip(reports, answer.entries) {
                endings[report] = entry.flatMap {
                    ending($0, of: report, claimKey: claimKeys[report], helperKey: keys.helper)
                }
            }
            return endings
        case .refused: return [:]
        case let other: throw other.unavailable(request)
        }
    }

    private func ending(
        _ bytes: [UInt8], of report: ReportID, claimKey: [UInt8]?, helperKey: [UInt8]
    ) -> Ending? {
        switch try? LedgerEntry(decoding: bytes) {
        case .rejected(let entry):
            guard entry.taskID == task.id, entry.reportID == report, entry.role == .helper,
                entry.isSigned(by: helperKey)
            else { return nil }
            return Ending(logEntry: bytes, isWithdrawn: false)
        case .withdrawal(let entry):
            guard entry.taskID == task.id, entry.reportID == report, entry.claimKey == claimKey, entry.isSigned
            else { return nil }
            return Ending(logEntry: bytes, isWithdrawn: true)
        default: return nil
        }
    }
}
