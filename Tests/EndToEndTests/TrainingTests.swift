import Contributor
import Foundation
import Ledger
import Tasks
import TestSupport
import Testing
import TransparencyLog

extension EndToEnd {
    /// A training run by hand, command by command: what the demo does for a newcomer.
    @Suite struct Training {
        @Test func twoRoundsByHandLogTheirLineage() async throws {
            try await TestNodes.run { nodes in
                let folder = nodes.folder.path
                try await Cairn.succeed("keygen", "owner", "--out", "\(folder)/owner.key")
                try await Cairn.succeed(
                    "model", "create", "--features", "width,height", "--classes", "flat,tall", "--scaling", "0:30",
                    "--model",
                    "\(folder)/model-1", "--training", "\(folder)/training.json")
                let run = String(repeating: "ab", count: 16)
                var tasks: [TaskFile] = []
                for round in 1...2 { tasks.append(try await trainingRound(round, run: run, nodes)) }

                let audit = try await audit(nodes, policy: try #require(tasks[0].logPolicy), models: 2)
                #expect(audit.isVerified && audit.lineage.isEmpty, "\(audit.lineage)")
                let models = try (1...3).map { try Data(contentsOf: URL(fileURLWithPath: "\(folder)/model-\($0)")) }
                let hashes = models.map { Blob.hash(Array($0)) }
                #expect(audit.models.map(\.previousModelHash) == Array(hashes.dropLast()))
                #expect(audit.models.map(\.modelHash) == Array(hashes.dropFirst()))
                #expect(Set(hashes).count == 3)
            }
        }

        @Test func modelFilesAndSettingsThatDoNotFitAreRefused() async throws {
            let folder = try TemporaryFolder()
            let (model, training) = ("\(folder.path)/model", "\(folder.path)/training.json")
            let create = ["model", "create", "--features", "2", "--classes", "a,b", "--scaling", "0:1", "--model"]
            for bound in ["0", "-1", "nan", "1e300"] {
                let result = try await Cairn.run(create + [model, "--training", training, "--norm-bound=\(bound)"])
                #expect(result.status == 1 && result.errors.contains("norm"), "\(result.errors)")
                #expect(!FileManager.default.fileExists(atPath: model))
            }
            let created = try await Cairn.run(create + [model, "--training", training])
            #expect(created.output.contains("6 parameters; updates have a norm of at most 5.0"), "\(created)")

            let text = try String(contentsOfFile: training, encoding: .utf8)
            #expect(text.contains("\"norm_bound\" : 5,") && text.contains("\"cairn_training\" : 3"), "\(text)")
            let old = "\(folder.path)/old.json"
            try text.replacing("\"cairn_training\" : 3", with: "\"cairn_training\" : 1").replacing(
                "norm_bound", with: "bound"
            ).write(toFile: old, atomically: true, encoding: .utf8)
            let export = ["model", "export", "--model", model, "--out"]
            for (options, status, words) in [
                (
                    ["\(folder.path)/m.safetensors", "--training", old], 1,
                    "version 1; this program reads versions 2 and 3"
                ),
                (["\(folder.path)/m.pt"], 64, "must end in .safetensors or .npy"),
                (["\(folder.path)/m.npy", "--training", training], 64, "--training goes with .safetensors"),
                ([model + ".npy"], 0, ""), ([model + ".npy"], 1, "exists already"),
            ] as [([String], Int32, String)] {
                let result = try await Cairn.run(export + options)
                #expect(result.status == status, "\(options): \(result.errors)")
                #expect(words.isEmpty || result.errors.contains(words), "\(result.errors)")
            }
        }

        /// Audits until the log shows so many models: entries come under a checkpoint shortly after they are accepted.
        private func audit(_ nodes: TestNodes, policy: String, models: Int) async throws -> AuditReport {
            let source = DirectoryTileSource(directory: nodes.leader.logFolder)
            let auditor = Auditor(source: source, policy: try LogPolicy(parsing: Array(policy.utf8)))
            for _ in 0..<1200 {
                let report = try await auditor.audit()
                if report.models.count >= models { return report }
                try await Task.sleep(for: .milliseconds(100))
            }
            return try await auditor.audit()
        }

        private func trainingRound(_ round: Int, run: String, _ nodes: TestNodes) async throws -> TaskFile {
            let folder = nodes.folder.path
            let name = "training-\(round)"
            let model = "\(folder)/model-\(round)"
            let task = try await nodes.createTask(
                name, "--model", model, "--training", "\(folder)/training.json", "--run", run, "--round", "\(round)",
                "--batch-mode", "leader-selected", "--min-batch-size", "2", "--max-batch-size", "10", "--owner-key",
                "\(folder)/owner.key")
            let path = nodes.taskPath(name)
            try await Cairn.succeed(
                "model", "announce", "--task", path, "--model", model, "--owner-key", "\(folder)/owner.key")
            for contributor in 0..<2 {
                if round == 1 { try TestWallet.create(in: "\(folder)/home-\(contributor)") }
                let csv = "\(folder)/rows-\(contributor).csv"
                // The second contributor's columns stand in another order.
                let rows = (0..<12).map { index in
                    // The last of the second is taller than the run's bounds say.
                    let tall = contributor == 1 && index == 11 ? 36 : index + 15
                    let (width, height) = ("\(index)", "\(index % 2 == 0 ? index : tall)")
                    let kind = index % 2 == 0 ? "flat" : "tall"
                    return (contributor == 0 ? [width, height, kind] : [kind, height, width]).joined(separator: ",")
                }
                let header = contributor == 0 ? "width,height,kind\n" : "kind,height,width\n"
                try (header + rows.joined(separator: "\n")).write(
                    toFile: csv, atomically: true, encoding: .utf8)
                // And its settings have been through another platform's editor, which left the last line without an end.
                let settings = "\(folder)/training-\(contributor).json"
                let text = try String(contentsOfFile: "\(folder)/training.json", encoding: .utf8)
                let other = "\u{FEFF}" + text.dropLast().replacing("\n", with: "\r\n")
                try (contributor == 0 ? text : other).write(toFile: settings, atomically: true, encoding: .utf8)
                let sent = try await Cairn.succeed(
                    "contribute", "--task", path, "--data", csv, "--label-column", "kind", "--model", model,
                    "--training", settings, home: "\(folder)/home-\(contributor)")
                let words = "1 of 12 values of 'height' are outside the run's bounds, 0.0 to 30.0"
                #expect(!sent.errors.contains("in this round already"), "\(sent.errors)")
                #expect(sent.errors.contains(words) == (contributor == 1), "\(sent.errors)")
            }
            if round == 1 {
                try await otherColumnsAreRefused(path, nodes)
                try await otherModelsAreRefused(path, nodes)
                try await aCountThatTheLogDoesNotHaveIsNotDividedBy(task, nodes)
            }
            let stepped = try await step(task, from: "model-\(round)", to: "model-\(round + 1)", nodes)
            #expect(stepped.status == 0, "\(stepped.errors)")
            if round == 1 { try await aSecondBatchGivesNoSecondModel(task, nodes) }
            return task
        }

        /// The same step again is the same; one from a second batch would be a fork that the owner signs unawares.
        private func aSecondBatchGivesNoSecondModel(_ task: TaskFile, _ nodes: TestNodes) async throws {
            let folder = nodes.folder.path
            let again = try await step(task, from: "model-1", to: "model-2-again", nodes)
            #expect(again.status == 0, "\(again.errors)")
            #expect(
                FileManager.default.contentsEqual(atPath: "\(folder)/model-2", andPath: "\(folder)/model-2-again"))
            for contributor in 0..<2 {
                let again = try await Cairn.succeed(
                    "contribute", "--task", nodes.taskPath(task.name), "--data", "\(folder)/rows-\(contributor).csv",
                    "--label-column", "kind", "--model", "\(folder)/model-1", "--training",
                    "\(folder)/training.json", home: "\(folder)/home-\(contributor)")
                #expect(again.errors.contains("1 update of yours is in this round already"), "\(again.errors)")
            }
            _ = try await nodes.collector(task).collect(.leaderSelected, next: true, deadline: .seconds(180))
            let fork = try await step(task, from: "model-1", to: "fork", nodes)
            #expect(fork.status == 1 && fork.errors.contains("would be a fork"), "\(fork.errors)")
            #expect(!FileManager.default.fileExists(atPath: "\(folder)/fork"))
        }

        private func step(
            _ task: TaskFile, from model: String, to next: String, _ nodes: TestNodes
        ) async throws -> CommandResult {
            let folder = nodes.folder.path
            return try await Cairn.run(
                "model", "step", "--task", nodes.taskPath(task.name), "--model", "\(folder)/\(model)", "--training",
                "\(folder)/training.json", "--owner-key", "\(folder)/owner.key", "--hpke-key", nodes.collectorKeyFile,
                "--token", nodes.collectorTokenFile, "--out", "\(folder)/\(next)")
        }

        /// 3,000 reports instead of 2 would make the step next to nothing, in a model that the owner signs.
        private func aCountThatTheLogDoesNotHaveIsNotDividedBy(_ task: TaskFile, _ nodes: TestNodes) async throws {
            _ = try await nodes.collector(task).collect(.leaderSelected, deadline: .seconds(180))
            let leader = LyingLeader(nodes: nodes, task: task)
            let answers = try await leader.answers()
            try await leader.pretend(count: 3000)
            let result = try await step(task, from: "model-1", to: "wrong-model", nodes)
            #expect(result.status == 1 && result.errors.contains("not one that the log proves"), "\(result.errors)")
            #expect(!FileManager.default.fileExists(atPath: "\(nodes.folder.path)/wrong-model"))
            try await leader.repent(answers)
        }

        private func otherColumnsAreRefused(_ task: String, _ nodes: TestNodes) async throws {
            let folder = nodes.folder.path
            for (text, words) in [
                ("width,depth,kind\n1,2,flat\n", "no column is named for: 'height'; columns are named that"),
                ("width,height,id,kind\n1,2,3,flat\n", "no feature for: 'id'"),
                ("1,2,flat\n", "Add one, or say --header no"),
                ("width,height,kind\n1,2,NA\n", "line 2, column 3 ('kind')"),
            ] {
                let csv = "\(folder)/other.csv"
                try text.write(toFile: csv, atomically: true, encoding: .utf8)
                let result = try await Cairn.run(
                    "contribute", "--task", task, "--data", csv, "--label-column", text.hasPrefix("1") ? "2" : "kind",
                    "--model", "\(folder)/model-1", "--training", "\(folder)/training.json", home: nodes.home)
                #expect(result.status == 1 && result.errors.contains(words), "\(result.errors)")
            }
        }

        private func otherModelsAreRefused(_ task: String, _ nodes: TestNodes) async throws {
            let folder = nodes.folder.path
            try await Cairn.succeed(
                "model", "create", "--features", "2", "--classes", "a,b", "--scaling", "0:1", "--model",
                "\(folder)/other-model", "--training", "\(folder)/other-training.json")
            let rows = "\(folder)/rows-0.csv"
            for (model, training) in [("other-model", "training.json"), ("model-1", "other-training.json")] {
                // Untrained models of one shape are equal, so one byte is changed.
                let path = "\(folder)/\(model)"
                if model == "other-model" {
                    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
                    bytes[bytes.count - 1] ^= 0x3F
                    try bytes.write(to: URL(fileURLWithPath: path))
                }
                let result = try await Cairn.run(
                    "contribute", "--task", task, "--data", rows, "--label-column", "kind", "--model", path,
                    "--training", "\(folder)/\(training)", home: nodes.home)
                #expect(result.status == 1)
                #expect(result.errors.contains("task names"), "\(result.errors)")
            }
            let stepped = try await Cairn.run(
                "model", "step", "--task", task, "--model", "\(folder)/other-model", "--training",
                "\(folder)/training.json", "--owner-key", "\(folder)/owner.key", "--hpke-key",
                nodes.collectorKeyFile, "--token", nodes.collectorTokenFile, "--out", "\(folder)/wrong-model")
            #expect(stepped.status == 1 && stepped.errors.contains("starts from another model"), "\(stepped.errors)")
            let unsigned = "\(folder)/unsigned.task"
            try String(contentsOfFile: task, encoding: .utf8).split(separator: "\n")
                .filter { !$0.contains("owner_signature") }.joined(separator: "\n")
                .write(toFile: unsigned, atomically: true, encoding: .utf8)
            for command in [
                ["node", "task", "add", "--config", nodes.leader.configuration, unsigned],
                [
                    "contribute", "--task", unsigned, "--data", rows, "--label-column", "kind", "--model",
                    "\(folder)/model-1", "--training", "\(folder)/training.json",
                ],
            ] {
                let result = try await Cairn.run(command, home: nodes.home)
                #expect(result.status == 1 && result.errors.contains("owner_signature"), "\(result.errors)")
            }
            let verified = try await Cairn.run(
                "credit", "verify", rows, "--task", unsigned, "--policy", nodes.policyPath("training-1"), "--audience",
                "a")
            #expect(verified.status == 2 && verified.errors.contains("has not signed it"), "\(verified.errors)")
            let shown = try await Cairn.succeed("task", "show", unsigned, "--json", home: nodes.home)
            #expect(try shown.json()["owner_signed"] as? Bool == false)
            let honest = try await Cairn.succeed("task", "show", task, "--json", home: nodes.home)
            #expect(try honest.json()["owner_signed"] as? Bool == true)
        }
    }
}
