import ChildProcesses
import Contributor
import DAP
import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// What a person meets before anything works: words that help, and nothing that has to be guessed.
    @Suite struct FirstHour {
        @Test func aloneTheProgramShowsTheJobsAndWhatToTypeFirst() async throws {
            let table = try await CommandTable.load()
            let page = try await Cairn.succeed()
            let lines = page.output.split(separator: "\n")
            #expect(lines.allSatisfy { $0.count <= 80 }, "\(page.output)")
            let commands = lines.filter { $0.hasPrefix("  cairn ") }
            #expect(commands.count >= 10)
            for line in commands {
                let words = line.split(separator: " ").map(String.init)
                #expect(table.complaint(about: Array(words.prefix { $0 != "what" })) == nil, "\(line)")
            }
        }

        @Test func unknownCommandsAreMetWithTheNearest() async throws {
            let table: [([String], String)] = [
                (["contribut"], "Did you mean: cairn contribute"), (["contirbute"], "Did you mean: cairn contribute"),
                (["aduit", "--log", "x"], "Did you mean: cairn audit"),
                (["wallet", "shw"], "Did you mean: cairn wallet show"),
                (["node", "task", "lst"], "Did you mean: cairn node task list"),
                (["help", "audti"], "Did you mean: cairn help audit"),
                (["frobnicate"], "There are: "), (["wallet", "zzz"], "There are: init, show"),
                (["contribute", "--tsk", "x"], "--task"),
            ]
            for (arguments, words) in table {
                let result = try await Cairn.run(arguments)
                #expect(result.status == 64, "\(arguments)")
                #expect(result.errors.hasPrefix("cairn: ") && result.errors.contains(words), "\(result.errors)")
            }
            // Arguments of a command are not commands.
            let missing = try await Cairn.run("task", "show", "contribut")
            #expect(missing.status == 1)
        }

        /// A node, a contributor and an auditor, with every line of advice followed.
        @Test func everyNextStepIsACommandAndPipelinesHearNone() async throws {
            let table = try await CommandTable.load()
            try await TestNodes.run { nodes in
                let folder = nodes.folder.path
                let hints = ["CAIRN_HINTS": "1"]
                func next(_ result: CommandResult) throws -> [String] {
                    try #require(result.status == 0, "\(result.errors)")
                    let lines = result.errors.split(separator: "\n").filter { $0.hasPrefix("next: ") }
                    for line in lines {
                        guard let command = line.range(of: "cairn ") else { continue }
                        let words = line[command.lowerBound...].split(separator: " ").map(String.init)
                        #expect(table.complaint(about: words) == nil, "\(line)")
                    }
                    return lines.map(String.init)
                }
                let create = [
                    "task", "create", "--leader", nodes.leader.url, "--helper", nodes.helper.url, "--collector-config",
                    "\(nodes.collectorKeyFile).pub", "--out", "\(folder)/tasks", TestNodes.acceptWeakPromises, "--vdaf",
                    "sum", "--max-measurement", "100", "--batch-mode", "leader-selected", "--min-batch-size", "1",
                    "--max-batch-size", "10", "--log-window", "0", "--name",
                ]
                let made = try await Cairn.run(create + ["hinted"], home: nodes.home, environment: hints)
                #expect(try next(made).count == 2, "\(made.errors)")
                let silent = try await Cairn.run(create + ["silent"], home: nodes.home)
                #expect(try next(silent).isEmpty)
                for node in [nodes.leader, nodes.helper] {
                    let added = try await Cairn.run(
                        "node", "task", "add", "--config", node.configuration, nodes.taskPath("hinted"),
                        TestNodes.acceptWeakPromises, environment: hints)
                    #expect(try next(added).count == 1, "\(added.errors)")
                }
                let address = try nodes.taskFile("hinted").address
                let contributed = try await Cairn.run(
                    "contribute", "--task", address, "--value", "7", home: nodes.home, environment: hints)
                #expect(try next(contributed).contains { $0.contains("cairn receipt fetch --task hinted") })
                #expect(contributed.errors.contains("cairn wallet seed"))
                try await Cairn.succeed("wallet", "seed", home: nodes.home)
                let json = try await Cairn.run(
                    "contribute", "--task", address, "--value", "5", "--json", home: nodes.home, environment: hints)
                #expect(try next(json).isEmpty, "\(json.errors)")
                let more = try await Cairn.run(
                    "contribute", "--task", "hinted", "--value", "9", home: nodes.home, environment: hints)
                #expect(try !next(more).contains { $0.contains("wallet seed") })
                let list = try await Cairn.succeed("receipt", "list", "--json", home: nodes.home).json()
                let id = try #require((list["reports"] as? [[String: Any]])?.last?["report_id"] as? String)
                let withdrawn = try await Cairn.run(
                    "withdraw", "--task", "hinted", "--report", id, home: nodes.home, environment: hints)
                #expect(try next(withdrawn).count == 1)
                let collected = try await Cairn.run(
                    "collect", "--task", "hinted", "--hpke-key", nodes.collectorKeyFile, "--token",
                    nodes.collectorTokenFile, home: nodes.home, environment: hints)
                #expect(try next(collected).contains { $0.contains("cairn audit --log") }, "\(collected.errors)")

                // Receipts: a folder, and the policy of the installed task.
                let receipts = "\(folder)/my receipts"
                let fetched = try await Cairn.run(
                    "receipt", "fetch", "--wait", "120", "--out", receipts, home: nodes.home, environment: hints)
                #expect(try next(fetched).contains { $0.hasSuffix("cairn receipt verify '\(receipts)'") })
                let names = try FileManager.default.contentsOfDirectory(atPath: receipts).sorted()
                #expect(!names.isEmpty)
                let verified = try await Cairn.run("receipt", "verify", receipts, home: nodes.home)
                #expect(verified.status == 0, "\(verified.errors) \(verified.output)")
                let first = "\(receipts)/\(names[0])"
                #expect(try await Cairn.run("receipt", "verify", first, first, home: nodes.home).status == 0)
                let stranger = try await Cairn.run("receipt", "verify", first, home: "\(folder)/nobody")
                #expect(stranger.status != 0 && stranger.errors.contains("--policy"), "\(stranger.errors)")
                var bytes = try Data(contentsOf: URL(fileURLWithPath: first))
                bytes[bytes.count / 2] ^= 1
                try bytes.write(to: URL(fileURLWithPath: "\(receipts)/broken.tlog-proof"))
                let broken = try await Cairn.run(
                    "receipt", "verify", receipts, "--policy", nodes.policyPath("hinted"), home: nodes.home)
                #expect(broken.status == 1 && broken.output.contains("FAILED"), "\(broken.output)")
            }
        }

        @Test func receiptsAreInTheLogWhenTheLeaderHasEndedTheTask() async throws {
            try await TestNodes.run { nodes in
                let task = try await nodes.createTask(
                    "ended", "--vdaf", "count", "--batch-mode", "leader-selected", "--min-batch-size", "1",
                    "--max-batch-size", "10")
                let file = nodes.taskPath(task.name)
                try await Cairn.succeed("contribute", "--task", file, "--value", "1", home: nodes.home)
                try await Cairn.succeed(
                    "collect", "--task", file, "--hpke-key", nodes.collectorKeyFile, "--token",
                    nodes.collectorTokenFile, home: nodes.home)
                try await Cairn.succeed(
                    "node", "task", "remove", "--config", nodes.leader.configuration, task.name)
                let receipts = "\(nodes.folder.path)/kept"
                let fetched = try await Cairn.succeed(
                    "receipt", "fetch", "--task", file, "--out", receipts, "--json", home: nodes.home
                ).json()
                #expect((fetched["fetched"] as? [String])?.count == 1, "\(fetched)")
                #expect((fetched["unknown"] as? [String])?.isEmpty == true, "\(fetched)")
                let verified = try await Cairn.run("receipt", "verify", receipts, home: nodes.home)
                #expect(verified.status == 0, "\(verified.errors) \(verified.output)")
            }
        }

        @Test func aTaskComesByURLAndAnotherOneNever() async throws {
            try await TestNodes.run { nodes in
                let options = [
                    "--vdaf", "count", "--batch-mode", "leader-selected", "--min-batch-size", "1", "--max-batch-size",
                    "10",
                ]
                let task = try await nodes.createTask("here", options)
                let other = try await nodes.createTask("there", options)
                let home = "\(nodes.folder.path)/newcomer"
                try TestWallet.create(in: home)
                let shown = try await Cairn.succeed("task", "show", task.address, home: home)
                #expect(shown.output.contains(task.taskID.base64URL))
                let installed = try await Cairn.succeed("task", "install", task.address, "--json", home: home).json()
                #expect(installed["task_id"] as? String == task.taskID.base64URL)
                try await Cairn.succeed("contribute", "--task", "here", "--value", "1", home: home)
                try await Cairn.succeed("contribute", "--task", other.address, "--value", "1", home: home)
                for status in [try await TaskClient(task: task).status(), try await TaskClient(task: other).status()] {
                    #expect(status.received == 1)
                }
                // Operators, too, need not be sent the file.
                let added = try await Cairn.succeed(
                    "node", "task", "add", "--config", nodes.helper.configuration, task.address,
                    TestNodes.acceptWeakPromises)
                #expect(added.output.contains("was there already: here"), "\(added.output)")
                // What answers is held against the id, wherever it stands.
                let swapped = try await Cairn.run(
                    "task", "install", "\(task.address)#\(other.taskID.base64URL)", "--name", "x", home: home)
                #expect(swapped.status == 1 && swapped.errors.contains("serves another task"), "\(swapped.errors)")
                let nameless = try await Cairn.run(
                    "contribute", "--task", "\(nodes.leader.url)/cairn/info", "--value", "1", home: home)
                #expect(nameless.status != 0 && nameless.errors.contains("#ID"), "\(nameless.errors)")
                let elsewhere = try await Cairn.run(
                    "collect", "--task", task.address, "--hpke-key", "k", "--token", "t")
                #expect(
                    elsewhere.status == 64 && elsewhere.errors.contains("cairn task install"), "\(elsewhere.errors)")

                // A name stays that of the task that has it.
                try await Cairn.succeed("task", "install", nodes.taskPath("here"), home: home)
                let renamed = "\(nodes.folder.path)/renamed.task"
                let text = String(decoding: other.json(), as: UTF8.self)
                    .replacing("\"name\" : \"there\"", with: "\"name\" : \"here\"")
                try text.write(toFile: renamed, atomically: true, encoding: .utf8)
                let taken = try await Cairn.run("task", "install", renamed, home: home)
                #expect(taken.status == 1 && taken.errors.contains("--name here-2"), "\(taken.errors)")
                try await Cairn.succeed("task", "install", renamed, "--name", "here-2", home: home)
                let list = try await Cairn.succeed("task", "list", home: home)
                #expect(list.output.contains("here-2"), "\(list.output)")
                #expect(try ContributorHome(path: home).task("here").taskID == task.taskID)
            }
        }

        /// `script` gives a command a terminal.
        @Test(arguments: [("xterm", "", true), ("dumb", "", false), ("xterm", "1", false)])
        func onlyATerminalThatCanRedrawGetsEscapes(term: String, noColor: String, draws: Bool) async throws {
            guard FileManager.default.isExecutableFile(atPath: "/usr/bin/script") else { return }
            // It begins to draw, and fails at once.
            let outcome = try await ChildProcess.run(
                "/usr/bin/script",
                ["-qec", "'\(try Cairn.path())' audit --log /nowhere --policy /nowhere/policy", "/dev/null"],
                environment: ["TERM": term, "NO_COLOR": noColor], limit: .seconds(60))
            let text = String(decoding: outcome.output, as: UTF8.self)
            #expect(text.contains("\u{1b}") == draws, "\(text)")
        }
    }
}
