import Contributor
import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// What people and scripts see when something is wrong.
    @Suite struct CommandLineUse {
        @Test func usageMistakesEndWith64AndNothingElseDoes() async throws {
            let wrong = [
                ["frobnicate"], ["contribute"], ["keygen", "token"], ["keygen", "log", "--out", "x"],
                ["log", "fsck"], ["witness", "run"], ["witness", "run", "--config", "x", "--listen", "127.0.0.1:1"],
                ["promise", "verify", "x"], ["withdraw", "x"],
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
                            TestNodes.acceptWeakPromises,
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

        /// Found before any node is asked: there is none at these addresses.
        @Test func typesWithWrongOptionsAreRefused() async throws {
            func create(_ options: [String]) async throws -> CommandResult {
                try await Cairn.run(
                    [
                        "task", "create", "--name", "wrong", "--leader", "http://127.0.0.1:9/", "--helper",
                        "http://127.0.0.1:9/", "--collector-config", "none", "--min-batch-size", "1",
                        TestNodes.acceptWeakPromises, "--max-batch-size", "10", "--vdaf",
                    ] + options)
            }
            let wrong: [([String], String)] = [
                (["poplar1"], "two rounds"), (["poplar1", "--length", "8"], "two rounds"),
                (["multihot", "--length", "4"], "--max-weight"), (["multihot", "--max-weight", "2"], "--length"),
                (["multihot", "--length", "4", "--max-weight", "5"], "1...4"),
                (["multihot", "--length", "4", "--max-weight", "2", "--max-measurement", "1"], "--max-measurement"),
                (["l1boundsum", "--length", "4"], "--max-value"),
                (["l1boundsum", "--length", "4", "--max-value", "0"], "max_value"),
                (["l1boundsum", "--length", "4", "--max-value", "2", "--proofs", "3"], "--proofs"),
                (["sumvec64hmac", "--length", "4", "--max-measurement", "2", "--proofs", "2"], "at least 3"),
                (["sumvec", "--length", "4", "--max-measurement", "2", "--chunk-length", "9"], "1...8"),
                (["sumvec", "--length", "4000000", "--max-measurement", "255"], "4000000 × 8 = 32000000"),
                (["average"], "--max-measurement"),
                (["average", "--max-measurement", "5", "--length", "2"], "--length"),
            ]
            for (options, reason) in wrong {
                let result = try await create(options)
                #expect(result.status == 64, "\(options): \(result.errors)")
                #expect(result.errors.contains(reason), "\(options): \(result.errors)")
            }
        }

        @Test func averagesAreSumsDividedAtTheEnd() async throws {
            try await TestNodes.run { nodes in
                let task = try await nodes.createTask(
                    "mean", "--vdaf", "average", "--max-measurement", "10", "--batch-mode", "leader-selected",
                    "--min-batch-size", "4", "--max-batch-size", "10")
                #expect(try task.configuration.vdaf == .committed(.sum(maxMeasurement: 10)))
                for value in ["1", "10", "3", "0"] {
                    try await Cairn.succeed("contribute", "--task", "mean", "--value", value, home: nodes.home)
                }
                func collect(_ options: String...) async throws -> CommandResult {
                    let result = try await Cairn.run(
                        [
                            "collect", "--task", "mean", "--hpke-key", nodes.collectorKeyFile, "--token",
                            nodes.collectorTokenFile,
                        ] + options, home: nodes.home)
                    try #require(result.status == 0, "\(result.errors)")
                    return result
                }
                // The same query names the same collection job, so all three are of one batch.
                let json = try await collect("--average", "--json").json()
                #expect(json["result"] as? [String] == ["14"])
                #expect(json["average"] as? [Double] == [3.5])
                #expect(json["count"] as? Int == 4)
                #expect(try await collect("--average").output == "3.5\n")
                let plain = try await collect("--json").json()
                #expect(plain["result"] as? [String] == ["14"])
                #expect(plain["average"] == nil)
            }
        }

        /// Rules about a whole report are checked as well as those about each of its numbers.
        @Test func valuesThatBreakARuleOfTheirTypeAreRefused() async throws {
            try await TestNodes.run { nodes in
                let bounds = ["--min-batch-size", "1", TestNodes.acceptWeakPromises, "--max-batch-size", "10"]
                let choices = try await nodes.createTask(
                    "choices", ["--vdaf", "multihot", "--length", "4", "--max-weight", "2"] + bounds)
                let parts = try await nodes.createTask(
                    "parts", ["--vdaf", "l1boundsum", "--length", "3", "--max-value", "100"] + bounds)
                let wrong = [
                    ("choices", "1,1,1,0", "3 options are chosen. The task takes up to 2."),
                    ("choices", "1,1,0", "4 numbers a report, not 3"), ("choices", "1,1,0,0,0", "not 5"),
                    ("choices", "1,2,0,0", "'2' is not true or false"), ("choices", "1,,0,0", "missing"),
                    ("parts", "50,50,1", "add up to 101. The task takes up to 100."), ("parts", "101,0,0", "too large"),
                    ("parts", "1,2", "3 numbers a report, not 2"), ("parts", "-1,1,0", "'-1'"),
                    ("parts", "18446744073709551615,18446744073709551615,2", "too large"),
                ]
                for (task, value, reason) in wrong {
                    let result = try await Cairn.run(
                        "contribute", "--task", task, "--value=\(value)", home: nodes.home)
                    #expect(result.status == 1, "\(value)")
                    #expect(result.errors.contains(reason), "\(value): \(result.errors)")
                }
                // The same from a file: the row is named, since no single cell is at fault.
                let csv = "\(nodes.folder.path)/parts.csv"
                try "10,20,30\n60,60,0\n".write(toFile: csv, atomically: true, encoding: .utf8)
                let result = try await Cairn.run(
                    "contribute", "--task", "parts", "--csv", csv, "--column", "0", "--column", "1", "--column", "2",
                    home: nodes.home)
                #expect(result.status == 1)
                #expect(result.errors.contains("line 2: the numbers add up to 120"), "\(result.errors)")
                for task in [choices, parts] { #expect(try await TaskClient(task: task).status().received == 0) }

                let shown = try await Cairn.succeed("task", "show", "choices", home: nodes.home).output
                #expect(shown.contains("choice of up to 2 of 4 options"), "\(shown)")
            }
        }

        @Test func badCellsAreNamedAndNothingIsSent() async throws {
            try await TestNodes.run { nodes in
                let task = try await nodes.createTask(
                    "cells", "--vdaf", "sum", "--max-measurement", "100", "--min-batch-size", "1",
                    TestNodes.acceptWeakPromises, "--max-batch-size", "10")
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
                    TestNodes.acceptWeakPromises, "--max-batch-size", "10")
                let json = try await Cairn.succeed("task", "show", "shown", "--json", home: nodes.home).json()
                #expect(json["task_id"] as? String == task.taskID.base64URL)
                #expect(json["leader_url"] as? String == nodes.leader.url)
                #expect(json["helper_url"] as? String == nodes.helper.url)
                let hex = try #require(json["task_configuration"] as? String)
                #expect(hex.count == 2 * task.configuration.encoding.count)
                let again = try await Cairn.succeed(
                    "node", "task", "add", "--config", nodes.leader.configuration, nodes.taskPath("shown"), "--json",
                    TestNodes.acceptWeakPromises)
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
