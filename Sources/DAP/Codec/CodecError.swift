/// Why bytes could not be read as a DAP message.
///
/// `field` is the name that the standard gives the field, so that an operator can find it in the text.
public enum CodecError: Error, Equatable, Sendable {
    /// The message ends inside a field, or a length prefix promises more than is left.
    case truncated(field: String, needed: Int, available: Int)
    /// Bytes are left over after the last field.
    case trailingBytes(Int)
    /// A vector that must hold at least one byte is empty.
    case emptyField(String)
    /// A value is longer than its length prefix, or than Cairn's own limit, allows.
    case tooLong(field: String, maximum: Int)
    /// A field was read, but no valid message has this value there.
    case invalidValue(field: String, reason: String)
    /// Well-formed, but a code point that this implementation does not know.
    case unsupported(field: String, value: UInt64)
    /// Extensions must be in strictly increasing order of their type; `type` follows `after` and is not greater.
    case extensionOrder(type: UInt16, after: UInt16)
    /// A field that must be present is not.
    case missingField(String)
}

extension CodecError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .truncated(let field, let needed, let available):
            "\(field): \(needed) bytes needed, \(available) left"
        case .trailingBytes(let count): "\(count) bytes after the end of the message"
        case .emptyField(let field): "\(field) must not be empty"
        case .tooLong(let field, let maximum): "\(field) is longer than \(maximum) bytes"
        case .invalidValue(let field, let reason): "\(field): \(reason)"
        case .unsupported(let field, let value): "\(field): code point \(value) is not supported"
        case .extensionOrder(let type, let after):
            "extension type \(type) follows \(after): types must be strictly increasing"
        case .missingField(let field): "\(field) is missing"
        }
    }
}
