/// A typed value in one of DAP's lists of extensions: of a task, an aggregation job, a report, or a collection job. The
/// four have separate registries and the same layout (DAP-18 sections 4.2.2, 4.4.3, 4.5.1 and 4.6.2).
///
/// ```
/// struct { uint16 extension_type; opaque extension_data<0..2^16-1>; } Extension;
/// ```
public struct Extension: Hashable, WireMessage {
    /// Its code point in the registry of its place.
    public let type: UInt16
    /// Its value, as its type encodes it.
    public let data: [UInt8]

    /// An extension with this value.
    public init(type: UInt16, data: [UInt8]) {
        self.type = type
        self.data = data
    }

    public init(from reader: inout ByteReader) throws(CodecError) {
        type = try reader.uint16("extension_type")
        data = try reader.opaque16("extension_data")
    }

    public func encode(into writer: inout ByteWriter) {
        writer.write(type)
        writer.opaque16(data)
    }
}

/// Order and types of a list are not part of its layout, because the standard answers a wrong order differently in
/// every place (a refused report, or one of three problem documents). Each place calls these.
extension [Extension] {
    /// Throws `CodecError.extensionOrder` unless types are strictly increasing, which also excludes repetitions.
    public func checkOrder() throws(CodecError) {
        for (previous, next) in zip(self, dropFirst()) where next.type <= previous.type {
            throw .extensionOrder(type: next.type, after: previous.type)
        }
    }

    /// The types that are not in `known`, in order of appearance.
    public func unknownTypes(known: Set<UInt16>) -> [UInt16] {
        map(\.type).filter { !known.contains($0) }
    }

    package func data(ofType type: UInt16) -> [UInt8]? {
        first { $0.type == type }?.data
    }
}

extension ByteReader {
    /// `Extension field<0..2^16-1>`, in whatever order it is.
    package mutating func extensions(_ field: String) throws(CodecError) -> [Extension] {
        var list = try vector16(field)
        return try list.list(of: Extension.self)
    }
}
