// The architecture of a classifier: what the numbers of a parameter vector mean.
//
// A shared model is one flat vector, because that is what is bounded, encoded, summed and logged. Matrices lie in it
// row by row, each followed by its biases:
//
//     softmax:       W [classes × inputs], b [classes]
//     hidden layer:  W1 [width × inputs], b1 [width], W2 [classes × width], b2 [classes]

/// A kind of classifier.
package enum ModelKind: Sendable, Equatable {
    /// Softmax (multinomial logistic) regression: linear scores, the largest wins.
    case softmax
    /// One hidden layer of `width` rectified linear units, then linear scores.
    case hiddenLayer(width: Int)
}

/// Why a model was refused.
package enum ModelError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A size is outside its limits; the text names it.
    case sizeOutOfRange(String)
    /// The parameter (or update) vector has the wrong length for the shape.
    case parameterCount(found: Int, expected: Int)
    /// A parameter is NaN or infinite.
    case parameterNotFinite(index: Int)
    /// The bytes are no model file: wrong magic, version, kind or length; the text says which.
    case malformed(String)
    /// The names of the features cannot be that; the text says why.
    case featureNames(String)
    /// The text names no kind of model.
    case unknownKind(String)

    package var description: String {
        switch self {
        case .sizeOutOfRange(let what): "the model's size is out of range: \(what)."
        case .parameterCount(let found, let expected):
            "the model has \(expected) parameters, and \(found) were given. Check that all parties use the same task."
        case .parameterNotFinite(let index): "parameter \(index) of the model is not a finite number."
        case .malformed(let what): "the bytes are not a model of this version: \(what)."
        case .featureNames(let problem): "\(problem). Give every feature one name of its own."
        case .unknownKind(let text): "'\(text)' is no kind of model. Write softmax, or hidden:WIDTH such as hidden:32."
        }
    }
}

extension ModelKind: CustomStringConvertible {
    /// `softmax` or `hidden:WIDTH`.
    package var description: String {
        switch self {
        case .softmax: "softmax"
        case .hiddenLayer(let width): "hidden:\(width)"
        }
    }

    /// Reads what `description` writes.
    ///
    /// - Throws: `ModelError.unknownKind`; the width's limits are checked by `ModelShape`.
    package init(argument: String) throws(ModelError) {
        let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
        if argument == "softmax" {
            self = .softmax
        } else if parts.count == 2, parts[0] == "hidden", let width = Int(parts[1]), width > 0 {
            self = .hiddenLayer(width: width)
        } else {
            throw .unknownKind(argument)
        }
    }
}

/// Kind and sizes of a classifier; fixes the length of its parameter vector.
package struct ModelShape: Sendable, Equatable {
    /// Largest number of features.
    package static let maximumInputs = 1 << 20
    /// Largest number of classes, and of hidden units.
    package static let maximumUnits = 1 << 16
    /// Largest number of parameters: 128 MiB of them.
    package static let maximumParameters = 1 << 24

    package let kind: ModelKind
    /// Features per row.
    package let inputs: Int
    package let classes: Int
    /// The length of the parameter vector.
    package let parameterCount: Int

    /// - Throws: `ModelError.sizeOutOfRange` beyond the limits above, or for fewer than two classes.
    package init(kind: ModelKind, inputs: Int, classes: Int) throws(ModelError) {
        guard (1...Self.maximumInputs).contains(inputs) else {
            throw .sizeOutOfRange("\(inputs) features, allowed are 1 to \(Self.maximumInputs)")
        }
        guard (2...Self.maximumUnits).contains(classes) else {
            throw .sizeOutOfRange("\(classes) classes, allowed are 2 to \(Self.maximumUnits)")
        }
        let count: Int
        switch kind {
        case .softmax:
            count = classes * (inputs + 1)
        case .hiddenLayer(let width):
            guard (1...Self.maximumUnits).contains(width) else {
                throw .sizeOutOfRange("\(width) hidden units, allowed are 1 to \(Self.maximumUnits)")
            }
            count = width * (inputs + 1) + classes * (width + 1)
        }
        guard count <= Self.maximumParameters else {
            throw .sizeOutOfRange("\(count) parameters, allowed are up to \(Self.maximumParameters)")
        }
        self.kind = kind
        self.inputs = inputs
        self.classes = classes
        parameterCount = count
    }

    /// Hidden units; 0 for softmax regression.
    package var width: Int {
        if case .hiddenLayer(let width) = kind { width } else { 0 }
    }
}
