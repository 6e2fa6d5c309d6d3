// The shared model: a shape and its parameters, and the one step by which a round changes it.

import Encodings

/// A classifier: shape, flat parameter vector, and the names of its features if it has them.
///
/// Parameters are always finite, and zero is always +0, so equal models have equal bytes and equal hashes.
package struct Model: Sendable, Equatable {
    package let shape: ModelShape
    /// The parameters in the order that `ModelShape` describes.
    package let parameters: [Double]
    /// What the inputs are called, in their order; empty where nobody named them. Columns of rows are matched by them.
    package let featureNames: [String]

    package var kind: ModelKind { shape.kind }
    package var inputs: Int { shape.inputs }
    package var classes: Int { shape.classes }

    /// A model with given parameters.
    ///
    /// - Throws: `ModelError` if there are too few or too many, one is not finite, or the names are not the features'.
    package init(shape: ModelShape, parameters: [Double], featureNames: [String] = []) throws(ModelError) {
        guard parameters.count == shape.parameterCount else {
            throw .parameterCount(found: parameters.count, expected: shape.parameterCount)
        }
        if let index = parameters.firstIndex(where: { !$0.isFinite }) { throw .parameterNotFinite(index: index) }
        if let problem = FeatureNames.problem(with: featureNames, count: shape.inputs) { throw .featureNames(problem) }
        self.shape = shape
        self.featureNames = featureNames
        // Adding +0 turns -0 into +0 and changes nothing else.
        self.parameters = parameters.map { $0 + 0 }
    }

    /// The model before the first round, which follows from the seed alone.
    ///
    /// Softmax regression starts at zero: its loss is convex. A hidden layer starts with uniform weights in
    /// ±√(6/fan-in) (He et al., 2015), smaller by √6 in the output layer, so that its units differ; biases are zero.
    ///
    /// - Throws: `ModelError` if the names are not the features'.
    package init(initial shape: ModelShape, seed: UInt64, featureNames: [String]) throws(ModelError) {
        if let problem = FeatureNames.problem(with: featureNames, count: shape.inputs) { throw .featureNames(problem) }
        self.init(shape, seed: seed, featureNames)
    }

    /// The same without names.
    package init(initial shape: ModelShape, seed: UInt64) {
        self.init(shape, seed: seed, [])
    }

    private init(_ shape: ModelShape, seed: UInt64, _ featureNames: [String]) {
        var parameters = [Double](repeating: 0, count: shape.parameterCount)
        if case .hiddenLayer(let width) = shape.kind {
            var random = TrainingRandom(seed: seed)
            let hiddenLimit = (6 / Double(shape.inputs)).squareRoot()
            for index in 0..<width * shape.inputs {
                parameters[index] = (2 * random.unitInterval() - 1) * hiddenLimit + 0
            }
            let outputLimit = (1 / Double(width)).squareRoot()
            let start = width * (shape.inputs + 1)
            for index in start..<start + shape.classes * width {
                parameters[index] = (2 * random.unitInterval() - 1) * outputLimit + 0
            }
        }
        self.shape = shape
        self.parameters = parameters
        self.featureNames = featureNames
    }

    /// The next model: every parameter plus its coordinate of the update.
    ///
    /// One IEEE 754 addition per coordinate, so anybody who has the old model and the published aggregate computes the
    /// same bytes.
    ///
    /// - Throws: `ModelError` if the update's length differs or a sum is not finite.
    package func applying(_ update: [Double]) throws(ModelError) -> Model {
        guard update.count == parameters.count else {
            throw .parameterCount(found: update.count, expected: parameters.count)
        }
        return try Model(
            shape: shape, parameters: zip(parameters, update).map { $0 + $1 }, featureNames: featureNames)
    }
}
