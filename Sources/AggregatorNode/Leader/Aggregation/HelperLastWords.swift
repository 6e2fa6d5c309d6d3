import DAP
import Datastore
import Ledger
import NodeAPI

/// Asks the helper for its last words on reports that it rejects or does not hold, so that the log has the rejection under the
/// name of the one who rejects.
struct HelperLastWords: Sendable {
    let context: NodeContext
    let task: NodeTask

    /// What has ended a report on the helper's side.
    struct Word: Sendable {
        let logEntry: [UInt8]
        let isWithdrawn: Bool
    }

    /// The last words that the helper has signed, or that it passes on from the reports' contributors. What it does not
    /// answer, or not truly, is missing: then the leader rejects under its own name.
    ///
    /// - Parameter claimKeys: the reports, each with the claim key that alone can withdraw it.
    func words(_ claimKeys: [ReportID: [UInt8]]) async -> [ReportID: Word] {
        do { return try await certainWords(claimKeys) } catch {
            context.logger.warning("the helper does not say why it rejected reports", metadata: ["reason": "\(error)"])
            return [:]
        }
    }

    /// The same for somebody who can wait until the helper has spoken.
    ///
    /// - Throws: where the helper cannot be reached, or what came is not its word.
    func certainWords(_ claimKeys: [ReportID: [UInt8]]) async throws -> [ReportID: Word] {
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
            var words: [ReportID: Word] = [:]
            for (report, entry) in zip(reports, answer.entries) {
                words[report] = entry.flatMap {
                    word($0, of: report, claimKey: claimKeys[report], helperKey: keys.helper)
                }
            }
            return words
        case .refused: return [:]
        case let other: throw other.unavailable(request)
        }
    }

    private func word(
        _ bytes: [UInt8], of report: ReportID, claimKey: [UInt8]?, helperKey: [UInt8]
    ) -> Word? {
        switch try? LedgerEntry(decoding: bytes) {
        case .rejected(let entry):
            guard entry.taskID == task.id, entry.reportID == report, entry.role == .helper,
                entry.isSigned(by: helperKey)
            else { return nil }
            return Word(logEntry: bytes, isWithdrawn: false)
        case .withdrawal(let entry):
            guard entry.taskID == task.id, entry.reportID == report, entry.claimKey == claimKey, entry.isSigned
            else { return nil }
            return Word(logEntry: bytes, isWithdrawn: true)
        default: return nil
        }
    }
}
