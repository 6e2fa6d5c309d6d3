/// The JSON object of a `.safetensors` header. Its depth is fixed, so it is read without a general JSON reader, which
/// would also hide members of one name.
struct SafetensorsText {
    struct Entry {
        let name: String
        let type: String
        let shape: [Int]
        /// Counted from the end of the header.
        let begin: Int
        let end: Int
    }

    private var scanner: HeaderScanner
    private(set) var tensors: [Entry] = []
    private(set) var metadata: [String: String]?

    init(_ scanner: HeaderScanner) { self.scanner = scanner }

    mutating func parse() throws(TensorFileError) {
        guard scanner.next == UInt8(ascii: "{") else { throw scanner.malformed("'{'") }
        // Tensors of one name are for `TensorFile` to refuse.
        try members { text, name throws(TensorFileError) in
            if name == SafetensorsHeader.metadataKey {
                guard text.metadata == nil else { throw .duplicateName(name) }
                text.metadata = try text.texts()
            } else {
                let tensor = try text.tensor(name)
                text.tensors.append(tensor)
            }
        }
        try scanner.expectEnd()
    }

    private mutating func tensor(_ name: String) throws(TensorFileError) -> Entry {
        let start = scanner.position
        var type: String?
        var shape: [Int]?
        var offsets: [Int]?
        try members { text, key throws(TensorFileError) in
            switch key {
            case "dtype" where type == nil: type = try text.string()
            case "shape" where shape == nil: shape = try text.integers()
            case "data_offsets" where offsets == nil: offsets = try text.integers()
            default: throw text.scanner.malformed("each of \"dtype\", \"shape\" and \"data_offsets\" once")
            }
        }
        guard let type, let shape, let offsets, offsets.count == 2 else {
            throw scanner.malformed("a tensor with \"dtype\", \"shape\" and two \"data_offsets\"", at: start)
        }
        return Entry(name: name, type: type, shape: shape, begin: offsets[0], end: offsets[1])
    }

    private mutating func texts() throws(TensorFileError) -> [String: String] {
        var texts: [String: String] = [:]
        try members { text, key throws(TensorFileError) in
            let value = try text.string()
            guard texts.updateValue(value, forKey: key) == nil else { throw .duplicateName(key) }
        }
        return texts
    }

    /// An object: hands every key to `read`, which takes the value.
    private mutating func members(
        _ read: (inout SafetensorsText, String) throws(TensorFileError) -> Void
    ) throws(TensorFileError) {
        try scanner.expect("{")
        if scanner.take("}") { return }
        repeat {
            let key = try string()
            try scanner.expect(":")
            try read(&self, key)
        } while scanner.take(",")
        try scanner.expect("}")
    }

    private mutating func integers() throws(TensorFileError) -> [Int] {
        try scanner.expect("[")
        if scanner.take("]") { return [] }
        var numbers: [Int] = []
        repeat { numbers.append(try scanner.integer()) } while scanner.take(",")
        try scanner.expect("]")
        return numbers
    }

    private mutating func string() throws(TensorFileError) -> String { try JSONString.decode(&scanner) }
}
