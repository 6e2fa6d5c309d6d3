// Our files under other people's eyes: numpy and safetensors read what we write, and we read what they write.

import Foundation
import PythonExchange
import TensorFiles
import TestSupport
import Testing

@Suite struct PythonExchangeTests {
    private func expectSame(_ file: TensorFile, _ held: PythonProgram.Held) {
        #expect(file.tensors.map(\.name) == held.tensors.map(\.name), "\(held.file)")
        #expect(file.tensors.map(\.shape) == held.tensors.map(\.shape), "\(held.file)")
        #expect(file.metadata == held.metadata, "\(held.file)")
        for (ours, theirs) in zip(file.tensors, held.tensors) {
            #expect(ours.values.map(PythonProgram.digits) == theirs.values, "\(held.file), \(ours.name)")
        }
    }

    /// Every type, byte order, version and shape; all 65,536 values of both 16-bit types.
    @Test func filesWrittenByPythonAreReadAndWrittenBack() async throws {
        var generator = SeededGenerator()
        let (theirs, ours) = (try TemporaryFolder(), try TemporaryFolder())
        let held = try await PythonProgram.held(["write", theirs.path, String(generator.next() >> 1)])
        #expect(held.count == 57)
        #expect(Set(held.flatMap(\.tensors).map(\.type)).count >= 10)
        var paths: [String] = []
        for item in held {
            let format = try TensorFormat(path: item.file)
            let file = try TensorFile(decoding: theirs.read(item.file), format: format)
            expectSame(file, item)
            try ours.write(item.file, file.encoded(as: format, precision: .double))
            paths.append("\(ours.path)/\(item.file)")
        }
        let readBack = try await PythonProgram.held(["read"] + paths)
        #expect(readBack.map(\.file) == held.map(\.file))
        for (again, first) in zip(readBack, held) {
            #expect(again.metadata == first.metadata, "\(first.file)")
            #expect(again.tensors.map(\.name) == first.tensors.map(\.name), "\(first.file)")
            #expect(again.tensors.map(\.shape) == first.tensors.map(\.shape), "\(first.file)")
            #expect(again.tensors.map(\.values) == first.tensors.map(\.values), "\(first.file)")
            #expect(again.tensors.allSatisfy { ["<f8", "F64"].contains($0.type) }, "\(first.file)")
        }
    }

    @Test(arguments: [Precision.single, .double])
    func pythonReadsWhatWeWrite(precision: Precision) async throws {
        var generator = SeededGenerator()
        let folder = try TemporaryFolder()
        var files: [String: TensorFile] = [:]
        let shapes = [[], [1], [5], [2, 3], [4, 1, 3], [0], [2, 0]]
        var tensors: [Tensor] = []
        for (index, shape) in shapes.enumerated() {
            let values = (0..<shape.reduce(1, *)).map { _ in Double.random(in: -1e3...1e3, using: &generator) }
            tensors.append(try Tensor(name: "layer.\(index)/\"β\\\n", shape: shape, values: values))
            files["\(index).npy"] = try TensorFile([Tensor(name: Tensor.unnamed, shape: shape, values: values)])
        }
        let edges = [
            0, -0.0, .nan, .infinity, -.infinity, 1e-45, .leastNonzeroMagnitude, Double(Float.greatestFiniteMagnitude),
            1 / 3,
        ]
        files["edges.npy"] = try TensorFile([Tensor(name: Tensor.unnamed, shape: [9], values: edges)])
        files["all.safetensors"] = try TensorFile(tensors, metadata: ["format": "pt", "\u{1}\"key": "ü\r\n\\"])
        files["none.safetensors"] = try TensorFile([])
        files["large.npy"] = try TensorFile([
            Tensor(name: Tensor.unnamed, shape: [1000, 70], values: (0..<70_000).map(Double.init))
        ])
        for (name, file) in files {
            try folder.write(name, file.encoded(as: TensorFormat(path: name), precision: precision))
        }

        let names = files.keys.sorted()
        let held = try await PythonProgram.held(["read"] + names.map { "\(folder.path)/\($0)" })
        try #require(held.count == names.count)
        for (name, item) in zip(names, held) {
            let written = try #require(files[name])
            let stored = precision == .single ? written.values.map { Double(Float($0)) } : written.values
            expectSame(try written.replacingValues(stored), item)
            let types = precision == .single ? ["<f4", "F32"] : ["<f8", "F64"]
            #expect(item.tensors.allSatisfy { types.contains($0.type) }, "\(name)")
        }
    }

    /// What numpy and safetensors write and we do not take is refused for the right reason.
    @Test func oddFilesWrittenByPythonAreRefusedByName() async throws {
        let folder = try TemporaryFolder()
        _ = try await PythonProgram.run(["odd", folder.path])
        let types = [
            "int64": "<i8", "uint8": "|u1", "bool": "|b1", "complex": "<c8", "object": "|O", "bytes": "|S2",
            "text": "<U2", "time": "<M8[D]", "structured": "structured", "raw": "|V2", "long-double": "<f16",
        ]
        for (name, type) in types {
            #expect(refusal(try folder.read(name + ".npy"), .npy) == .unsupportedType(type, tensor: nil), "\(name)")
        }
        #expect(refusal(try folder.read("columns.npy"), .npy) == .columnMajor(shape: [2, 3]))
        #expect(refusal(try folder.read("two.npy"), .npy) == .trailingBytes(144))
        #expect(
            refusal(try folder.read("zip.npy"), .npy)
                == .wrongFormat(.npy, found: "a zip archive, like .npz and PyTorch's .pt"))
        #expect(refusal(try folder.read("pickle.npy"), .npy) == .wrongFormat(.npy, found: "a Python pickle"))
        #expect(
            refusal(try folder.read("counter.safetensors"), .safetensors)
                == .unsupportedType("I64", tensor: "steps"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 16)
    }

    /// Layouts that we refuse and the reference implementation takes would shut out good files.
    @Test func safetensorsRefusesTheSameLayouts() async throws {
        let folder = try TemporaryFolder()
        let layouts = SafetensorsTests.badLayouts
        for (index, layout) in layouts.enumerated() {
            try folder.write("\(index).safetensors", safetensors(layout.text, data: layout.data))
        }
        try folder.write("good.safetensors", safetensors(SafetensorsTests.goodText, data: singles(1, 2, 3)))
        let names = layouts.indices.map(String.init) + ["good"]
        let verdicts = String(
            decoding: try await PythonProgram.run(["judge"] + names.map { "\(folder.path)/\($0).safetensors" }),
            as: UTF8.self
        ).split(separator: "\n")
        #expect(verdicts == layouts.map { _ in "refused" } + ["accepted"])
    }
}
