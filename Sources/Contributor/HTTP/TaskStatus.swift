import Foundation
import NodeAPI
import Requests

/// `GET /cairn/tasks/{id}/status`: how many reports the leader has, and what became of them.
public struct TaskStatus: Codable, Sendable, Equatable {
    /// A batch of the task, as far as the leader has come with it.
    public struct Batch: Codable, Sendable, Equatable {
        /// The batch's name: a batch id, or an interval.
        public let batch: String
        /// How far the leader has come: `open`, `closing`, `closed`, `collected`, `disputed` or `lost`.
        public let state: String
        /// How many reports it has.
        public let count: Int
    }

    /// The task's id, in base64url.
    public let taskId: String
    /// Reports that were uploaded and taken.
    public let received: Int
    /// Of those, how many are not verified yet.
    public let pending: Int
    /// Of those, how many count.
    public let accepted: Int
    /// Numbers of refused reports by the standard's name of the reason.
    public let rejected: [String: Int]
    /// The task's batches.
    public let batches: [Batch]

    /// Refused reports of all reasons. The numbers are the leader's word: a sum beyond `Int` stays at its largest value.
    public var rejectedTotal: Int {
        rejected.values.reduce(0) { sum, count in
            let (total, overflow) = sum.addingReportingOverflow(count)
            return overflow ? .max : total
        }
    }
}

extension TaskClient {
    /// The task's counters at the leader.
    public nonisolated func status() async throws -> TaskStatus {
        let request = WebRequest(API.status, at: leaderURL, taskID, headers: [taskHeader])
        let url = request.url
        let answer = try await transport.sendExpectingSuccess(request)
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            return try decoder.decode(TaskStatus.self, from: Data(answer.body))
        } catch {
            throw ContributorError.unexpectedAnswer(url: url, reason: "not the JSON of a task's status")
        }
    }
}
