import Contributor
import Foundation
import Testing

/// What a leader says about a task is its word, and no number in it may stop the client.
@Suite struct TaskStatusTests {
    @Test func rejectionsBeyondEveryCountAddUpToTheLargest() throws {
        let json = #"""
            {"taskId": "t", "received": 0, "pending": 0, "accepted": 0, "batches": [],
             "rejected": {"report_dropped": 9223372036854775807, "report_replayed": 1, "invalid_message": 1}}
            """#
        let status = try JSONDecoder().decode(TaskStatus.self, from: Data(json.utf8))
        #expect(status.rejectedTotal == .max)
    }
}
