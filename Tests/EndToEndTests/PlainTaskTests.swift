import Contributor
import Foundation
import Tasks
import TestSupport
import Testing

extension EndToEnd {
    /// Tasks of nothing but DAP, as their operators and contributors handle them.
    @Suite struct PlainTasks {
        /// The leader's operator adds the task file. The helper's has never heard of the task: the leader's header is all
        /// that it gets.
        @Test func aTaskThatTheHelperKnowsFromTheHeaderAloneIsSummedExactly() async throws {
            try await TestNodes.run { nodes in
                try await allowAnnouncements(nodes.helper, nodes)
                let task = try await create("steps", nodes)
                let path = nodes.taskPath("steps")
                let added = try await Cairn.succeed(
                    "node", "task", "add", "--config", nodes.leader.configuration, path, "--json")
                #expect(try added.json()["lacks"] as? [String] == ["plain_dap"])

                for value in ["17", "1000", "3", "0"] {
                    let sent = try await Cairn.succeed(
                        "contribute", "--task", path, "--value", value, home: nodes.home)
                    #expect(sent.output.contains("1 of 1 reports stored"))
                    #expect(sent.errors.contains("plain DAP task") && sent.errors.contains("no receipts"))
                }
                let collected = try await collect(task, nodes)
                #expect(collected["result"] as? [String] == ["1020"] && collected["count"] as? Int == 4)
                #expect(collected["audited"] as? Bool == false)

                let receipts = try await Cairn.succeed("receipt", "fetch", "--task", path, home: nodes.home)
                #expect(receipts.errors.contains("there are no receipts"))
                // The leader's operator allows no announcements: what nobody added there is not served.
                let single = try await create("single", nodes, "--min-batch-size", "1")
                try await Cairn.succeed(
                    "node", "task", "add", "--config", nodes.helper.configuration, nodes.taskPath("single"),
                    TestNodes.acceptWeakPromises)
                let refused = try await Cairn.run(
                    "contribute", "--task", nodes.taskPath("single"), "--value", "1", home: nodes.home)
                #expect(refused.status != 0 && refused.errors.contains(single.taskID.base64URL), "\(refused.errors)")
            }
        }

        /// One operator takes the task file, the other writes the parameters into a file of its own.
        @Test func aTaskThatAnOperatorWritesIsTheSameTask() async throws {
            try await TestNodes.run { nodes in
                let task = try await create("steps", nodes)
                let yaml = "\(nodes.folder.path)/steps.yaml"
                let collector = try String(contentsOfFile: "\(nodes.collectorKeyFile).pub", encoding: .utf8)
                    .split(whereSeparator: \.isWhitespace)[0]
                let text = """
                    name: steps
                    task_info_hex: \(task.configuration.taskInfo.map { String(format: "%02x", $0) }.joined())
                    leader: \(nodes.leader.url)
                    helper: \(nodes.helper.url)
                    time_precision: 3600
                    min_batch_size: 2
                    batch_mode: leader-selected
                    vdaf: { type: sum, max_measurement: 1000 }
                    collector_hpke_config: \(collector)
                    """
                try Data(text.utf8).write(to: URL(filePath: yaml))
                try await Cairn.succeed(
                    "node", "task", "add", "--config", nodes.leader.configuration, nodes.taskPath("steps"))
                let added = try await Cairn.succeed(
                    "node", "task", "add", "--config", nodes.helper.configuration, "--dap", yaml)
                #expect(added.output == "added: steps \(task.taskID.base64URL)\n")

                for value in ["999", "2"] {
                    try await Cairn.succeed(
                        "contribute", "--task", nodes.taskPath("steps"), "--value", value, home: nodes.home)
                }
                #expect(try await collect(task, nodes)["result"] as? [String] == ["1001"])

                try Data(text.replacing("time_precision: 3600", with: "time_precision: soon").utf8)
                    .write(to: URL(filePath: yaml))
                let faulty = try await Cairn.run(
                    "node", "task", "add", "--config", nodes.helper.configuration, "--dap", yaml)
                #expect(faulty.status != 0 && faulty.errors.contains("\(yaml):5: 'time_precision'"), "\(faulty.errors)")
            }
        }

        @Test func whatAPlainTaskHasNoPlaceForIsRefused() async throws {
            let folder = try TemporaryFolder()
            try await Cairn.succeed("keygen", "hpke", "--out", "\(folder.path)/collector.hpke")
            let base = [
                "task", "create", "--name", "x", "--leader", "http://127.0.0.1:1", "--helper", "http://127.0.0.1:2",
                "--collector-config", "\(folder.path)/collector.hpke.pub", "--out", folder.path, "--vdaf", "count",
                "--min-batch-size", "10", "--plain",
            ]
            let cases = [
                ([], "--uncommitted"), (["--uncommitted", "--max-batch-size", "20"], "--max-batch-size"),
                (["--uncommitted", "--publish", "collector"], "--publish"),
                (["--uncommitted", "--credit-policy", "alignment"], "--credit-policy"),
                (["--uncommitted", "--owner-key", "owner.key"], "--owner-key"),
            ]
            for (options, name) in cases {
                let result = try await Cairn.run(base + options, home: folder.path)
                #expect(result.status != 0 && result.errors.contains(name), "\(result.errors)")
            }
            // No node has to be there.
            let made = try await Cairn.run(base + ["--uncommitted", "--json"], home: folder.path)
            #expect(made.status == 0, "\(made.errors)")
            #expect(try made.json()["plain"] as? Bool == true)
            #expect(try made.json()["max_batch_size"] == nil)
        }

        // MARK: -

        private func create(_ name: String, _ nodes: TestNodes, _ options: String...) async throws -> TaskFile {
            let sizes = options.isEmpty ? ["--min-batch-size", "2"] : options
            let result = try await Cairn.run(
                [
                    "task", "create", "--name", name, "--leader", nodes.leader.url, "--helper", nodes.helper.url,
                    "--collector-config", "\(nodes.collectorKeyFile).pub", "--out", "\(nodes.folder.path)/tasks",
                    "--uncommitted", "--plain", "--vdaf", "sum", "--max-measurement", "1000", "--batch-mode",
                    "leader-selected", TestNodes.acceptWeakPromises,
                ] + sizes, home: nodes.home)
            try #require(result.status == 0, "\(result.errors)")
            let bytes = try Data(contentsOf: URL(fileURLWithPath: nodes.taskPath(name)))
            return try TaskFile(json: Array(bytes))
        }

        private func collect(_ task: TaskFile, _ nodes: TestNodes) async throws -> [String: Any] {
            let collected = try await Cairn.succeed(
                "collect", "--task", nodes.taskPath(task.name), "--hpke-key", nodes.collectorKeyFile, "--token",
                nodes.collectorTokenFile, "--json", home: nodes.home)
            return try collected.json()
        }

        /// Adds the section to a node's configuration, and starts it again.
        private func allowAnnouncements(_ node: TestNode, _ nodes: TestNodes) async throws {
            let collector = try String(contentsOfFile: "\(nodes.collectorKeyFile).pub", encoding: .utf8)
                .split(whereSeparator: \.isWhitespace)[0]
            await node.stop()
            let text = try String(contentsOfFile: node.configuration, encoding: .utf8)
            let section = "\ntaskprov:\n  collector_hpke_config: \(collector)\n  min_batch_size: 2\n  vdafs: [sum]\n"
            try Data((text + section).utf8).write(to: URL(filePath: node.configuration))
            try await node.start()
        }
    }
}
