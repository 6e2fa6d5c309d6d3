import Contributor
import FaultProxy
import Foundation
import TaskTypes
import Testing

extension EndToEnd {
    /// `collect --next`: each batch is handed out once, however fast the leader is and however slow its answers.
    @Suite struct NextBatch {
        @Test func aBatchThatIsReadyBeforeItCanBeAskedForIsHandedOut() async throws {
            try await TestNodes.runBehindProxies { nodes, proxies in
                let task = try await nodes.createTask(
                    "next", "--vdaf", "sum", "--max-measurement", "100", "--uncommitted", "--batch-mode",
                    "leader-selected", "--min-batch-size", "2", "--max-batch-size", "2")
                let client = try TaskClient(task: task)
                _ = try await client.upload([1, 2, 4, 8].map { .integer($0) }, wallet: nodes.wallet())
                for _ in 0..<6_000 {
                    if try await client.status().accepted == 4 { break }
                    try await Task.sleep(for: .milliseconds(20))
                }
                proxies.leader.follow(FaultRule("POST", "tasks/*/collection_jobs", .always, .late(.seconds(3))))
                var sums: [AggregateValue] = []
                for _ in 0..<2 {
                    sums.append(
                        try await nodes.collector(task).collect(.leaderSelected, next: true, deadline: .seconds(60))
                            .value)
                }
                guard case .integer(let first) = sums[0], case .integer(let second) = sums[1] else {
                    Issue.record("\(sums)")
                    return
                }
                #expect(first != second && first + second == 15, "\(sums): one batch twice, or one never")
                // Without `--next`, the last one again.
                proxies.leader.behave()
                #expect(try await nodes.collector(task).collect(.leaderSelected).value == sums[1])
            }
        }
    }
}
