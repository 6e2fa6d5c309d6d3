import Contributor
import Foundation
import Testing

extension EndToEnd {
    /// What people and scripts see when something is wrong.
    @Suite struct CommandLineUse {
        @Test func usageMistakesEndWith64AndNothingElseDoes() async throws {
            let wrong = [
                ["frobnicate"], ["contribute"], ["keygen", "token"], ["keygen", "log", "--out", "x"],
                ["demo", "--rounds", "0"],
                ["contribute", "--task", "x", "--value", "1", "--csv", "y", "--column", "z"],
                ["collect", "--task", "x", "--hpke-key", "k", "--token", "t", "--interval", "5..3"],
            ]
            for arguments in wrong {
                let result = try await Cairn.run(arguments)
                #expect(result.status == 64, "\(arguments)")
                #expect(result.errors.hasPrefix("cairn: "), "\(arguments): \(result.errors)")
                #expect(result.output.isEmpty)
            }
            let help = try await Cairn.run("--help")
            #expect(help.status == 0)
            #expect(help.output.contains("demo"))
            let missing = try await Cairn.run("task", "show", "/nowhere/x.task")
            #expect(missing.status == 1)
            #expect(missing.errors.hasPrefix("cairn: "))
        }

        @Test func keysAreSecretAndNeverOverwritten() async throws {
            let folder = try TemporaryFolder()
            for kind in ["hpke", "token", "psk", "owner"] {
                let path = "\(folder.path)/\(kind)"
                try await Cairn.succeed("keygen", kind, "--out", path)
                let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
                #expect(mode == 0o600, "\(kind)")
                let before = FileManager.default.contents(atPath: path)
                let again = try await Cairn.run("keygen", kind, "--out", path)
                #expect(again.status == 1)
                #expect(again.errors.contains(path))
                #expect(FileManager.default.contents(atPath: path) == before)
            }
        }

        @Test func overflowingTasksAreRefusedWithTheArithmetic() async throws {
            try await TestNodes.run { nodes in
                func create(_ options: String...) async throws -> CommandResult {
                    try await Cairn.run(
                        [
                            "task", "create", "--name", "big", "--leader", nodes.leader.url, "--helper",
                            nodes.helper.url,
                            "--collector-config", "\(nodes.collectorKeyFile).pub", "--out", nodes.folder.path,
                        ] + options, home: nodes.home)
                }
                let overflow = try await create(
                    "--vdaf", "sum", "--max-measurement", "1000000000000", "--uncommitted", "--min-batch-size", "1",
                    "--max-batch-size", "100000000")
                #expect(overflow.status == 1)
                #expect(
                    overflow.errors.contains("100000000") && overflow.errors.contains("1000000000000"),
                    "\(overflow.errors)")
                #expect(!FileManager.default.fileExists(atPath: "\(nodes.folder.path)/big.task"))

                // σ rule: 2^25 leaves a Field64 sum with fewer than 40 bits of hiding.
                let revealing = try await create(
                    "--vdaf", "sum", "--max-measurement", "33554432", "--min-batch-size", "1", "--max-batch-size", "10")
                #expect(revealing.status == 1)
                #expect(revealing.errors.contains("40"), "\(revealing.errors)")
            }
        }

        @Test func badCellsAreNamedAndNothingIsSent() async throws {
            try await TestNodes.run { nodes in
                let task = try await nodes.createTask(
                    "cells", "--vdaf", "sum", "--max-measurement", "100", "--min-batch-size", "1", "--max-batch-size",
                    "10")
                let csv = "\(nodes.folder.path)/cells.csv"
                let rows = [
                    "ann,": "missing", "ann,abc": "'abc'", "ann,inf": "'inf'", "ann,1e400": "'1e400'", "ann,101": "101",
                    "ann,-1": "'-1'", "ann,1.5": "'1.5'", "ann": "cell",
                ]
                for (row, what) in rows {
                    try "name,steps\nbob,5\n\(row)\n".write(toFile: csv, atomically: true, encoding: .utf8)
                    let result = try await Cairn.run(
                        "contribute", "--task", nodes.taskPath("cells"), "--csv", csv, "--column", "steps",
                        home: nodes.home)
                    #expect(result.status == 1, "\(row)")
                    #expect(result.errors.contains(csv), "\(row): \(result.errors)")
                    #expect(result.errors.contains("line 3"), "\(row): \(result.errors)")
                    #expect(result.errors.contains("column 2"), "\(row): \(result.errors)")
                    #expect(result.errors.contains(what), "\(row): \(result.errors)")
                }
                #expect(try await TaskClient(task: task).status().received == 0)
            }
        }

        @Test func tasksAreShownForOtherClients() async throws {
            try await TestNodes.run { nodes in
                let task = try await nodes.createTask(
                    "shown", "--vdaf", "histogram", "--length", "4", "--uncommitted", "--min-batch-size", "1",
                    "--max-batch-size", "10")
                let json = try await Cairn.succeed("task", "show", "shown", "--json", home: nodes.home).json()
                #expect(json["task_id"] as? String == task.taskID.base64URL)
                #expect(json["leader_url"] as? String == nodes.leader.url)
                #expect(json["helper_url"] as? String == nodes.helper.url)
                let hex = try #require(json["task_configuration"] as? String)
                #expect(hex.count == 2 * task.configuration.encoding.count)
                let again = try await Cairn.succeed(
                    "node", "task", "add", "--config", nodes.leader.configuration, nodes.taskPath("shown"), "--json")
                #expect(try again.json()["is_new"] as? Bool == false)
            }
        }

        @Test func differingVectorsAreNamed() async throws {
            let folder = try TemporaryFolder()
            let path = "\(folder.path)/Prio3Count_0.json"
            try #"{"ctx": "", "verify_key": "", "shares": 2, "reports": []}"#.write(
                toFile: path, atomically: true, encoding: .utf8)
            let result = try await Cairn.run("vectors", "check", path)
            #expect(result.status == 1)
            #expect(result.output.hasPrefix("Prio3Count_0.json FAIL: "))
            let unknown = "\(folder.path)/Frobnicate_0.json"
            try "{}".write(toFile: unknown, atomically: true, encoding: .utf8)
            let unknownResult = try await Cairn.run("vectors", "check", unknown)
            #expect(unknownResult.status == 1)
            #expect(unknownResult.output.contains("FAIL"))
        }
    }
}
