import Contributor
import DAP
import FaultProxy
import Foundation
import Tasks
import Testing

extension EndToEnd {
    /// A node that asks to come back for one report, and lets the others go.
    @Suite struct HeldWithdrawals {
        private static let withdrawals: PathPattern = "cairn/tasks/*/withdrawals"

        /// Sends three reports.
        private func contribute(_ nodes: TestNodes, _ task: TaskFile) async throws -> [ReportID] {
            let client = try TaskClient(task: task)
            _ = try await client.aggregatorConfigs()
            return try await client.upload([.integer(1), .integer(2), .integer(4)], wallet: try nodes.wallet())
                .map(\.reportID)
        }

        private func withdraw(_ ids: [ReportID], _ nodes: TestNodes, _ options: String...) async throws
            -> CommandResult
        {
            try await Cairn.run(
                ["withdraw", "--task", nodes.taskPath("held")] + ids.map { "--report=\($0.base64URL)" } + options,
                home: nodes.home)
        }

        /// The reports behind it are asked for, and it comes back at the end.
        @Test func aReportThatIsHeldIsAskedForAgainBehindTheOthers() async throws {
            try await TestNodes.runSums("held") { nodes, proxy, task in
                let ids = try await contribute(nodes, task)
                proxy.follow(
                    FaultRule("POST", Self.withdrawals, .first(1), .busy(503, retryAfter: "3").unasked))
                let result = try await withdraw(ids, nodes, "--json")
                #expect(result.status == 0, "\(result.output)\(result.errors)")
                #expect(result.errors.contains("it holds 1 report"), "\(result.errors)")
                let bodies = proxy.exchanges("POST", Self.withdrawals).map(\.request.body)
                #expect(bodies.count == 4 && bodies[3] == bodies[0] && Set(bodies).count == 3)
                let reports = try #require(try result.json()["reports"] as? [[String: Any]])
                #expect(reports.map { $0["report_id"] as? String } == ids.map(\.base64URL))
                #expect(reports.allSatisfy { ["withdrawn", "pending"].contains($0["state"] as? String) })
            }
        }

        /// Nobody sits there for an hour: what remains is named, and the same command takes it back later.
        @Test func whatIsHeldForTooLongIsNamedAndTheOthersAreGone() async throws {
            try await TestNodes.runSums("held") { nodes, proxy, task in
                let ids = try await contribute(nodes, task)
                proxy.follow(
                    FaultRule("POST", Self.withdrawals, .first(1), .busy(503, retryAfter: "3600").unasked))
                let result = try await withdraw(ids, nodes, "--json")
                #expect(result.status == 75, "\(result.output)\(result.errors)")
                #expect(
                    result.errors.contains("it holds 1 of 3 reports")
                        && result.errors.contains("Run the command again later"), "\(result.errors)")
                let reports = try #require(try result.json()["reports"] as? [[String: Any]])
                #expect(reports.map { $0["state"] as? String }.first == "held")
                #expect(reports.first?["retry_after"] as? Int == 3_600)
                #expect(reports.dropFirst().allSatisfy { ["withdrawn", "pending"].contains($0["state"] as? String) })
                proxy.behave()
                let again = try await withdraw([ids[0]], nodes)
                #expect(again.status == 0, "\(again.output)\(again.errors)")
            }
        }
    }
}
