import Encodings
import TensorFiles

// A model as other people's tools hold it: matrices and vectors with names.
//
// Names and shapes are those of `state_dict()` of the same model in PyTorch, where a linear layer is y = W·x + b with
// W [outputs × inputs]:
//
//     softmax:       torch.nn.Linear(inputs, classes)                   weight, bias
//     hidden layer:  torch.nn.Sequential(Linear, ReLU, Linear)          0.weight, 0.bias, 2.weight, 2.bias

extension ModelShape {
    /// Names and shapes of the tensors, in the order of the parameters.
    package var tensorShapes: [(name: String, shape: [Int])] {
        switch kind {
        case .softmax:
            [("weight", [classes, inputs]), ("bias", [classes])]
        case .hiddenLayer(let width):
            [
                ("0.weight", [width, inputs]), ("0.bias", [width]), ("2.weight", [classes, width]),
                ("2.bias", [classes]),
            ]
        }
    }

    /// The parameter vector, or an update of it, that a file holds: tensors of exactly these names and shapes, or a
    /// single array of all values in the parameters' order, of whatever name.
    ///
    /// - Throws: `ModelTensorError` for other tensors. Values are not looked at.
    package func vector(of file: TensorFile) throws(ModelTensorError) -> [Double] {
        let expected = tensorShapes
        if file.tensors.count == 1 {
            guard file.count == parameterCount, file.tensors[0].shape.count == 1 else {
                throw .wrongTensors(found: Self.text(file), expected: Self.text(expected), count: parameterCount)
            }
            return file.values
        }
        var values: [Double] = []
        values.reserveCapacity(parameterCount)
        for (name, shape) in expected {
            guard let tensor = file.tensors.first(where: { $0.name == name }), tensor.shape == shape,
                file.tensors.count == expected.count
            else { throw .wrongTensors(found: Self.text(file), expected: Self.text(expected), count: parameterCount) }
            values += tensor.values
        }
        return values
    }

    private static func text(_ file: TensorFile) -> String { text(file.tensors.map { ($0.name, $0.shape) }) }

    private static func text(_ tensors: [(name: String, shape: [Int])]) -> String {
        guard !tensors.isEmpty else { return "nothing" }
        let texts = tensors.prefix(8).map { tensor in
            "\(tensor.name.quotedForPeople) (\(tensor.shape.map(String.init).joined(separator: ", ")))"
        }
        return texts.joined(separator: ", ") + (tensors.count > 8 ? ", …" : "")
    }
}

extension ModelShape {
    /// A vector in the parameters' order, such as an average of updates, as named tensors.
    ///
    /// - Parameter metadata: What else a reader should know, in words.
    /// - Throws: `TensorFileError.wrongTotal` for another number of values.
    package func tensors(
        of values: [Double], metadata: [String: String] = [:]
    ) throws(TensorFileError) -> TensorFile {
        guard values.count == parameterCount else {
            throw .wrongTotal(expected: parameterCount, found: values.count)
        }
        var tensors: [Tensor] = []
        var start = 0
        for (name, shape) in tensorShapes {
            let end = start + shape.reduce(1, *)
            tensors.append(try Tensor(name: name, shape: shape, values: Array(values[start..<end])))
            start = end
        }
        return try TensorFile(tensors, metadata: metadata)
    }
}

extension Model {
    /// The parameters as named tensors.
    ///
    /// - Parameter metadata: What else a reader should know, in words.
    package func tensors(metadata: [String: String] = [:]) throws(TensorFileError) -> TensorFile {
        try shape.tensors(of: parameters, metadata: metadata)
    }

    /// The parameters as one array, in their order.
    package func flatTensor() throws(TensorFileError) -> TensorFile {
        try TensorFile([Tensor(name: Tensor.unnamed, shape: [parameters.count], values: parameters)])
    }
}

/// Why a file of arrays does not fit a model.
package enum ModelTensorError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file has other tensors, or of other shapes, than the model.
    case wrongTensors(found: String, expected: String, count: Int)

    package var description: String {
        switch self {
        case .wrongTensors(let found, let expected, let count):
            "the file holds \(found). The model has \(expected): give tensors of these names and shapes, or one array of "
                + "\(count) values in that order."
        }
    }
}
