/// What is inside an encrypted input share (DAP-18 section 4.4.2).
///
/// ```
/// struct { Extension private_extensions<0..2^16-1>; opaque payload<1..2^32-1>; } PlaintextInputShare;
/// ```
public struct PlaintextInputShare: Hashable, WireMessage {
    /// Extensions for this aggregator's eyes only.
    public let privateExtensions: [Extension]
    /// The VDAF's input share.
    public let payload: [UInt8]

    /// The message with these fields.
    public init(privateExtensions: [Extension], payload: [UInt8]) {
        self.privateExtensions = privateExtensions
        self.payload = payload
    }

    public init(from reader: inout ByteReader) throws(CodecError) {
        privateExtensions = try reader.extensions("private_extensions")
        payload = try reader.opaque32("payload", allowEmpty: false)
    }

    public func encode(into writer: inout ByteWriter) {
        writer.vector16(privateExtensions)
        writer.opaque32(payload)
    }
}
