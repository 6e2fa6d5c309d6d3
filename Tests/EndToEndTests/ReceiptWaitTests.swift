import Contributor
import DAP
import FaultProxy
import Foundation
import Testing

extension EndToEnd {
    /// Until when a receipt is waited for, the leader says.
    @Suite struct ReceiptWaits {
        private static let receipts: PathPattern = "cairn/tasks/*/receipts/*"

        /// Sends a report of a task whose log lets words wait for so many seconds.
        private func contribute(_ nodes: TestNodes, window: String) async throws -> String {
            let task = try await nodes.createTask(
                "waits", "--vdaf", "sum", "--max-measurement", "9", "--batch-mode", "time-interval", "--min-batch-size",
                "2", "--max-batch-size", "9", "--log-window", window)
            let client = try TaskClient(task: task)
            _ = try await client.aggregatorConfigs()
            let sent = try await client.upload([.integer(3)], wallet: try nodes.wallet())
            return try #require(sent.first).reportID.base64URL
        }

        private func fetch(_ nodes: TestNodes, _ options: String...) async throws -> CommandResult {
            try await Cairn.run(["receipt", "fetch", "--task", nodes.taskPath("waits")] + options, home: nodes.home)
        }

        /// What comes tomorrow is not waited for; until when it takes is said, to people and to scripts.
        @Test func whatTheLogHasAfterTheWindowIsNotWaitedForInVain() async throws {
            try await TestNodes.runBehindProxies { nodes, proxies in
                let id = try await contribute(nodes, window: "604800")
                let result = try await fetch(nodes, "--wait", "600", "--json")
                #expect(result.status == 0, "\(result.errors)")
                #expect(proxies.leader.exchanges("GET", Self.receipts).count == 1)
                let json = try result.json()
                #expect(json["pending"] as? [String] == [id])
                let expected = try #require((json["expected"] as? [String: String])?[id])
                #expect(expected.hasPrefix("20") && expected.hasSuffix("Z"))
                let words = try await fetch(nodes)
                #expect(
                    words.errors.contains("it waits for the log: the report stands in it after")
                        && words.errors.contains("Ask again after 20"), "\(words.errors)")
            }
        }

        /// It is not asked before, and whoever sits there is told for whom it waits.
        @Test func aLeaderThatSaysWhenToComeBackIsNotAskedSooner() async throws {
            try await TestNodes.runBehindProxies { nodes, proxies in
                _ = try await contribute(nodes, window: "0")
                var later = Fault("later")
                later.upstream = .notAsked
                later.change = { _, _ in
                    ProxyAnswer(
                        status: 202, headers: [("Retry-After", "4"), ("Cairn-Waiting-For", "somebody on a hill")])
                }
                proxies.leader.follow(FaultRule("GET", Self.receipts, .first(1), later))
                let start = ContinuousClock.now
                let result = try await fetch(nodes, "--wait", "100", "--json")
                #expect(ContinuousClock.now - start >= .seconds(4))
                #expect(result.status == 0, "\(result.errors)")
                #expect((try result.json()["fetched"] as? [String])?.count == 1, "\(result.output)")
                #expect(
                    result.errors.contains("waiting for the receipt")
                        && result.errors.contains("waits for somebody on a hill"), "\(result.errors)")
            }
        }
    }
}
