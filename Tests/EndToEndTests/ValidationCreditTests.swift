import Contributor
import DAP
import Foundation
import Testing

extension EndToEnd {
    /// A λ that nobody knows before the close, and a pool that is divided by it.
    @Suite struct ValidationCredit {
        @Test func hiddenLambdaIsRevealedAfterTheCloseAndPaidByOnce() async throws {
            try await TestNodes.run { nodes in
                let folder = nodes.folder.path
                let owner = "\(folder)/owner.key"
                try await Cairn.succeed("keygen", "owner", "--out", owner)
                try "[3, -2, 7]".write(toFile: "\(folder)/weights.json", atomically: true, encoding: .utf8)
                let task = try await nodes.createTask(
                    "trial", "--vdaf", "sumvec", "--length", "3", "--max-measurement", "100", "--batch-mode",
                    "leader-selected", "--min-batch-size", "3", "--max-batch-size", "10", "--credit-policy",
                    "validation", "--lambda", "\(folder)/weights.json", "--owner-key", owner)
                let homes = (0..<3).map { "\(folder)/home-\($0)" }
                for (home, value) in zip(homes, ["1,2,3", "100,0,7", "0,100,0"]) {
                    try TestWallet.create(in: home)
                    try await Cairn.succeed(
                        "contribute", "--task", nodes.taskPath("trial"), "--value", value, home: home)
                }
                let lambda = "\(folder)/tasks/trial.lambda"
                let early = try await reveal(lambda, nodes)
                #expect(early.status == 1 && early.errors.contains("No batch is closed yet"), "\(early.errors)")
                _ = try await nodes.collector(task).collect(.leaderSelected, deadline: .seconds(180))
                let other = try await reveal("\(folder)/weights.json", nodes)
                #expect(other.status == 1 && other.errors.contains("not the λ"), "\(other.errors)")
                let unknown = try await prove(homes[0], ["--exact"], "\(folder)/early", nodes)
                #expect(unknown.status == 1 && unknown.errors.contains("credit reveal"), "\(unknown.errors)")
                #expect(try await reveal(lambda, nodes).status == 0)
                #expect(try await reveal(lambda, nodes).status == 0)

                let total = try await Cairn.succeed("credit", "total", "--task", nodes.taskPath("trial"), "--json")
                let batches = try #require(try total.json()["batches"] as? [[String: Any]])
                #expect(batches.map { $0["total"] as? String } == ["\(20 + 349 - 200)"])

                try await claimsArePaid(homes, owner, nodes)

                // A batch that closes after λ was revealed earns nothing, and takes nothing from the one before.
                for home in homes {
                    try await Cairn.succeed(
                        "contribute", "--task", nodes.taskPath("trial"), "--value", "100,0,100", home: home)
                }
                let second = try await nodes.collector(task).collect(
                    .leaderSelected, next: true, deadline: .seconds(180))
                #expect(second.value == .vector([300, 0, 300]))
                let shown = try await Cairn.succeed(
                    "credit", "show", "--task", nodes.taskPath("trial"), "--json", home: homes[0])
                #expect(try shown.json()["total"] as? String == "20")
            }
        }

        private func reveal(_ lambda: String, _ nodes: TestNodes) async throws -> CommandResult {
            try await Cairn.run("credit", "reveal", "--task", nodes.taskPath("trial"), "--lambda", lambda)
        }

        private func prove(
            _ home: String, _ statement: [String], _ output: String, _ nodes: TestNodes
        ) async throws -> CommandResult {
            try await Cairn.run(
                [
                    "credit", "prove", "--task", nodes.taskPath("trial"), "--audience", "payer.example", "--recipient",
                    "account \(output.suffix(1))", "--out", output,
                ] + statement, home: home)
        }

        private func payout(
            _ claims: [String], table: String, owner: String, _ nodes: TestNodes, pool: String = "1000"
        ) async throws -> CommandResult {
            try await Cairn.run(
                [
                    "credit", "payout", "--task", nodes.taskPath("trial"), "--pool", pool, "--unit", "EUR",
                    "--policy", nodes.policyPath("trial"), "--audience", "payer.example", "--registry",
                    "\(nodes.folder.path)/registry", "--owner-key", owner, "--out", table, "--json",
                ] + claims)
        }

        /// Credits 20, 349 and -200: exact, at least 180, and at least -200, which earns nothing.
        private func claimsArePaid(_ homes: [String], _ owner: String, _ nodes: TestNodes) async throws {
            let folder = nodes.folder.path
            let claims = (0..<3).map { "\(folder)/claim-\($0)" }
            for (number, statement) in [["--exact"], ["--at-least", "180"], ["--at-least", "-200"]].enumerated() {
                let made = try await prove(homes[number], statement, claims[number], nodes)
                #expect(made.status == 0, "\(made.errors)")
            }
            let stranger = "\(folder)/stranger.key"
            try await Cairn.succeed("keygen", "owner", "--out", stranger)
            let wrong = try await payout(claims, table: "\(folder)/wrong", owner: stranger, nodes)
            #expect(wrong.status == 1 && wrong.errors.contains("not the key of the owner"), "\(wrong.errors)")

            try await onlyClaimsOverTheTaskArePaid(claims[0], homes, owner, nodes)

            let first = try await payout(claims, table: "\(folder)/table", owner: owner, nodes)
            #expect(first.status == 0, "\(first.errors)")
            #expect(try first.json()["paid"] as? Int == 1000)
            // Sent again it is the same payout; with another table the same claims would be paid twice.
            let again = try await payout(claims, table: "\(folder)/table", owner: owner, nodes)
            #expect(again.status == 0, "\(again.errors)")
            let other = try await payout(claims, table: "\(folder)/table", owner: owner, nodes, pool: "1001")
            #expect(other.status == 1 && other.errors.contains("another payout's table"), "\(other.errors)")
            let twice = try await payout([claims[0]], table: "\(folder)/twice", owner: owner, nodes)
            #expect(twice.status == 1 && twice.errors.contains("counted before"), "\(twice.errors)")
            #expect(!FileManager.default.fileExists(atPath: "\(folder)/twice"))

            for (claim, amount) in zip(claims, [100, 900, 0]) {
                let paid = try await Cairn.run(
                    "credit", "paid", "--task", nodes.taskPath("trial"), claim, "--json")
                #expect(paid.status == 0, "\(paid.output)\(paid.errors)")
                let payments = try #require(try paid.json()["payments"] as? [[String: Any]])
                #expect(payments.map { $0["amount"] as? Int } == [amount])
            }
            let audit = try await Cairn.run(
                "audit", "--log", "\(nodes.leader.url)/log", "--policy", nodes.policyPath("trial"), "--json")
            #expect(audit.status == 0, "\(audit.errors)")
            let payouts = try #require(try audit.json()["payouts"] as? [[String: Any]])
            #expect(payouts.map { $0["paid"] as? Int } == [1000])
            try await Cairn.succeed(
                "log", "fsck", "\(nodes.leader.url)/log", "--policy", nodes.policyPath("trial"))
        }

        /// Another task of the same owner counts in other units, and would drain the pool.
        private func onlyClaimsOverTheTaskArePaid(
            _ claim: String, _ homes: [String], _ owner: String, _ nodes: TestNodes
        ) async throws {
            let folder = nodes.folder.path
            let other = try await nodes.createTask(
                "other", "--vdaf", "sum", "--max-measurement", "100", "--batch-mode", "leader-selected",
                "--min-batch-size", "2", "--max-batch-size", "10", "--owner-key", owner)
            for home in homes.prefix(2) {
                try await Cairn.succeed("contribute", "--task", nodes.taskPath("other"), "--value", "5", home: home)
            }
            _ = try await nodes.collector(other).collect(.leaderSelected, deadline: .seconds(180))
            for tasks in [["other"], ["trial", "other"]] {
                let foreign = "\(folder)/foreign-\(tasks.count)"
                let made = try await Cairn.run(
                    ["credit", "prove"] + tasks.flatMap { ["--task", nodes.taskPath($0)] } + [
                        "--audience", "payer.example", "--exact", "--out", foreign,
                    ], home: homes[0])
                if tasks.count == 1 { #expect(made.status == 0, "\(made.errors)") }
                guard made.status == 0 else { continue }
                let refused = try await payout([claim, foreign], table: "\(folder)/drained", owner: owner, nodes)
                #expect(refused.status == 1 && refused.errors.contains("not among the accepted"), "\(refused.errors)")
            }
            // Without the log nobody knows whether a claim's batch is one.
            let nowhere = try await Cairn.run(
                "credit", "payout", "--task", nodes.taskPath("trial"), "--pool", "1000", "--policy",
                nodes.policyPath("trial"), "--audience", "payer.example", "--registry", "\(folder)/registry",
                "--owner-key", owner, "--out", "\(folder)/drained", "--log", "\(folder)/no-log", claim)
            #expect(nowhere.status == 64 && nowhere.errors.contains("there is no folder"), "\(nowhere.errors)")
            #expect(!FileManager.default.fileExists(atPath: "\(folder)/drained"))
            #expect(!FileManager.default.fileExists(atPath: "\(folder)/registry"))
        }
    }
}
