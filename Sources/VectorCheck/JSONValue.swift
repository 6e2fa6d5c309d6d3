/// A JSON document as a value. Integers are exact up to 128 bits; other numbers only need to be told apart.
enum JSONValue: Decodable, Sendable {
    case null
    case bool(Bool)
    case integer(Int128)
    /// An integer beyond `Int128` that `UInt128` holds.
    case largeInteger(UInt128)
    case otherNumber
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    private struct AnyKey: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let text = try? container.decode(String.self) {
            self = .string(text)
        } else if (try? decoder.container(keyedBy: AnyKey.self)) != nil {
            self = .object(try container.decode([String: JSONValue].self))
        } else if (try? decoder.unkeyedContainer()) != nil {
            self = .array(try container.decode([JSONValue].self))
        } else if let flag = try? container.decode(Bool.self) {
            self = .bool(flag)
        } else if let number = try? container.decode(Int128.self) {
            self = .integer(number)
        } else if let number = try? container.decode(UInt128.self) {
            self = .largeInteger(number)
        } else if (try? container.decode(Double.self)) != nil {
            self = .otherNumber
        } else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a JSON value")
        }
    }
}

/// A value of a vector file together with where it stands, so that every complaint says what it is about.
struct VectorValue {
    let value: JSONValue
    let path: String

    func failure(_ text: String) -> VectorFailure {
        VectorFailure("\(path): \(text)")
    }

    /// Bytes from a string of hexadecimal digits.
    func bytes() throws -> [UInt8] {
        guard case .string(let text) = value else { throw failure("expected a string of hexadecimal digits") }
        var bytes = [UInt8]()
        bytes.reserveCapacity(text.utf8.count / 2)
        var high: UInt8?
        for character in text.utf8 {
            let digit: UInt8
            switch character {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = character - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = character - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = character - UInt8(ascii: "A") + 10
            default: throw failure("not a string of hexadecimal digits")
            }
            if let first = high {
                bytes.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        guard high == nil else { throw failure("an odd number of hexadecimal digits") }
        return bytes
    }

    /// An integer of the wanted size.
    func integer<Integer: FixedWidthInteger>(_ type: Integer.Type = Integer.self) throws -> Integer {
        let converted: Integer? =
            switch value {
            case .integer(let number): Integer(exactly: number)
            case .largeInteger(let number): Integer(exactly: number)
            default: throw failure("expected an integer")
            }
        guard let converted else { throw failure("the integer is out of range") }
        return converted
    }

    func bool() throws -> Bool {
        guard case .bool(let flag) = value else { throw failure("expected true or false") }
        return flag
    }

    func string() throws -> String {
        guard case .string(let text) = value else { throw failure("expected a string") }
        return text
    }

    func items() throws -> [VectorValue] {
        guard case .array(let items) = value else { throw failure("expected an array") }
        return items.enumerated().map { VectorValue(value: $0.element, path: "\(path)[\($0.offset)]") }
    }

    /// Element `index` of an array.
    func item(_ index: Int) throws -> VectorValue {
        let items = try items()
        guard items.indices.contains(index) else { throw failure("there is no element \(index)") }
        return items[index]
    }
}

/// An object of a vector file.
struct VectorObject {
    private let fields: [String: JSONValue]
    private let prefix: String

    /// - Parameter path: Where the object stands; the names of its fields are appended.
    init(_ value: JSONValue, path: String) throws {
        guard case .object(let fields) = value else {
            throw VectorFailure(path.isEmpty ? "expected a JSON object" : "\(path): expected an object")
        }
        self.fields = fields
        prefix = path.isEmpty ? "" : path + " "
    }

    func contains(_ name: String) -> Bool {
        fields[name] != nil
    }

    subscript(name: String) -> VectorValue {
        get throws {
            guard let value = fields[name] else { throw VectorFailure("\(prefix)\(name): missing") }
            return VectorValue(value: value, path: prefix + name)
        }
    }
}

/// Compares bytes that were computed with bytes of the file.
func expectEqual(_ computed: [UInt8], _ expected: VectorValue) throws {
    let expectedBytes = try expected.bytes()
    for (index, (a, b)) in zip(computed, expectedBytes).enumerated() where a != b {
        throw expected.failure("differs at byte \(index)")
    }
    guard computed.count == expectedBytes.count else {
        throw expected.failure("has \(expectedBytes.count) bytes, computed \(computed.count)")
    }
}
