import Contributor
import Foundation
import Tasks
import Testing

/// Tasks that promise nothing are made and served only by who says so, and everybody is told.
extension EndToEnd {
    @Suite struct WeakPromiseTests {
        private func create(
            _ nodes: TestNodes, _ name: String, _ options: [String]
        ) async throws -> CommandResult {
            try await Cairn.run(
                [
                    "task", "create", "--name", name, "--leader", nodes.leader.url, "--helper", nodes.helper.url,
                    "--collector-config", "\(nodes.collectorKeyFile).pub", "--out", "\(nodes.folder.path)/tasks",
                    "--vdaf", "sum", "--max-measurement", "9", "--batch-mode", "leader-selected", "--max-batch-size",
                    "10", "--log-window", "0", "--json",
                ] + options, home: nodes.home)
        }

        private func add(_ node: TestNode, _ path: String, _ options: String...) async throws -> CommandResult {
            try await Cairn.run(["node", "task", "add", "--config", node.configuration, path, "--json"] + options)
        }

        @Test func emptyPromisesAreMadeAndServedOnlyByWhoAcceptsThem() async throws {
            try await TestNodes.run { nodes in
                let leader = try await NodeClient(url: nodes.leader.url).info()
                let helper = try await NodeClient(url: nodes.helper.url).info()
                let (log, witness) = (try #require(leader.logVkey), try #require(helper.witnessVkey))
                let policy = "\(nodes.folder.path)/none.policy"
                try "log \(log)\nwitness helper \(witness)\nquorum none\n"
                    .write(toFile: policy, atomically: true, encoding: .utf8)

                let kinds: [(name: String, options: [String], lacks: String, word: String)] = [
                    ("alone", ["--min-batch-size", "1"], "single_report", "one person"),
                    ("plain", ["--min-batch-size", "1", "--uncommitted"], "single_report", "one person"),
                    ("none", ["--min-batch-size", "10", "--policy", policy], "quorum_none", "quorum none"),
                    ("few", ["--min-batch-size", "9"], "tiny_public_batches", "as few as 9 reports"),
                ]
                for kind in kinds {
                    let path = nodes.taskPath(kind.name)
                    let refused = try await create(nodes, kind.name, kind.options)
                    #expect(refused.status == 1)
                    #expect(refused.errors.contains("--accept-weak-promises"), "\(refused.errors)")
                    #expect(refused.errors.contains(kind.word), "\(refused.errors)")
                    #expect(!FileManager.default.fileExists(atPath: path))

                    let made = try await create(nodes, kind.name, kind.options + [TestNodes.acceptWeakPromises])
                    try #require(made.status == 0, "\(made.errors)")
                    #expect((try made.json()["lacks"] as? [String])?.contains(kind.lacks) == true)

                    for node in [nodes.leader, nodes.helper] {
                        let refused = try await add(node, path)
                        #expect(refused.status == 1 && refused.errors.contains(kind.word), "\(refused.errors)")
                        let added = try await add(node, path, TestNodes.acceptWeakPromises)
                        try #require(added.status == 0, "\(added.errors)")
                        #expect((try added.json()["lacks"] as? [String])?.contains(kind.lacks) == true)
                        #expect(added.errors.contains(kind.word), "\(added.errors)")
                    }
                    let shown = try await Cairn.succeed("task", "show", kind.name, home: nodes.home).output
                    #expect(shown.contains("lacks        ") && shown.contains(kind.word), "\(shown)")
                }
            }
        }

        @Test func everybodyIsToldWhatATaskLacks() async throws {
            try await TestNodes.run { nodes in
                let weak = TestNodes.acceptWeakPromises
                let made = try await create(nodes, "small", ["--min-batch-size", "2", weak])
                let lacks = ["only_helper_witness", "tiny_public_batches"]
                #expect(try made.json()["lacks"] as? [String] == lacks)
                for node in [nodes.leader, nodes.helper] {
                    let added = try await add(node, nodes.taskPath("small"), weak)
                    try #require(added.status == 0, "\(added.errors)")
                    #expect(try added.json()["lacks"] as? [String] == lacks)
                }
                for _ in 0..<2 {
                    let result = try await Cairn.succeed(
                        "contribute", "--task", "small", "--value", "4", "--json", home: nodes.home)
                    #expect(try result.json()["lacks"] as? [String] == lacks)
                    let lines = result.errors.split(separator: "\n").filter { $0.contains("note about this task") }
                    #expect(lines.count == 2 && lines[0].contains("independent witness"), "\(result.errors)")
                }
                try await remembersTheNodesKeys(nodes)

                let task = try await Cairn.succeed("task", "show", "small", "--json", home: nodes.home).json()
                #expect(task["lacks"] as? [String] == lacks)
                let file = try TaskFile(
                    json: Array(try Data(contentsOf: URL(fileURLWithPath: nodes.taskPath("small")))))
                let outcome = try await nodes.collector(file).collect(.leaderSelected, deadline: .seconds(60))
                #expect(outcome.value == .integer(8))
                let log = "\(nodes.leader.url)/log"
                let audit = try await Cairn.succeed("audit", "--log", log, "--policy", nodes.policyPath("small"))
                #expect(audit.output.contains("note: task \(file.taskID.base64URL) lacks: "), "\(audit.output)")
                #expect(audit.output.contains("independent witness") && audit.output.contains("as few as 2 reports"))
                let json = try await Cairn.succeed(
                    "audit", "--log", log, "--policy", nodes.policyPath("small"), "--json"
                ).json()
                let tasks = try #require(json["tasks"] as? [[String: Any]])
                #expect(tasks.count == 1 && tasks[0]["task_id"] as? String == file.taskID.base64URL)
                #expect(tasks[0]["lacks"] as? [String] == lacks)
            }
        }

        /// `cairn contribute` keeps what it was shown, so that the next one is not led back to an older key.
        private func remembersTheNodesKeys(_ nodes: TestNodes) async throws {
            let seen = "\(nodes.home)/hpke-seen.json"
            let text = try String(contentsOfFile: seen, encoding: .utf8)
            let stored = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
            let issued = try #require(stored["issued"] as? [String: Int])
            #expect(stored["cairn_hpke_seen"] as? Int == 1 && issued.count == 2)
            let leader = try await NodeClient(url: nodes.leader.url).info().statementKey
            let time = try #require(issued[leader])
            // Somebody has seen a newer list: the one of now is an old one, and nothing is sealed to it.
            try text.replacing("\(time)", with: "\(time + 7200)").write(toFile: seen, atomically: true, encoding: .utf8)
            let refused = try await Cairn.run("contribute", "--task", "small", "--value", "4", home: nodes.home)
            #expect(refused.status == 1)
            #expect(refused.errors.contains("older than one of the same key"), "\(refused.errors)")
            #expect(refused.errors.contains("/hpke_config"), "\(refused.errors)")
            try text.write(toFile: seen, atomically: true, encoding: .utf8)
        }
    }
}
