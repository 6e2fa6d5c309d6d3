import Contributor
import Foundation
import PythonExchange
import SharedModel
import Tasks
import TensorFiles
import Testing

extension EndToEnd {
    /// Updates that other programs compute: numpy and safetensors read the model and write what is contributed.
    @Suite struct UpdateFiles {
        private static func read(_ path: String) throws -> [UInt8] {
            [UInt8](try Data(contentsOf: URL(filePath: path)))
        }

        /// A file written by us; `values` fill one array of that shape.
        private static func write(_ path: String, shape: [Int], _ values: [Double]) throws {
            let file = try TensorFile([Tensor(name: Tensor.unnamed, shape: shape, values: values)])
            try Data(file.encoded(as: TensorFormat(path: path), precision: .single)).write(to: URL(filePath: path))
        }

        /// A training round of a model with 3 features, 4 hidden units and 2 classes: 26 parameters.
        private static func round(_ nodes: TestNodes, normBound: String) async throws -> TaskFile {
            let folder = nodes.folder.path
            try await Cairn.succeed("keygen", "owner", "--out", "\(folder)/owner.key")
            try await Cairn.succeed(
                "model", "create", "--features", "3", "--classes", "flat,tall", "--scaling", "0:1", "--hidden", "4",
                "--norm-bound", normBound, "--model", "\(folder)/model-1", "--training", "\(folder)/training.json")
            let task = try await nodes.createTask(
                "round", "--model", "\(folder)/model-1", "--training", "\(folder)/training.json", "--batch-mode",
                "leader-selected", "--min-batch-size", "2", "--max-batch-size", "10", "--owner-key",
                "\(folder)/owner.key")
            try await Cairn.succeed(
                "model", "announce", "--task", nodes.taskPath("round"), "--model", "\(folder)/model-1", "--owner-key",
                "\(folder)/owner.key")
            return task
        }

        @Test func updatesWrittenByNumpyMoveTheModel() async throws {
            try await TestNodes.run { nodes in
                let folder = nodes.folder.path
                let task = try await Self.round(nodes, normBound: "2")
                let model = try Model(decoding: Self.read("\(folder)/model-1"))
                let encoding = try #require(try task.configuration.vdaf.fixedPointEncoding)
                let bound = UpdateBound(encoding: encoding, dimension: 26)
                #expect(bound.norm == 2)

                var sums = [Int128](repeating: 0, count: 26)
                for (name, norm, clips) in [
                    ("a.safetensors", 1.5, false), ("b.npy", 1.5, false), ("c.safetensors", 30, true),
                    ("d.npy", 2, true),
                ] {
                    let path = "\(folder)/\(name)"
                    let exported = "\(folder)/model-\(name)"
                    try await Cairn.succeed("model", "export", "--model", "\(folder)/model-1", "--out", exported)
                    _ = try await PythonProgram.run(["update", exported, "\(norm)", "5", path])
                    let arguments = [
                        "contribute", "--task", nodes.taskPath("round"), "--update", path, "--model",
                        "\(folder)/model-1",
                    ]
                    if norm > 2 {
                        let refused = try await Cairn.run(arguments, home: nodes.home)
                        #expect(refused.status == 1)
                        #expect(refused.errors.contains("norm is 30.0") || refused.errors.contains("norm is 29.99"))
                        #expect(refused.errors.contains("at most 2.0 is allowed") && refused.errors.contains("--clip"))
                    }
                    let result = try await Cairn.run(arguments + (clips ? ["--clip"] : []), home: nodes.home)
                    #expect(result.status == 0, "\(name): \(result.errors)")
                    if norm > 2 { #expect(result.errors.contains("scaled down to 0.06667 of its length")) }
                    let update = try model.shape.vector(
                        of: TensorFile(decoding: Self.read(path), format: TensorFormat(path: path)))
                    for (index, value) in try bound.encode(clips ? bound.clip(update) : update).enumerated() {
                        sums[index] += Int128(value)
                    }
                }

                try await Cairn.succeed(
                    "model", "step", "--task", nodes.taskPath("round"), "--model", "\(folder)/model-1", "--training",
                    "\(folder)/training.json", "--owner-key", "\(folder)/owner.key", "--hpke-key",
                    nodes.collectorKeyFile, "--token", nodes.collectorTokenFile, "--out", "\(folder)/model-2")
                let average = try bound.average(of: sums, contributors: 4)
                let expected = try model.applying(average)
                #expect(try Model(decoding: Self.read("\(folder)/model-2")) == expected)

                // The same batch once more: names and shapes come from the model in the log.
                let collect = [
                    "collect", "--task", nodes.taskPath("round"), "--hpke-key", nodes.collectorKeyFile, "--token",
                    nodes.collectorTokenFile, "--average", "--out",
                ]
                let collected = try await Cairn.run(collect + ["\(folder)/average.safetensors"])
                #expect(collected.status == 0, "\(collected.errors)")
                let named = try TensorFile(decoding: Self.read("\(folder)/average.safetensors"), format: .safetensors)
                #expect(named.tensors.map(\.name) == ["0.bias", "0.weight", "2.bias", "2.weight"])
                #expect(named.tensors.map(\.shape) == [[4], [4, 3], [2], [2, 4]])
                #expect(try model.shape.vector(of: named) == average)
                let flat = try await Cairn.run(collect + ["\(folder)/average.npy"])
                #expect(flat.status == 0, "\(flat.errors)")
                // Which round of which run it was is said everywhere.
                let run = try #require(task.configuration.trainingRound?.runName)
                #expect(collected.errors.contains("round 1 of run \(run)"))
                let shown = try await Cairn.succeed("task", "show", nodes.taskPath("round"))
                #expect(shown.output.contains("training     round 1 of run \(run)"), "\(shown.output)")

                try await Cairn.succeed(
                    "model", "export", "--model", "\(folder)/model-2", "--training", "\(folder)/training.json", "--out",
                    "\(folder)/final.safetensors")
                let held = try await PythonProgram.held(["read", "\(folder)/final.safetensors"])
                #expect(held[0].tensors.map(\.name) == ["0.bias", "0.weight", "2.bias", "2.weight"])
                #expect(held[0].tensors[1].shape == [4, 3])
                #expect(
                    held[0].tensors[1].values == expected.parameters.prefix(12).map { PythonProgram.digits($0 + 0) })
                #expect(
                    held[0].metadata == [
                        "cairn_model": "hidden:4", "classes": "[\"flat\",\"tall\"]", "scaling": "0.0:1.0",
                    ])
            }
        }

        @Test func filesThatAreNoUpdateAreRefusedAndNothingIsSent() async throws {
            try await TestNodes.run { nodes in
                let folder = nodes.folder.path
                let task = try await Self.round(nodes, normBound: "2")
                let small = [Double](repeating: 0.01, count: 26)
                try Self.write("\(folder)/good.npy", shape: [26], small)
                try Self.write("\(folder)/few.npy", shape: [25], Array(small.dropLast()))
                try Self.write("\(folder)/square.npy", shape: [2, 13], small)
                try Self.write("\(folder)/nan.npy", shape: [26], [.nan] + small.dropLast())
                try Self.write("\(folder)/far.npy", shape: [26], [1e30] + small.dropLast())
                try Self.write("\(folder)/one.safetensors", shape: [2], [0, 0])
                try Data(Self.read("\(folder)/good.npy").dropLast(4)).write(to: URL(filePath: "\(folder)/cut.npy"))
                for name in ["good.pt", "renamed.safetensors"] {
                    try Data(Self.read("\(folder)/good.npy")).write(to: URL(filePath: "\(folder)/\(name)"))
                }
                try await Cairn.succeed(
                    "model", "create", "--features", "3", "--classes", "a,b", "--scaling", "0:1", "--hidden", "4",
                    "--seed", "5", "--model", "\(folder)/other-model", "--training", "\(folder)/other.json")
                let table: [(file: String, options: [String], status: Int32, words: [String])] = [
                    ("good.pt", ["--model", "model-1"], 64, [".npy", ".safetensors"]),
                    ("renamed.safetensors", ["--model", "model-1"], 1, ["a .npy file"]),
                    ("missing.npy", ["--model", "model-1"], 1, ["there is no file"]),
                    ("cut.npy", ["--model", "model-1"], 1, ["ends too early"]),
                    ("few.npy", ["--model", "model-1"], 1, ["(25)", "26 values"]),
                    ("square.npy", ["--model", "model-1"], 1, ["(2, 13)", "'0.weight' (4, 3)"]),
                    ("one.safetensors", ["--model", "model-1"], 1, ["'array' (2)", "'0.weight' (4, 3)"]),
                    ("nan.npy", ["--model", "model-1"], 1, ["value 0", "nan"]),
                    ("nan.npy", ["--model", "model-1", "--clip"], 1, ["value 0", "nan"]),
                    ("far.npy", ["--model", "model-1"], 1, ["e+30", "at most 2.0", "--clip"]),
                    ("good.npy", [], 64, ["Give --model"]),
                    ("good.npy", ["--model", "other-model"], 1, ["not the model that the task names"]),
                    ("good.npy", ["--model", "model-1", "--training", "training.json"], 64, ["go together"]),
                    ("good.npy", ["--model", "model-1", "--value", "1"], 64, ["exactly one"]),
                ]
                for row in table {
                    let files = ["model-1", "other-model", "training.json"]
                    let options = row.options.map { files.contains($0) ? "\(folder)/\($0)" : $0 }
                    let result = try await Cairn.run(
                        ["contribute", "--task", nodes.taskPath("round"), "--update", "\(folder)/\(row.file)"]
                            + options,
                        home: nodes.home)
                    #expect(result.status == row.status, "\(row.file): \(result.errors)")
                    for word in row.words { #expect(result.errors.contains(word), "\(row.file): \(result.errors)") }
                }
                #expect(try await TaskClient(task: task).status().received == 0)
            }
        }

        /// Without a model, the order is that of the tensors' names.
        @Test func anyTaskOfRealVectorsTakesAFile() async throws {
            try await TestNodes.run { nodes in
                let folder = nodes.folder.path
                let task = try await nodes.createTask(
                    "vectors", "--vdaf", "boundedl2", "--length", "5", "--norm-bound", "1", "--fractional-bits", "4",
                    "--batch-mode", "leader-selected", "--min-batch-size", "1", TestNodes.acceptWeakPromises,
                    "--max-batch-size", "10")
                let tensors = try TensorFile([
                    Tensor(name: "w", shape: [2, 2], values: [0.25, -0.5, 0, 0.125]),
                    Tensor(name: "a", shape: [], values: [-0.0625]),
                ])
                let path = "\(folder)/update.safetensors"
                try Data(tensors.encoded(as: .safetensors, precision: .single)).write(to: URL(filePath: path))
                let arguments = ["contribute", "--task", nodes.taskPath("vectors"), "--update", path]
                let withModel = try await Cairn.run(arguments + ["--model", path], home: nodes.home)
                #expect(withModel.status == 64 && withModel.errors.contains("names no model"), "\(withModel.errors)")
                let result = try await Cairn.run(arguments, home: nodes.home)
                #expect(result.status == 0, "\(result.errors)")
                let outcome = try await nodes.collector(task).collect(.leaderSelected, deadline: .seconds(180))
                #expect(outcome.value == .signedVector([-1, 4, -8, 0, 2]))
                // The task knows of no names; the update that was sent does.
                let out = "\(folder)/sum.safetensors"
                let collected = try await Cairn.run(
                    "collect", "--task", nodes.taskPath("vectors"), "--hpke-key", nodes.collectorKeyFile, "--token",
                    nodes.collectorTokenFile, "--out", out, "--like", path)
                #expect(collected.status == 0, "\(collected.errors)")
                #expect(try TensorFile(decoding: Self.read(out), format: .safetensors) == tensors)

                _ = try await nodes.createTask(
                    "numbers", "--vdaf", "sum", "--max-measurement", "9", "--min-batch-size", "1",
                    TestNodes.acceptWeakPromises, "--max-batch-size", "9")
                let other = try await Cairn.run(
                    "contribute", "--task", nodes.taskPath("numbers"), "--update", path, home: nodes.home)
                #expect(other.status == 1 && other.errors.contains("takes no vectors of real numbers"))
            }
        }
    }
}
