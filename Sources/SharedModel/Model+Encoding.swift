// The bytes of a model: what a log entry names by its hash.
//
// All integers little-endian, nothing between the fields:
//
//     offset  size  field
//     0       8     magic, the ASCII letters "cairnmdl"
//     8       1     version: 1, or 2 where the features have names
//     9       1     kind: 0 softmax regression, 1 hidden layer of rectified linear units
//     10      4     inputs
//     14      4     hidden units, 0 for softmax regression
//     18      4     classes
//     22            in version 2, for each input: length of its name in bytes (2), the name in UTF-8
//     …       8·n   parameters, IEEE 754 binary64, in the order that `ModelShape` describes
//
// n follows from the sizes. The encoding is canonical: a model has exactly one, because the length is fixed, NaN and
// infinities are refused, and so is -0. A model without names is of version 1 and never of version 2. Names are distinct,
// not empty, without blanks at their ends, and of at most 1,000 bytes.

extension Model {
    private static let magic = [UInt8]("cairnmdl".utf8)
    private static let headerSize = 22

    /// The canonical bytes.
    package func encoded() -> [UInt8] {
        var bytes = Self.magic
        bytes.reserveCapacity(Self.headerSize + 8 * parameters.count)
        bytes.append(featureNames.isEmpty ? 1 : 2)
        bytes.append(kind == .softmax ? 0 : 1)
        for size in [shape.inputs, shape.width, shape.classes] {
            // `ModelShape` keeps all sizes below 2^32.
            append(UInt64(size), size: 4, to: &bytes)
        }
        for name in featureNames {
            append(UInt64(name.utf8.count), size: 2, to: &bytes)
            bytes += name.utf8
        }
        for parameter in parameters { append(parameter.bitPattern, size: 8, to: &bytes) }
        return bytes
    }

    private func append(_ value: UInt64, size: Int, to bytes: inout [UInt8]) {
        for index in 0..<size { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * UInt64(index)))) }
    }

    /// Reads canonical bytes; every other string of bytes is refused.
    ///
    /// - Throws: `ModelError.malformed` with the field at fault, or the errors of `ModelShape` and `Model`.
    package init(decoding bytes: [UInt8]) throws(ModelError) {
        guard bytes.count >= Self.headerSize else { throw .malformed("it is shorter than the header") }
        guard bytes.starts(with: Self.magic) else { throw .malformed("it does not begin with 'cairnmdl'") }
        guard (1...2).contains(bytes[8]) else { throw .malformed("its version is \(bytes[8])") }
        func integer(at offset: Int, size: Int) -> UInt64 {
            (0..<size).reduce(0) { $0 | UInt64(bytes[offset + $1]) << (8 * UInt64($1)) }
        }
        let width = Int(integer(at: 14, size: 4))
        let kind: ModelKind
        switch (bytes[9], width) {
        case (0, 0): kind = .softmax
        case (0, _): throw .malformed("softmax regression has no hidden units")
        case (1, _): kind = .hiddenLayer(width: width)
        default: throw .malformed("its kind is \(bytes[9])")
        }
        let shape = try ModelShape(
            kind: kind, inputs: Int(integer(at: 10, size: 4)), classes: Int(integer(at: 18, size: 4)))
        var start = Self.headerSize
        var names: [String] = []
        for _ in 0..<(bytes[8] == 2 ? shape.inputs : 0) {
            guard bytes.count - start >= 2 else { throw .malformed("it ends within the names of its features") }
            let length = Int(integer(at: start, size: 2))
            start += 2
            guard bytes.count - start >= length else { throw .malformed("it ends within the names of its features") }
            guard let name = String(validating: bytes[start..<start + length], as: UTF8.self) else {
                throw .malformed("the name of a feature is not UTF-8")
            }
            names.append(name)
            start += length
        }
        guard bytes.count == start + 8 * shape.parameterCount else {
            throw .malformed("it has \(bytes.count) bytes and not \(start + 8 * shape.parameterCount)")
        }
        var parameters: [Double] = []
        parameters.reserveCapacity(shape.parameterCount)
        for index in 0..<shape.parameterCount {
            let bits = integer(at: start + 8 * index, size: 8)
            guard bits != (-0.0).bitPattern else { throw .malformed("parameter \(index) is negative zero") }
            parameters.append(Double(bitPattern: bits))
        }
        try self.init(shape: shape, parameters: parameters, featureNames: names)
    }
}
