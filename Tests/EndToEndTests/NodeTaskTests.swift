import Contributor
import Foundation
import Tasks
import Testing

extension EndToEnd {
    /// What operators do with tasks, in their own words: the commands, while real nodes run.
    @Suite struct NodeTaskTests {
        private func create(_ nodes: TestNodes, _ name: String) async throws -> TaskFile {
            try await Cairn.succeed(
                "task", "create", "--name", name, "--leader", nodes.leader.url, "--helper", nodes.helper.url,
                "--collector-config", "\(nodes.collectorKeyFile).pub", "--out", "\(nodes.folder.path)/tasks", "--vdaf",
                "sum",
                "--max-measurement", "9", "--batch-mode", "leader-selected", "--min-batch-size", "2",
                "--max-batch-size", "99",
                "--uncommitted", TestNodes.acceptWeakPromises, home: nodes.home)
            return try TaskFile(json: Array(try Data(contentsOf: URL(fileURLWithPath: nodes.taskPath(name)))))
        }

        private func add(_ nodes: TestNodes, _ node: TestNode, _ name: String, _ options: String...) async throws
            -> CommandResult
        {
            try await Cairn.run(
                ["node", "task", "add", "--config", node.configuration, nodes.taskPath(name)] + options)
        }

        private func contribute(_ task: TaskFile, _ value: UInt64) async throws -> Int {
            let client = try TaskClient(task: task, transport: HTTPTransport(deadline: .zero))
            let prepared = try await client.prepare([.integer(value)], seed: [UInt8](repeating: 1, count: 32))
            return try await client.send(prepared).count { $0.error == nil }
        }

        @Test func aWrongSecretIsSaidRefusedAndMended() async throws {
            try await TestNodes.run { nodes in
                let wrong = "\(nodes.helper.folder)/peer.psk"
                try FileManager.default.removeItem(atPath: wrong)
                try await Cairn.succeed("keygen", "psk", "--out", wrong)
                let task = try await create(nodes, "visits")
                await nodes.helper.stop()

                let early = try await add(nodes, nodes.leader, "visits", "--json")
                #expect(early.status == 0, "the helper is away: \(early.errors)")
                #expect(early.errors.contains("does not answer"))
                #expect((try early.json()["peer"] as? [String: Any])?["state"] as? String == "unready")

                try await nodes.helper.start()
                let contradiction = try await add(nodes, nodes.helper, "visits")
                #expect(contradiction.status == 1)
                #expect(
                    contradiction.errors.contains("psk_files of the peer")
                        && contradiction.errors.contains("was added, but"))
                await #expect(throws: (any Error).self) { try await contribute(task, 3) }
                #expect(try await TaskClient(task: task).status().received == 0)
                let shown = try await Cairn.succeed(
                    "node", "task", "show", "--config", nodes.leader.configuration, "visits", "--json"
                ).json()
                let peer = try #require(shown["peer"] as? [String: Any])
                #expect(peer["standing"] as? String == "blocked")
                let findings = try #require(peer["findings"] as? [[String: Any]])
                #expect(findings.compactMap { $0["code"] as? String } == ["verify_key"])

                // The helper's operator puts the right file back.
                await nodes.helper.stop()
                try FileManager.default.removeItem(atPath: wrong)
                try FileManager.default.copyItem(atPath: "\(nodes.leader.folder)/peer.psk", toPath: wrong)
                try await nodes.helper.start()
                let mended = try await add(nodes, nodes.helper, "visits", "--json")
                #expect(mended.status == 0, "\(mended.errors)")
                #expect(try mended.json()["is_rekeyed"] as? Bool == true)
                let patient = try TaskClient(task: task)
                for value in [3, 4] as [UInt64] {
                    let prepared = try await patient.prepare([.integer(value)], seed: [UInt8](repeating: 1, count: 32))
                    #expect(try await patient.send(prepared).allSatisfy { $0.error == nil })
                }
                let outcome = try await nodes.collector(task).collect(.leaderSelected)
                #expect(outcome.count == 2 && outcome.value == .integer(7))

                // And the leader's operator a wrong one, which is not taken: the peer has proved to have the stored key.
                try FileManager.default.removeItem(atPath: "\(nodes.leader.folder)/peer.psk")
                try await Cairn.succeed("keygen", "psk", "--out", "\(nodes.leader.folder)/peer.psk")
                let refused = try await add(nodes, nodes.leader, "visits")
                #expect(refused.status == 1 && refused.errors.contains("Nothing was changed"), "\(refused.errors)")
            }
        }

        /// As a power cut leaves it, or a later version has written it.
        @Test func aDamagedRowHidesNoOtherTask() async throws {
            try await TestNodes.run { nodes in
                let tasks = try await ["steps", "visits"].map { try await create(nodes, $0) }
                for name in ["steps", "visits"] {
                    for node in [nodes.leader, nodes.helper] { #expect(try await add(nodes, node, name).status == 0) }
                }
                await nodes.leader.stop()
                let database = try await nodes.leader.openDatabase()
                _ = try await database.engine.write {
                    try $0.execute("UPDATE tasks SET source = 9 WHERE name = 'steps'")
                }
                try database.close()
                try await nodes.leader.start()

                let config = nodes.leader.configuration
                let listed = try await Cairn.succeed("node", "task", "list", "--config", config)
                #expect(listed.output.hasPrefix("visits  ") && !listed.output.contains("steps"))
                let id = tasks[0].taskID.base64URL
                #expect(listed.errors.contains("'steps' \(id) (row 1 of the table 'tasks') cannot be read"))
                let json = try await Cairn.succeed("node", "task", "list", "--config", config, "--json").json()
                #expect((json["tasks"] as? [[String: Any]])?.count == 1)
                let damaged = try #require((json["damaged"] as? [[String: Any]])?.first)
                #expect(damaged["task_id"] as? String == id && damaged["name"] as? String == "steps")
                let shown = try await Cairn.run("node", "task", "show", "--config", config, "steps")
                #expect(shown.status == 1 && shown.errors.contains("cannot be read"), "\(shown.errors)")
                // And the node serves the other.
                try await eventually("the other task is served") {
                    (try? await contribute(tasks[1], 3)) == 1
                }
            }
        }

        @Test func aJobThatTheHelperDoesNotAnswerIsGivenUp() async throws {
            try await TestNodes.run { nodes in
                let task = try await create(nodes, "steps")
                for node in [nodes.leader, nodes.helper] { #expect(try await add(nodes, node, "steps").status == 0) }
                #expect(try await contribute(task, 3) == 1)
                let client = try TaskClient(task: task)
                try await eventually("the first report is accepted") { try await client.status().accepted == 1 }
                // Whoever makes a report needs both nodes' keys.
                let late = try await client.prepare([.integer(4)], seed: [UInt8](repeating: 1, count: 32))
                await nodes.helper.stop()
                #expect(try await client.send(late).allSatisfy { $0.error == nil })

                let config = nodes.leader.configuration
                func jobs() async throws -> [[String: Any]] {
                    let shown = try await Cairn.succeed("node", "task", "show", "--config", config, "steps", "--json")
                    return try shown.json()["pending_jobs"] as? [[String: Any]] ?? []
                }
                var job = 0
                try await eventually("the job fails") {
                    let first = try await jobs().first
                    job = first?["job"] as? Int ?? 0
                    return (first?["attempts"] as? Int ?? 0) > 0
                }
                let none = try await Cairn.run("node", "task", "drop", "--config", config, "--job", "999", "steps")
                #expect(none.status == 1 && none.errors.contains("no waiting job 999"), "\(none.errors)")
                try await showTheJob(job, of: task, config)
                try await stopACollection(of: task, nodes, config)
                let dropped = try await Cairn.succeed(
                    "node", "jobs", "abandon", "--config", config, "\(job)", "--json")
                #expect(try dropped.json()["dropped"] as? Int == 1)
                #expect(try await jobs().isEmpty)
                let gone = try await Cairn.run("node", "jobs", "abandon", "--config", config, "\(job)")
                #expect(gone.status == 1 && gone.errors.contains("no job \(job)"), "\(gone.errors)")

                // The rest of the task goes on.
                try await nodes.helper.start()
                try await eventually("another report is taken") { (try? await contribute(task, 5)) == 1 }
                let outcome = try await nodes.collector(task).collect(.leaderSelected)
                #expect(outcome.count == 2 && outcome.value == .integer(8))
                let refused =
                    try await Cairn.succeed("node", "task", "show", "--config", config, "steps", "--json")
                    .json()["refused"] as? [String: Int]
                #expect(refused == ["report_dropped": 1])
            }
        }

        /// What an operator reads about a job that fails, beside the running node.
        private func showTheJob(_ job: Int, of task: TaskFile, _ config: String) async throws {
            let listed = try await Cairn.succeed("node", "jobs", "list", "--config", config, "--json").json()
            let first = try #require((listed["jobs"] as? [[String: Any]])?.first)
            #expect(first["job"] as? Int == job && first["task_id"] as? String == task.taskID.base64URL)
            #expect(first["state"] as? String == "pending" && first["answer"] as? String == "unusable")
            let lines = try await Cairn.succeed("node", "jobs", "list", "--config", config).output
            #expect(lines.contains("steps  1 report, answered 'unusable'"), "\(lines)")
            let shown = try await Cairn.succeed("node", "jobs", "show", "--config", config, "\(job)", "--json").json()
            #expect((shown["reports"] as? [String])?.count == 1)
            // It is being sent at that moment, or goes out now.
            let retried = try await Cairn.succeed("node", "jobs", "retry", "--config", config, "\(job)", "--json")
                .json()
            #expect(retried["hurried"] is Bool)
            let status = try await Cairn.succeed("node", "status", "--config", config, "--json").json()
            #expect(status["roles"] as? [String] == ["leader"] && status["halted"] == nil)
            let tasks = try #require(status["tasks"] as? [[String: Any]])
            #expect((tasks.first?["jobs"] as? [String: Any])?["pending"] as? Int == 1)
            #expect((status["log"] as? [String: Any])?["entries"] is Int)
            let words = try await Cairn.succeed("node", "status", "--config", config).output
            #expect(words.contains("1 sent and not answered"), "\(words)")
        }

        /// A collection waits for the job: its operator reads for whom, takes it up, and stops it; whoever asked is told.
        private func stopACollection(of task: TaskFile, _ nodes: TestNodes, _ config: String) async throws {
            let collector = try nodes.collector(task)
            let collecting = Task { try await collector.collect(.leaderSelected) }
            var name = ""
            try await eventually("the collection waits for the report") {
                let listed = try await Cairn.succeed("node", "jobs", "list", "--config", config, "--json").json()
                let first = (listed["collections"] as? [[String: Any]])?.first
                name = first?["collection"] as? String ?? ""
                return (first?["waiting_for"] as? String)?.contains("1 report is not verified yet") == true
            }
            let shown = try await Cairn.succeed("node", "jobs", "show", "--config", config, name).output
            #expect(shown.contains("waiting") && shown.contains("steps") && shown.contains("the helper at"), "\(shown)")
            let lines = try await Cairn.succeed("node", "jobs", "list", "--config", config).output
            #expect(lines.contains("\(name)  steps  collection waiting"), "\(lines)")
            let status = try await Cairn.succeed("node", "status", "--config", config).output
            #expect(status.contains("waits for the helper at"), "\(status)")
            let retried = try await Cairn.succeed("node", "jobs", "retry", "--config", config, name, "--json").json()
            #expect(retried["hurried"] is Bool && retried["collection"] as? String == name)
            let stopped = try await Cairn.succeed("node", "jobs", "abandon", "--config", config, name).output
            #expect(stopped.contains("abandoned: collection \(name) of steps"), "\(stopped)")
            await #expect(throws: (any Error).self) { try await collecting.value }
            let gone = try await Cairn.run("node", "jobs", "abandon", "--config", config, name)
            #expect(gone.status == 1 && gone.errors.contains("no job \(name)"), "\(gone.errors)")
        }

        @Test func tasksAreListedAndEnded() async throws {
            try await TestNodes.run { nodes in
                let task = try await create(nodes, "steps")
                for node in [nodes.leader, nodes.helper] { #expect(try await add(nodes, node, "steps").status == 0) }
                let client = try TaskClient(task: task)
                let prepared = try await client.prepare([.integer(5)], seed: [UInt8](repeating: 1, count: 32))
                #expect(try await client.send(prepared).allSatisfy { $0.error == nil })
                while try await client.status().accepted < 1 { try await Task.sleep(for: .milliseconds(20)) }

                let id = task.taskID.base64URL
                for node in [nodes.leader, nodes.helper] {
                    // Each node asks for itself, and writes down what it heard.
                    try await eventually("\(node.role) lists its task") {
                        let listed = try await Cairn.succeed("node", "task", "list", "--config", node.configuration)
                        return listed.output.contains("steps  \(id)  \(node.role)  served  1 reports  peer fits")
                    }
                }
                let keys = try await [nodes.leader, nodes.helper].map { node in
                    let shown = try await Cairn.succeed(
                        "node", "task", "show", "--config", node.configuration, "--json", "--", id)
                    return try shown.json()["verify_key_fingerprint"] as? String
                }
                #expect(keys[0] == keys[1] && keys[0]?.count == 16)

                func remove(_ options: String...) async throws -> CommandResult {
                    try await Cairn.run(
                        ["node", "task", "remove", "--config", nodes.leader.configuration] + options + ["steps"])
                }
                let kept = try await remove()
                #expect(
                    kept.status == 1 && kept.errors.contains("1 accepted reports are not collected"), "\(kept.errors)")
                let ended = try await remove("--discard", "--json")
                #expect(ended.status == 0, "\(ended.errors)")
                #expect(try ended.json()["discarded"] as? Int == 1)
                await #expect(throws: (any Error).self) { try await contribute(task, 3) }
                let again = try await add(nodes, nodes.leader, "steps")
                #expect(again.status == 1 && again.errors.contains("make a new task"), "\(again.errors)")
                let unknown = try await Cairn.run(
                    "node", "task", "show", "--config", nodes.leader.configuration, "nothing")
                #expect(unknown.status == 1 && unknown.errors.contains("node task list"))
            }
        }
    }
}

extension Array {
    fileprivate func map<Value>(_ transform: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}
