import Contributor
import DAP
import Foundation
import Ledger
import Testing
import TransparencyLog
import Wallet

extension EndToEnd {
    /// A contributor who takes a report back at the helper before the leader has sent it there.
    @Suite struct EarlyWithdrawal {
        @Test func theWalletsPromiseMakesTheHelperKeepTheWithdrawal() async throws {
            try await TestNodes.run { nodes in
                let task = try await nodes.createTask(
                    "early", "--vdaf", "sum", "--max-measurement", "100", "--batch-mode", "leader-selected",
                    "--min-batch-size", "2", "--max-batch-size", "10")
                let wallet = try nodes.wallet()
                let client = try TaskClient(task: task)
                _ = try await client.aggregatorConfigs()
                // The leader takes the report while the helper is away, and is away itself when the helper comes back.
                await nodes.helper.stop()
                let sent = try await client.upload([.integer(50)], wallet: wallet)
                let id = try #require(sent.first?.reportID)
                guard case .held? = sent.first?.promise else {
                    Issue.record("\(sent)")
                    return
                }
                await nodes.leader.stop()
                try await nodes.helper.start()
                let result = try await Cairn.run(
                    "withdraw", "--task", nodes.taskPath("early"), "--report", id.base64URL, "--at", "helper",
                    home: nodes.home)
                #expect(result.status == 0 && result.output.contains("pending"), "\(result.output)\(result.errors)")
                // Without the promise, as anybody could ask, the helper says what is missing.
                let bare = try await client.withdraw(.random(), seed: wallet.seed, atHelper: true)
                guard case .refused(let reason) = bare else {
                    Issue.record("\(bare)")
                    return
                }
                #expect(reason.contains("promise"), "\(reason)")

                try await nodes.leader.start()
                _ = try await client.upload([.integer(1), .integer(2)], wallet: wallet)
                for _ in 0..<6_000 {
                    if try await client.status().accepted == 2 { break }
                    try await Task.sleep(for: .milliseconds(20))
                }
                let outcome = try await nodes.collector(task).collect(.leaderSelected, deadline: .seconds(120))
                #expect(outcome.count == 2 && outcome.value == .integer(3))
                let log = "\(nodes.leader.url)/log"
                try await Cairn.succeed("audit", "--log", log, "--policy", nodes.policyPath("early"))
                let kept = try await Cairn.run(
                    "promise", "verify", "--report", id.base64URL, "--log", log, "--policy", nodes.policyPath("early"),
                    "--json", home: nodes.home)
                #expect(try kept.json()["kept_by"] as? String == "withdrawal", "\(kept.output)")
            }
        }
    }
}
