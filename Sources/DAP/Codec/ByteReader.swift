/// Reads the TLS presentation language (RFC 8446 section 3), in which DAP defines its messages.
///
/// Integers are big-endian. A variable-length vector is preceded by its length in bytes, as an integer of 1, 2 or 4
/// bytes. Every length is compared with what is left of the message *before* anything is copied, so a message of a few
/// bytes cannot make us reserve gigabytes.
public struct ByteReader: Sendable {
    private let storage: [UInt8]
    private var position: Int
    private let end: Int

    /// Reads all of `bytes`.
    public init(_ bytes: [UInt8]) {
        self.init(storage: bytes, position: 0, end: bytes.count)
    }

    private init(storage: [UInt8], position: Int, end: Int) {
        self.storage = storage
        self.position = position
        self.end = end
    }

    /// How many bytes have not been read.
    public var remaining: Int { end - position }

    /// Throws `CodecError.trailingBytes` unless everything has been read.
    public func finish() throws(CodecError) {
        guard remaining == 0 else { throw .trailingBytes(remaining) }
    }

    /// An integer of one byte.
    ///
    /// - Parameter field: Its name, for errors.
    public mutating func uint8(_ field: String) throws(CodecError) -> UInt8 {
        UInt8(truncatingIfNeeded: try integer(size: 1, field))
    }

    /// An integer of two bytes, the most significant first.
    ///
    /// - Parameter field: Its name, for errors.
    public mutating func uint16(_ field: String) throws(CodecError) -> UInt16 {
        UInt16(truncatingIfNeeded: try integer(size: 2, field))
    }

    /// An integer of four bytes, the most significant first.
    ///
    /// - Parameter field: Its name, for errors.
    public mutating func uint32(_ field: String) throws(CodecError) -> UInt32 {
        UInt32(truncatingIfNeeded: try integer(size: 4, field))
    }

    /// An integer of eight bytes, the most significant first.
    ///
    /// - Parameter field: Its name, for errors.
    public mutating func uint64(_ field: String) throws(CodecError) -> UInt64 {
        try integer(size: 8, field)
    }

    /// Exactly `count` bytes.
    public mutating func bytes(_ count: Int, _ field: String) throws(CodecError) -> [UInt8] {
        Array(storage[try advance(count, field)])
    }

    /// `opaque field<0..2^8-1>`, or `<1..>` where `allowEmpty` is false.
    public mutating func opaque8(_ field: String, allowEmpty: Bool = true) throws(CodecError) -> [UInt8] {
        try opaque(length: UInt64(try uint8(field)), field, allowEmpty)
    }

    /// `opaque field<0..2^16-1>`, or `<1..>` where `allowEmpty` is false.
    public mutating func opaque16(_ field: String, allowEmpty: Bool = true) throws(CodecError) -> [UInt8] {
        try opaque(length: UInt64(try uint16(field)), field, allowEmpty)
    }

    /// `opaque field<0..2^32-1>`, or `<1..>` where `allowEmpty` is false.
    public mutating func opaque32(_ field: String, allowEmpty: Bool = true) throws(CodecError) -> [UInt8] {
        try opaque(length: UInt64(try uint32(field)), field, allowEmpty)
    }

    /// A reader over the contents of a vector of structures with a 16-bit length prefix.
    public mutating func vector16(_ field: String) throws(CodecError) -> ByteReader {
        let range = try advance(Int(try uint16(field)), field)
        return ByteReader(storage: storage, position: range.lowerBound, end: range.upperBound)
    }

    /// Structures up to the end of the message, or of the enclosing vector.
    public mutating func list<Element: WireMessage>(of type: Element.Type) throws(CodecError) -> [Element] {
        var elements: [Element] = []
        while remaining > 0 { elements.append(try Element(from: &self)) }
        return elements
    }

    private mutating func opaque(length: UInt64, _ field: String, _ allowEmpty: Bool) throws(CodecError) -> [UInt8] {
        guard allowEmpty || length > 0 else { throw .emptyField(field) }
        return Array(storage[try advance(Int(length), field)])
    }

    private mutating func integer(size: Int, _ field: String) throws(CodecError) -> UInt64 {
        var value: UInt64 = 0
        for index in try advance(size, field) { value = value << 8 | UInt64(storage[index]) }
        return value
    }

    /// The only place that moves the position: `count` is compared with what is left, never added to it unchecked.
    private mutating func advance(_ count: Int, _ field: String) throws(CodecError) -> Range<Int> {
        guard count <= remaining else { throw .truncated(field: field, needed: count, available: remaining) }
        let range = position..<position + count
        position = range.upperBound
        return range
    }
}
