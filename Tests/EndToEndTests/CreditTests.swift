import Contributor
import DAP
import Foundation
import Testing

extension EndToEnd {
    /// Credit from upload to claim to verifier, with the commands that people use.
    @Suite struct Credit {
        @Test func pricedCreditIsProvedAndLiesAreRefused() async throws {
            try await TestNodes.run { nodes in
                let prices = "\(nodes.folder.path)/prices.json"
                try "[3, -2, 7]".write(toFile: prices, atomically: true, encoding: .utf8)
                let task = try await nodes.createTask(
                    "survey", "--vdaf", "sumvec", "--length", "3", "--max-measurement", "100", "--batch-mode",
                    "leader-selected", "--min-batch-size", "3", "--max-batch-size", "10", "--credit-policy", "priced",
                    "--lambda", prices)
                let homes = (0..<3).map { "\(nodes.folder.path)/home-\($0)" }
                for home in homes { try TestWallet.create(in: home) }
                for (home, value) in zip(homes, ["1,2,3", "100,0,7", "0,50,100"]) {
                    try await Cairn.succeed(
                        "contribute", "--task", nodes.taskPath("survey"), "--value", value, home: home)
                }
                try await Cairn.succeed(
                    "contribute", "--task", nodes.taskPath("survey"), "--value", "5,5,5", home: homes[0])
                _ = try await nodes.collector(task).collect(.leaderSelected, deadline: .seconds(180))

                let log = ["--log", "\(nodes.leader.url)/log", "--lambda", "\(nodes.folder.path)/tasks/survey.lambda"]
                let shown = try await Cairn.run(
                    ["credit", "show", "--task", "survey", "--json"] + log, home: homes[0])
                #expect(try shown.json()["total"] as? String == "60", "20 and 40; \(shown.errors)")

                try await provesAndVerifies(log, homes, nodes)
                try await refusals(log, homes, nodes)
            }
        }

        /// The wallet is gone, and comes back from its seed and the log.
        private func loseAllButTheSeed(
            _ home: String, _ task: String, _ log: [String], _ nodes: TestNodes
        ) async throws {
            let seed = "\(nodes.folder.path)/seed"
            try await Cairn.succeed("wallet", "seed", home: home).output
                .write(toFile: seed, atomically: true, encoding: .utf8)
            try FileManager.default.removeItem(atPath: "\(home)/wallet")
            let recovered = try await Cairn.run(
                ["wallet", "recover", "--seed-file", seed, "--task", nodes.taskPath(task), "--json"] + log, home: home)
            #expect(recovered.status == 0, "\(recovered.errors)")
            #expect(try recovered.json()["reports"] as? Int == 1)
            // A report and its receipt.
            #expect(try recovered.json()["added"] as? Int == 2)
            let listed = try await Cairn.succeed("receipt", "list", "--json", home: home).json()
            let reports = try #require(listed["reports"] as? [[String: Any]])
            #expect(reports.map { $0["has_receipt"] as? Bool } == [true])
            #expect(reports.map { $0["state"] as? String } == ["stored"])
        }

        private func prove(
            _ statement: [String], _ output: String, _ log: [String], home: String
        ) async throws -> CommandResult {
            try await Cairn.run(
                [
                    "credit", "prove", "--task", "survey", "--audience", "bank.example", "--purpose", "payout 7",
                    "--recipient", "account 12", "--out", output, "--json",
                ] + statement + log, home: home)
        }

        private func verify(
            _ claim: String, _ log: [String], _ nodes: TestNodes, _ options: [String] = [],
            audience: String = "bank.example"
        ) async throws -> (status: Int32, json: [String: Any]) {
            let result = try await Cairn.run(
                [
                    "credit", "verify", claim, "--task", nodes.taskPath("survey"), "--policy",
                    nodes.policyPath("survey"), "--audience", audience, "--json",
                ] + log + options)
            return (result.status, try result.json())
        }

        private func provesAndVerifies(_ log: [String], _ homes: [String], _ nodes: TestNodes) async throws {
            let registry = ["--registry", "\(nodes.folder.path)/registry"]
            for (number, (home, statement)) in [
                (homes[0], ["--exact"]), (homes[1], ["--at-least", "300"]), (homes[2], ["--between", "-500..700"]),
            ].enumerated() {
                let file = "\(nodes.folder.path)/claim-\(number)"
                let made = try await prove(statement, file, log, home: home)
                #expect(made.status == 0, "\(made.errors)")
                let verdict = try await verify(file, log, nodes, registry)
                #expect(verdict.status == 0, "\(verdict.json)")
                #expect(verdict.json["valid"] as? Bool == true)
                #expect(verdict.json["counted"] as? Bool == true)
                #expect(verdict.json["recipient"] as? String == "account 12")
            }
            // Shown again it is the same claim; another one over the same receipts counts them twice.
            let again = try await verify("\(nodes.folder.path)/claim-1", log, nodes, registry)
            #expect(again.status == 0 && again.json["counted"] as? Bool == false)
            let second = "\(nodes.folder.path)/claim-again"
            _ = try await prove(["--at-least", "10"], second, log, home: homes[1])
            let refused = try await verify(second, log, nodes, registry)
            #expect(refused.status == 1 && refused.json["check"] as? String == "registry")
        }

        private func refusals(_ log: [String], _ homes: [String], _ nodes: TestNodes) async throws {
            let wrong = try await prove(["--at-least", "61"], "\(nodes.folder.path)/wrong", log, home: homes[0])
            #expect(wrong.status == 1 && wrong.errors.contains("60"), "\(wrong.errors)")
            #expect(!FileManager.default.fileExists(atPath: "\(nodes.folder.path)/wrong"))

            let claim = "\(nodes.folder.path)/claim-0"
            // Without λ there is no verdict, neither way.
            let undecided = try await Cairn.run(
                "credit", "verify", claim, "--task", nodes.taskPath("survey"), "--policy",
                nodes.policyPath("survey"), "--audience", "bank.example")
            #expect(undecided.status == 2 && undecided.errors.contains("not at hand"), "\(undecided.errors)")
            let words = try await Cairn.run(
                [
                    "credit", "verify", claim, "--task", nodes.taskPath("survey"), "--policy",
                    nodes.policyPath("survey"), "--audience", "bank.example",
                ] + log)
            #expect(words.status == 0 && words.output.contains("\nover     batch "), "\(words.output)")
            // A claim brings its task along; which one counts, the verifier says.
            let any = try await Cairn.run(
                "credit", "verify", claim, "--policy", nodes.policyPath("survey"), "--audience", "bank.example")
            #expect(any.status == 64 && any.errors.contains("--task"), "\(any.errors)")
            let others = try await Cairn.run(
                [
                    "credit", "verify", claim, "--task", TaskID.random().base64URL, "--policy",
                    nodes.policyPath("survey"), "--audience", "bank.example", "--json",
                ] + log)
            #expect(others.status == 1, "\(others.output)")
            #expect(try others.json()["check"] as? String == "task")
            let elsewhere = try await verify(claim, log, nodes, audience: "shop.example")
            #expect(elsewhere.status == 1 && elsewhere.json["check"] as? String == "context")

            var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: claim)))
            bytes[bytes.count - 100] ^= 1
            let forged = "\(nodes.folder.path)/forged"
            try Data(bytes).write(to: URL(fileURLWithPath: forged))
            let verdict = try await verify(forged, log, nodes)
            #expect(verdict.status == 1 && verdict.json["valid"] as? Bool == false)

            let stranger = try await prove(
                ["--exact"], "\(nodes.folder.path)/stranger",
                log, home: "\(nodes.folder.path)/home-of-nobody")
            #expect(stranger.status == 1, "\(stranger.errors)")
            for options in [[], ["--exact", "--at-least", "3"], ["--between", "7..3"], ["--at-least", "-x"]] {
                let result = try await prove(options, "\(nodes.folder.path)/usage", log, home: homes[0])
                #expect(result.status == 64, "\(options): \(result.errors)")
            }
        }

        /// λ is the published result, and needs nothing but the log; unit credit needs nothing but the seed.
        @Test func alignmentAndUnitCreditNeedOnlyTheLog() async throws {
            try await TestNodes.run { nodes in
                let shape = [
                    "--vdaf", "sumvec", "--length", "2", "--max-measurement", "10", "--batch-mode", "leader-selected",
                    "--min-batch-size", "2", "--max-batch-size", "10", "--credit-policy",
                ]
                for policy in ["alignment", "unit"] {
                    let task = try await nodes.createTask("by-\(policy)", shape + [policy])
                    let homes = (0..<2).map { "\(nodes.folder.path)/\(policy)-\($0)" }
                    for home in homes { try TestWallet.create(in: home) }
                    for (home, value) in zip(homes, ["1,2", "3,4"]) {
                        try await Cairn.succeed(
                            "contribute", "--task", nodes.taskPath("by-\(policy)"), "--value", value, home: home)
                    }
                    _ = try await nodes.collector(task).collect(.leaderSelected, deadline: .seconds(180))
                    let log = ["--log", nodes.leader.logFolder]
                    if policy == "unit" { try await loseAllButTheSeed(homes[1], "by-unit", log, nodes) }
                    let claim = "\(nodes.folder.path)/\(policy).claim"
                    // A = (4, 6); ⟨A, (3, 4)⟩ = 36.
                    let total = policy == "unit" ? "1" : "36"
                    let made = try await Cairn.run(
                        [
                            "credit", "prove", "--task", nodes.taskPath("by-\(policy)"), "--exactly", total,
                            "--audience", "a", "--out", claim,
                        ] + log, home: homes[1])
                    #expect(made.status == 0, "\(made.errors)")
                    let verdict = try await Cairn.run(
                        [
                            "credit", "verify", claim, "--task", task.taskID.base64URL, "--policy",
                            nodes.policyPath("by-\(policy)"), "--audience", "a",
                        ] + log)
                    #expect(verdict.status == 0, "\(verdict.output)\(verdict.errors)")
                    #expect(verdict.output.contains("credit is \(total)"))
                }
            }
        }
    }
}
