/// A structure of the DAP standard with exactly one encoding.
///
/// Conforming types hold what the standard's `struct` holds, under names close to it; each says in its documentation
/// what the structure looks like there. Decoding accepts exactly what encoding can produce: unknown enum values, wrong
/// lengths and bytes left over are refused with a ``CodecError``.
public protocol WireMessage: Sendable {
    /// Reads the structure and leaves the reader behind it.
    init(from reader: inout ByteReader) throws(CodecError)
    /// Appends the structure.
    func encode(into writer: inout ByteWriter)
}

extension WireMessage {
    /// Reads the structure from the whole of `bytes`.
    public init(decoding bytes: [UInt8]) throws(CodecError) {
        var reader = ByteReader(bytes)
        try self.init(from: &reader)
        try reader.finish()
    }

    /// The structure's bytes.
    public func encoded() -> [UInt8] {
        var writer = ByteWriter()
        encode(into: &writer)
        return writer.bytes
    }
}
