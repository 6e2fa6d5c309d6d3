import Encodings

/// An identifier of fixed length: opaque bytes on the wire, unpadded URL-safe base 64 in URLs and documents
/// (DAP-18 section 3).
public protocol FixedBytes: WireMessage, Hashable, Comparable, CustomStringConvertible {
    /// Length in bytes.
    static var size: Int { get }
    /// The name that decoding errors use.
    static var name: String { get }
    /// `size` bytes.
    var bytes: [UInt8] { get }
    /// Nil unless there are exactly `size` bytes.
    init?(_ bytes: [UInt8])
    /// For bytes whose number is already known to be `size`.
    init(unchecked bytes: [UInt8])
}

extension FixedBytes {
    /// Nil unless there are exactly `size` bytes.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.size else { return nil }
        self.init(unchecked: bytes)
    }

    /// From the form that URLs use; nil unless it is the canonical spelling of `size` bytes.
    public init?(base64URL text: String) {
        guard let bytes = Base64.decodeURL(text) else { return nil }
        self.init(bytes)
    }

    /// From hexadecimal digits; nil unless they are those of `size` bytes.
    public init?(hex text: String) {
        guard let bytes = Hex.decode(text) else { return nil }
        self.init(bytes)
    }

    public init(from reader: inout ByteReader) throws(CodecError) {
        self.init(unchecked: try reader.bytes(Self.size, Self.name))
    }

    public func encode(into writer: inout ByteWriter) { writer.write(bytes) }

    /// The form that URLs use.
    public var base64URL: String { Base64.encodeURL(bytes) }

    /// The bytes as hexadecimal digits.
    public var hex: String { Hex.encode(bytes) }

    public var description: String { base64URL }

    public static func < (left: Self, right: Self) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }

    /// A fresh identifier from the operating system's generator.
    public static func random() -> Self {
        var generator = SystemRandomNumberGenerator()
        return random(using: &generator)
    }

    /// A fresh identifier from a generator of the caller's.
    public static func random(using generator: inout some RandomNumberGenerator) -> Self {
        Self(unchecked: (0..<size).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
    }
}
