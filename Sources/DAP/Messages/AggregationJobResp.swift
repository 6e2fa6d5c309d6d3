/// The helper's answers of one step of an aggregation job, in the order of the request (DAP-18 section 4.5.3.2).
///
/// ```
/// struct { VerifyResp verify_resps[message_length]; } AggregationJobResp;
/// ```
public struct AggregationJobResp: Hashable, WireMessage {
    /// One for each report of the request, in its order.
    public let responses: [VerifyResp]

    /// The message with these answers.
    public init(responses: [VerifyResp]) { self.responses = responses }

    public init(from reader: inout ByteReader) throws(CodecError) {
        responses = try reader.list(of: VerifyResp.self)
    }

    public func encode(into writer: inout ByteWriter) { writer.write(responses) }
}
