/// Asks the leader for the aggregate of a batch (DAP-18 section 4.6.1).
///
/// ```
/// struct {
///   Query query; opaque agg_param<0..2^32-1>; CollectionJobExtension extensions<0..2^16-1>;
/// } CollectionJobReq;
/// ```
public struct CollectionJobReq: Hashable, WireMessage {
    /// Which batch is asked for.
    public let query: Query
    /// The VDAF's aggregation parameter; empty for types that have none.
    public let aggregationParameter: [UInt8]
    /// No type is defined yet, so a list with any extension in it is answered with `unsupportedExtension`.
    public let extensions: [Extension]

    /// The message with these fields.
    public init(query: Query, aggregationParameter: [UInt8] = [], extensions: [Extension] = []) {
        self.query = query
        self.aggregationParameter = aggregationParameter
        self.extensions = extensions
    }

    public init(from reader: inout ByteReader) throws(CodecError) {
        query = try Query(from: &reader)
        aggregationParameter = try reader.opaque32("agg_param")
        extensions = try reader.extensions("extensions")
    }

    public func encode(into writer: inout ByteWriter) {
        query.encode(into: &writer)
        writer.opaque32(aggregationParameter)
        writer.vector16(extensions)
    }
}
