// What stands before the numbers of a `.safetensors` file:
//
//     offset  size  field
//     0       8     n, little-endian
//     8       n     a JSON object, filled up with spaces so that the numbers begin at a multiple of 8
//
// Each member of the object is a tensor under its name, or text under `__metadata__`:
//
//     {"__metadata__": {"format": "pt"}, "bias": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}
//
// Offsets count from the end of the header. As in the reference implementation, tensors follow one another without gap
// or overlap and end with the file. Beyond it, this reader refuses two members of one name and members that the format
// does not define: both would leave open what the file means.

struct SafetensorsHeader {
    /// Enough for 40,000 tensors. The format's own limit is 100 MB.
    static let maximumLength = 4 << 20
    static let metadataKey = "__metadata__"

    struct Entry {
        let name: String
        let type: ElementType
        let shape: [Int]
        /// Counted from the start of the file.
        let range: Range<Int>
    }

    /// In the order of their bytes.
    let entries: [Entry]
    let metadata: [String: String]

    init(decoding bytes: [UInt8]) throws(TensorFileError) {
        // A length is all that a file begins with, so other formats are told apart by what is not there.
        if bytes.dropFirst(8).first != UInt8(ascii: "{"), let other = TensorFormat.guess(bytes) {
            throw .wrongFormat(.safetensors, found: other)
        }
        guard bytes.count >= 8 else { throw .truncated("the header", needed: 8, present: bytes.count) }
        let length = bytes[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= Self.maximumLength else { throw .headerTooLong(length: length, limit: Self.maximumLength) }
        let dataStart = 8 + Int(length)
        guard bytes.count >= dataStart else {
            throw .truncated("the header", needed: dataStart, present: bytes.count)
        }
        var text = SafetensorsText(HeaderScanner(bytes, 8..<dataStart))
        try text.parse()
        metadata = text.metadata ?? [:]
        entries = try Self.place(text.tensors, dataStart: dataStart, fileEnd: bytes.count)
    }

    /// Checks that the tensors' bytes are all bytes behind the header, each once.
    private static func place(
        _ described: [SafetensorsText.Entry], dataStart: Int, fileEnd: Int
    ) throws(TensorFileError) -> [Entry] {
        let present = fileEnd - dataStart
        var end = 0
        var entries: [Entry] = []
        for tensor in described.sorted(by: { ($0.begin, $0.end) < ($1.begin, $1.end) }) {
            guard let type = type(tensor.type) else { throw .unsupportedType(tensor.type, tensor: tensor.name) }
            let size = try type.byteCount(of: tensor.shape, tensor: tensor.name)
            guard tensor.begin == end, tensor.end >= tensor.begin else {
                throw .misplaced(tensor: tensor.name, begin: tensor.begin, end: tensor.end, expected: end)
            }
            guard tensor.end - tensor.begin == size else {
                throw .wrongSize(
                    tensor: tensor.name, shape: tensor.shape, needed: size, found: tensor.end - tensor.begin)
            }
            guard tensor.end <= present else {
                throw .truncated("tensor \(tensor.name.quotedForPeople)", needed: tensor.end, present: present)
            }
            entries.append(
                Entry(
                    name: tensor.name, type: type, shape: tensor.shape,
                    range: dataStart + tensor.begin..<dataStart + tensor.end))
            end = tensor.end
        }
        guard end == present else { throw .trailingBytes(present - end) }
        return entries
    }

    private static func type(_ name: String) -> ElementType? {
        ElementType.allCases.first { Self.name($0) == name }
    }

    private static func name(_ type: ElementType) -> String {
        switch type {
        case .float16: "F16"
        case .bfloat16: "BF16"
        case .float32: "F32"
        case .float64: "F64"
        }
    }

    /// Length and text for tensors that follow one another, all of one type.
    ///
    /// - Throws: `TensorFileError.reservedName`, and `headerTooLong` for what this reader would refuse.
    static func encoded(
        _ tensors: [Tensor], metadata: [String: String], type: ElementType
    ) throws(TensorFileError) -> [UInt8] {
        var members: [String] = []
        if !metadata.isEmpty {
            let texts = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            members.append(
                JSONString.encode(metadataKey) + ":{"
                    + texts.map { JSONString.encode($0.key) + ":" + JSONString.encode($0.value) }.joined(separator: ",")
                    + "}")
        }
        var begin = 0
        for tensor in tensors {
            guard tensor.name != metadataKey else { throw .reservedName(metadataKey) }
            let end = begin + tensor.values.count * type.size
            let shape = tensor.shape.map(String.init).joined(separator: ",")
            members.append(
                "\(JSONString.encode(tensor.name)):{\"dtype\":\"\(name(type))\",\"shape\":[\(shape)],"
                    + "\"data_offsets\":[\(begin),\(end)]}")
            begin = end
        }
        var text = Array("{\(members.joined(separator: ","))}".utf8)
        text += [UInt8](repeating: UInt8(ascii: " "), count: (8 - text.count % 8) % 8)
        guard text.count <= maximumLength else {
            throw .headerTooLong(length: UInt64(text.count), limit: maximumLength)
        }
        return (0..<8).map { UInt8(truncatingIfNeeded: UInt64(text.count) >> (8 * UInt64($0))) } + text
    }
}
