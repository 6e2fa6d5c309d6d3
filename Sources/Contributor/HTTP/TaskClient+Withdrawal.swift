import DAP
import Ledger
import NodeAPI
import Requests
import Tasks

/// What a node says about a withdrawal.
public enum WithdrawalAnswer: Sendable, Equatable {
    /// The report counts for nothing any more.
    case withdrawn
    /// It will count for nothing as soon as the aggregation job that it is in ends, or at a helper that does not have it
    /// yet, as soon as it comes.
    case pending
    /// The report's batch is closed: it stays in.
    case tooLate
    /// The node does not have the report, or refused it before; the text says which.
    case refused(String)
    /// Not now: the node asks to come back after so many seconds. A helper holds the withdrawals of a batch for a bounded time
    /// while it is being closed, if withdrawals have kept it from that before; the text says why.
    case held(seconds: Int, reason: String)
}

extension TaskClient {
    /// Takes a report back, as long as its batch is not closed. Either node will do.
    ///
    /// - Parameters:
    ///   - seed: the seed that the report's claim key derives from.
    ///   - atHelper: ask the helper instead of the leader.
    ///   - promise: the text of the leader's promise about the report. With it, a helper that does not have the report yet
    ///     keeps the withdrawal for when it comes.
    ///   - waitsIfHeld: whether a node that says when to come back is waited for. It may mean this report alone, and who has
    ///     others asks for them meanwhile.
    public nonisolated func withdraw(
        _ reportID: ReportID, seed: [UInt8], atHelper: Bool = false, promise: String? = nil,
        waitsIfHeld: Bool = true
    ) async throws -> WithdrawalAnswer {
        let key = try ClaimKey.derive(seed: seed, taskID: taskID, reportID: reportID)
        let entry = try WithdrawalEntry(taskID: taskID, reportID: reportID, key: key)
        var type = ContentType.bytes
        var body = LedgerEntry.withdrawal(entry).encoded()
        if atHelper, let promise {
            type = .promisedWithdrawal
            body = PromisedWithdrawal(entry: body, promise: Array(promise.utf8)).encoded()
        }
        let request = WebRequest(
            API.withdrawals, at: atHelper ? file.configuration.helperURL : leaderURL, taskID, headers: [taskHeader],
            body: .bytes(body), type: type)
        let url = request.url
        let answer = try await transport.send(request, returnsHeld: !waitsIfHeld)
        switch answer.status {
        case 200: return .withdrawn
        case 202: return .pending
        case 409: return .tooLate
        case 403, 404, 410:
            let problem = try? ProblemDocument(json: answer.body)
            return .refused(problem?.detail ?? problem?.title ?? "no reason given")
        case 503:
            guard let wait = answer.retryAfter else { throw HTTPTransport.error(for: answer, url: url) }
            let said = answer.problem.flatMap { $0.detail ?? $0.title } ?? "HTTP 503"
            return .held(
                seconds: max(wait, 1),
                reason: AnswerWords.visible(said, limit: 400))
        default: throw HTTPTransport.error(for: answer, url: url)
        }
    }
}
