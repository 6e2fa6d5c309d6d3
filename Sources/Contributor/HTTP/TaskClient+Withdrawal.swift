import DAP
import Ledger
import NIOHTTP1

/// What a node says about a withdrawal.
public enum WithdrawalAnswer: Sendable, Equatable {
    /// The report counts for nothing any more.
    case withdrawn
    /// It will count for nothing as soon as the aggregation job that it is in ends.
    case pending
    /// The report's batch is closed: it stays in.
    case tooLate
    /// The node does not have the report, or refused it before; the text says which.
    case refused(String)
}

extension TaskClient {
    /// Takes a report back, as long as its batch is not closed. Either node will do.
    ///
    /// - Parameters:
    ///   - seed: the seed that the report's claim key derives from.
    ///   - atHelper: ask the helper instead of the leader.
    public nonisolated func withdraw(
        _ reportID: ReportID, seed: [UInt8], atHelper: Bool = false
    ) async throws -> WithdrawalAnswer {
        let key = try ClaimKey.derive(seed: seed, taskID: taskID, reportID: reportID)
        let entry = try WithdrawalEntry(taskID: taskID, reportID: reportID, key: key)
        let url = resource("withdrawals", at: atHelper ? file.configuration.helperURL : leaderURL)
        let headers = [taskHeader, (name: "Content-Type", value: "application/octet-stream")]
        let answer = try await transport.send(
            .init(.POST, url, headers: headers, body: LedgerEntry.withdrawal(entry).encoded()))
        switch answer.status {
        case 200: return .withdrawn
        case 202: return .pending
        case 409: return .tooLate
        case 403, 404, 410:
            let problem = try? ProblemDocument(json: answer.body)
            return .refused(problem?.detail ?? problem?.title ?? "no reason given")
        default: throw HTTPTransport.error(for: answer, url: url)
        }
    }
}
