import Encodings

/// Why a file of arrays was refused or cannot be written. The text tells a person what to do; whoever shows it puts the
/// file's name in front.
package enum TensorFileError: Error, Equatable, Sendable {
    /// The file name says nothing about the format.
    case unknownExtension(String)
    /// The first bytes are not those of the format; `found` is what they look like, if that is known.
    case wrongFormat(TensorFormat, found: String?)
    /// The file ends inside the part named; `needed` and `present` count bytes.
    case truncated(String, needed: Int, present: Int)
    /// There are bytes behind the last number.
    case trailingBytes(Int)
    /// A version of `.npy` that this reader does not know.
    case unsupportedVersion(major: UInt8, minor: UInt8)
    /// The header is longer than this reader allows.
    case headerTooLong(length: UInt64, limit: Int)
    /// The header's text has something else at this place, counted in bytes from the start of the file.
    case malformedHeader(offset: Int, expected: String)
    /// Two tensors, or two texts of the metadata, of one name.
    case duplicateName(String)
    /// The values are of a type that is no float of 16, 32 or 64 bits; `tensor` is nil in `.npy`.
    case unsupportedType(String, tensor: String?)
    /// A `.npy` array whose first axis varies fastest.
    case columnMajor(shape: [Int])
    /// More than 64 axes.
    case tooManyAxes(tensor: String, axes: Int)
    /// The number of values or of their bytes does not fit 63 bits.
    case shapeTooLarge(tensor: String, shape: [Int])
    /// The header gives a tensor more or fewer bytes than its shape and type need.
    case wrongSize(tensor: String, shape: [Int], needed: Int, found: Int)
    /// A tensor's bytes do not begin where the one before ends, or end before they begin.
    case misplaced(tensor: String, begin: Int, end: Int, expected: Int)
    /// A value is NaN or infinite. The index counts in C order.
    case notFinite(tensor: String, index: Int, value: String)
    /// A tensor's shape does not fit its number of values.
    case wrongCount(tensor: String, shape: [Int], values: Int)
    /// A vector does not fit the shapes that it should fill.
    case wrongTotal(expected: Int, found: Int)
    /// A finite value that single precision would turn into infinity.
    case beyondSinglePrecision(tensor: String, index: Int, value: Double)
    /// A `.npy` file holds one array, and there are none or several.
    case notOneTensor(found: Int)
    /// No tensor may have this name.
    case reservedName(String)
}

extension TensorFileError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unknownExtension(let name):
            "\(name.quotedForPeople) ends neither in .npy nor in .safetensors. Save the numbers in one of these formats."
        case .wrongFormat(let format, let found):
            "this is \(found ?? "something else than") \(found == nil ? "" : "and not ")a .\(format.rawValue) file. "
                + (format == .npy
                    ? "Save one array with numpy.save." : "Save the tensors with the safetensors package's save_file.")
        case .truncated(let part, let needed, let present):
            "the file ends too early: \(part) needs \(needed) bytes and \(present) are there. Copy or save it again."
        case .trailingBytes(let count):
            "\(count) bytes follow the last number. Save one array or one set of tensors a file, and nothing else."
        case .unsupportedVersion(let major, let minor):
            "version \(major).\(minor) of the .npy format is unknown here. Save the array with a NumPy that writes "
                + "version 1.0, 2.0 or 3.0."
        case .headerTooLong(let length, let limit):
            "the header has \(length) bytes, and at most \(limit) are allowed. If the file is not damaged, leave out "
                + "metadata or join small tensors."
        case .malformedHeader(let offset, let expected):
            "the header is malformed at byte \(offset) of the file: expected \(expected). Save the file again."
        case .duplicateName(let name):
            "the name \(name.quotedForPeople) occurs twice. Give every tensor a name of its own."
        case .unsupportedType(let type, nil):
            "the array's type is \(Self.explained(numpyType: type)). Only floats of 16, 32 or 64 bits can be read: "
                + "save array.astype('float32')."
        case .unsupportedType(let type, .some(let tensor)):
            "tensor \(tensor.quotedForPeople) has the type \(type.quotedForPeople). Only F16, BF16, F32 and F64 can be "
                + "read: convert it to float32, or leave it out if it counts things and learns nothing, like PyTorch's "
                + "num_batches_tracked."
        case .columnMajor(let shape):
            "the array of shape \(Self.text(shape)) is stored column by column (fortran_order). Save "
                + "numpy.ascontiguousarray(array), so that the order of the values is beyond doubt."
        case .tooManyAxes(let tensor, let axes):
            "tensor \(tensor.quotedForPeople) has \(axes) axes, and at most \(Tensor.maximumAxes) are allowed. "
                + "Reshape it."
        case .shapeTooLarge(let tensor, let shape):
            "tensor \(tensor.quotedForPeople) cannot have the shape \(Self.text(shape)): its size is negative or does "
                + "not fit 63 bits. Save the file again."
        case .wrongSize(let tensor, let shape, let needed, let found):
            "tensor \(tensor.quotedForPeople) of shape \(Self.text(shape)) needs \(needed) bytes, and the header gives "
                + "it \(found). Save the file again."
        case .misplaced(let tensor, let begin, let end, let expected):
            "tensor \(tensor.quotedForPeople) has the bytes from \(begin) to \(end) and should begin at \(expected): "
                + "tensors must follow one another without gap or overlap. Save the file again."
        case .notFinite(let tensor, let index, let value):
            "value \(index) of \(tensor.quotedForPeople), counted from 0, is \(value). All values must be finite: look "
                + "for a division by zero or a learning rate that is too high."
        case .wrongCount(let tensor, let shape, let values):
            "tensor \(tensor.quotedForPeople) of shape \(Self.text(shape)) cannot have \(values) values."
        case .wrongTotal(let expected, let found):
            "\(found) values cannot fill tensors that hold \(expected) together."
        case .beyondSinglePrecision(let tensor, let index, let value):
            "value \(index) of \(tensor.quotedForPeople), counted from 0, is \(value), which is beyond the range of "
                + "single precision. Write double precision."
        case .notOneTensor(let found):
            "a .npy file holds one array, and there are \(found). Write .safetensors."
        case .reservedName(let name):
            "a tensor cannot be named \(name.quotedForPeople): in .safetensors files that is the name of the metadata."
        }
    }

    /// For example `(2, 3)`.
    private static func text(_ shape: [Int]) -> String {
        let shown = shape.prefix(8).map(String.init).joined(separator: ", ")
        return "(\(shown)\(shape.count == 1 ? "," : shape.count > 8 ? ", …" : ""))"
    }

    /// A NumPy type code and what its letter means.
    private static func explained(numpyType type: String) -> String {
        let kind: String? =
            switch type.unicodeScalars.first(where: { !"<>|=".unicodeScalars.contains($0) }) {
            case "i", "u": "integers"
            case "b", "?": "booleans"
            case "c": "complex numbers"
            case "f": "floats of another size or without byte order"
            case "O": "Python objects, which run code when read"
            case "S", "U", "a": "text"
            case "M", "m": "times"
            case "V": "raw bytes, as which NumPy also stores bfloat16"
            default: nil
            }
        return type.quotedForPeople + (kind.map { " (\($0))" } ?? "")
    }
}
