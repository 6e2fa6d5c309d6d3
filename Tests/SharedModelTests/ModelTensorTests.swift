import Foundation
import PythonExchange
import SharedModel
import TensorFiles
import TestSupport
import Testing

@Suite struct ModelTensorTests {
    private func model(_ kind: ModelKind) throws -> Model {
        let shape = try ModelShape(kind: kind, inputs: 3, classes: 2)
        return try Model(shape: shape, parameters: (0..<shape.parameterCount).map { Double($0) / 3 - 1 })
    }

    @Test func tensorsAreNamedAsInPyTorch() throws {
        let softmax = try model(.softmax)
        let file = try softmax.tensors(metadata: ["classes": "a,b"])
        #expect(file.tensors.map(\.name) == ["bias", "weight"] && file.metadata == ["classes": "a,b"])
        #expect(file.tensors.map(\.shape) == [[2], [2, 3]])
        #expect(file.tensors[0].values == Array(softmax.parameters[6...]))
        let hidden = try model(.hiddenLayer(width: 4)).tensors()
        #expect(hidden.tensors.map(\.name) == ["0.bias", "0.weight", "2.bias", "2.weight"])
        #expect(hidden.tensors.map(\.shape) == [[4], [4, 3], [2], [2, 4]])
    }

    @Test(arguments: [ModelKind.softmax, .hiddenLayer(width: 4)])
    func vectorsOfTheModelsLayoutAreReadBack(_ kind: ModelKind) throws {
        let model = try model(kind)
        let named = try TensorFile(
            decoding: model.tensors().encoded(as: .safetensors, precision: .double), format: .safetensors)
        #expect(try model.shape.vector(of: named) == model.parameters)
        let flat = try TensorFile(decoding: model.flatTensor().encoded(as: .npy, precision: .double), format: .npy)
        #expect(try model.shape.vector(of: flat) == model.parameters)
        let other = try TensorFile([Tensor(name: "delta", shape: [model.parameters.count], values: model.parameters)])
        #expect(try model.shape.vector(of: other) == model.parameters)
    }

    @Test func otherTensorsAreRefusedByName() throws {
        let shape = try model(.softmax).shape
        func tensor(_ name: String, _ shape: [Int]) throws -> Tensor {
            try Tensor(name: name, shape: shape, values: [Double](repeating: 0, count: shape.reduce(1, *)))
        }
        let (weight, bias) = (try tensor("weight", [2, 3]), try tensor("bias", [2]))
        #expect(throws: Never.self) { try shape.vector(of: TensorFile([weight, bias])) }
        let wrong: [[Tensor]] = [
            [], [weight], [bias], [weight, bias, try tensor("more", [1])], [weight, try tensor("b", [2])],
            [try tensor("weight", [3, 2]), bias], [try tensor("weight", [6]), bias],
            [weight, try tensor("bias", [1, 2])],
            [try tensor("all", [7])], [try tensor("all", [9])], [try tensor("all", [2, 4])], [try tensor("all", [])],
        ]
        for tensors in wrong {
            let error = #expect(throws: ModelTensorError.self) { try shape.vector(of: TensorFile(tensors)) }
            let text = "\(try #require(error))"
            #expect(text.contains("The model has 'weight' (2, 3), 'bias' (2)") && text.contains("8 values"), "\(text)")
        }
    }

    /// The code that people load models with.
    @Test(arguments: [ModelKind.softmax, .hiddenLayer(width: 4)])
    func numpyAndSafetensorsReadAnExportedModel(_ kind: ModelKind) async throws {
        let folder = try TemporaryFolder()
        let model = try model(kind)
        let (named, flat) = (try model.tensors(metadata: ["classes": "[\"é\",\"b\"]"]), try model.flatTensor())
        let paths = [folder.file("m.safetensors"), folder.file("m.npy")]
        for (path, file) in zip(paths, [named, flat]) {
            try Data(file.encoded(as: TensorFormat(path: path), precision: .double)).write(to: URL(filePath: path))
        }
        let held = try await PythonProgram.held(["read"] + paths)
        try #require(held.count == 2)
        for (theirs, ours) in zip(held, [named, flat]) {
            #expect(theirs.tensors.map(\.name) == ours.tensors.map(\.name))
            #expect(theirs.tensors.map(\.shape) == ours.tensors.map(\.shape))
            #expect(theirs.tensors.map(\.values) == ours.tensors.map { $0.values.map(PythonProgram.digits) })
            #expect(theirs.metadata == ours.metadata)
        }

        // And an update that they compute for it is one of ours.
        for (path, out) in zip(paths, [folder.file("u.safetensors"), folder.file("u.npy")]) {
            let written = try await PythonProgram.held(["update", path, "3", "7", out])
            let update = try TensorFile(
                decoding: [UInt8](Data(contentsOf: URL(filePath: out))), format: TensorFormat(path: out))
            let vector = try model.shape.vector(of: update)
            #expect(update.tensors.map { $0.values.map(PythonProgram.digits) } == written[0].tensors.map(\.values))
            let norm = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
            #expect(abs(norm - 3) < 1e-5 && vector.count == model.parameters.count)
        }
    }
}
