// Arrays of numbers from and for other people's tools: an update computed with PyTorch or JAX, a model to load there.
//
// Both formats are read without running anything they contain; neither NumPy's pickled objects nor other formats that
// can hold code are supported. Whatever was stored, values become 64-bit floats, exactly.

/// The arrays of one file, in the order in which they make up a single vector: sorted by name.
///
/// Names are compared by their UTF-8 bytes, as Python's `sorted` compares strings, so that
///
///     numpy.concatenate([tensors[name].ravel() for name in sorted(tensors)])
///
/// is the vector in `values`. Mind that "layer.10" comes before "layer.2". No name appears twice; names that Unicode
/// holds equivalent count as one.
package struct TensorFile: Equatable, Sendable {
    package let tensors: [Tensor]
    /// Free text under the key `__metadata__` of a `.safetensors` file; `.npy` files have none.
    package let metadata: [String: String]

    /// - Throws: `TensorFileError.duplicateName`.
    package init(_ tensors: [Tensor], metadata: [String: String] = [:]) throws(TensorFileError) {
        var names: Set<String> = []
        for tensor in tensors where !names.insert(tensor.name).inserted { throw .duplicateName(tensor.name) }
        self.tensors = tensors.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        self.metadata = metadata
    }

    /// Reads a whole file.
    ///
    /// - Parameters:
    ///   - bytes: The file's content.
    ///   - format: What the file is said to be, see `TensorFormat.init(path:)`.
    /// - Throws: `TensorFileError`. NaN and infinities are values like others here, see `requireFinite()`.
    package init(decoding bytes: [UInt8], format: TensorFormat) throws(TensorFileError) {
        switch format {
        case .npy: try self.init(npy: bytes)
        case .safetensors: try self.init(safetensors: bytes)
        }
    }

    /// The bytes of a file with these arrays.
    ///
    /// - Parameters:
    ///   - format: `.npy` takes exactly one array and drops its name and the metadata.
    ///   - precision: How each value is stored. Single precision rounds to the nearest.
    /// - Throws: `TensorFileError` if the format cannot hold the arrays, or a finite value would become infinite.
    package func encoded(as format: TensorFormat, precision: Precision) throws(TensorFileError) -> [UInt8] {
        switch format {
        case .npy: try npy(precision: precision)
        case .safetensors: try safetensors(precision: precision)
        }
    }

    /// How many values there are in all arrays.
    package var count: Int { tensors.reduce(0) { $0 + $1.values.count } }

    /// The values of all arrays, one after the other.
    package var values: [Double] {
        var values: [Double] = []
        values.reserveCapacity(count)
        for tensor in tensors { values += tensor.values }
        return values
    }

    /// The same names, shapes and metadata around other values, in the order of `values`.
    ///
    /// - Throws: `TensorFileError.wrongTotal` if the number of values differs.
    package func replacingValues(_ values: [Double]) throws(TensorFileError) -> TensorFile {
        guard values.count == count else { throw .wrongTotal(expected: count, found: values.count) }
        var start = 0
        var replaced: [Tensor] = []
        for tensor in tensors {
            let end = start + tensor.values.count
            replaced.append(
                Tensor(name: tensor.name, shape: tensor.shape, checkedValues: Array(values[start..<end])))
            start = end
        }
        return try TensorFile(replaced, metadata: metadata)
    }

    /// - Throws: `TensorFileError.notFinite` with tensor and index of the first NaN or infinity.
    package func requireFinite() throws(TensorFileError) {
        for tensor in tensors { try tensor.requireFinite() }
    }
}
