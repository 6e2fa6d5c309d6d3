/// Asks the helper to verify and aggregate reports with the leader (DAP-18 section 4.5.3).
///
/// ```
/// struct {
///   uint8 verification_key_id; opaque agg_param<0..2^32-1>; AggregationJobExtension extensions<0..2^16-1>;
///   VerifyInit verify_inits[verify_inits_length];
/// } AggregationJobInitReq;
/// ```
/// `verify_inits` is what remains of the message (the draft's formula for its length forgets the first byte).
public struct AggregationJobInitReq: Hashable, WireMessage {
    /// Which of the aggregators' shared verification keys to use.
    public let verificationKeyID: UInt8
    /// The VDAF's aggregation parameter; empty for Prio3 and the committed types.
    public let aggregationParameter: [UInt8]
    /// Extensions of the job, in increasing order of their types.
    public let extensions: [Extension]
    /// The job's reports.
    public let verifyInits: [VerifyInit]

    /// The message with these fields.
    public init(
        verificationKeyID: UInt8, aggregationParameter: [UInt8], extensions: [Extension], verifyInits: [VerifyInit]
    ) {
        self.verificationKeyID = verificationKeyID
        self.aggregationParameter = aggregationParameter
        self.extensions = extensions
        self.verifyInits = verifyInits
    }

    public init(from reader: inout ByteReader) throws(CodecError) {
        verificationKeyID = try reader.uint8("verification_key_id")
        aggregationParameter = try reader.opaque32("agg_param")
        extensions = try reader.extensions("extensions")
        verifyInits = try reader.list(of: VerifyInit.self)
    }

    public func encode(into writer: inout ByteWriter) {
        writer.write(verificationKeyID)
        writer.opaque32(aggregationParameter)
        writer.vector16(extensions)
        writer.write(verifyInits)
    }
}
