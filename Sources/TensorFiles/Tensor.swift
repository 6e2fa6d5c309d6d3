/// An array of numbers with a name and any number of axes.
///
/// The numbers stand in C order: the last axis varies fastest. No axis at all means a single number.
package struct Tensor: Equatable, Sendable {
    /// The name of the one array in a `.npy` file, which stores none.
    package static let unnamed = "array"
    /// More than any library makes; numpy stops at 64.
    static let maximumAxes = 64

    package let name: String
    /// The length of each axis; their product is the number of values.
    package let shape: [Int]
    package let values: [Double]

    /// - Throws: `TensorFileError` if shape and number of values disagree, or there are more than 64 axes.
    package init(name: String, shape: [Int], values: [Double]) throws(TensorFileError) {
        guard try Self.elementCount(of: shape, tensor: name) == values.count else {
            throw .wrongCount(tensor: name, shape: shape, values: values.count)
        }
        self.name = name
        self.shape = shape
        self.values = values
    }

    /// For a reader that has compared shape and number of values already.
    init(name: String, shape: [Int], checkedValues: [Double]) {
        self.name = name
        self.shape = shape
        values = checkedValues
    }

    /// The product of the axes' lengths.
    static func elementCount(of shape: [Int], tensor: String) throws(TensorFileError) -> Int {
        guard shape.count <= maximumAxes else { throw .tooManyAxes(tensor: tensor, axes: shape.count) }
        var count = 1
        for length in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: length)
            guard length >= 0, !overflow else { throw .shapeTooLarge(tensor: tensor, shape: shape) }
            count = product
        }
        return count
    }

    /// - Throws: `TensorFileError.notFinite` with the index of the first NaN or infinity.
    package func requireFinite() throws(TensorFileError) {
        guard let index = values.firstIndex(where: { !$0.isFinite }) else { return }
        throw .notFinite(tensor: name, index: index, value: "\(values[index])")
    }
}
