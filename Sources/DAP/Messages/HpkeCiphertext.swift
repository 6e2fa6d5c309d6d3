/// A message sealed with HPKE (DAP-18 section 4.1).
///
/// ```
/// struct { HpkeConfigId config_id; opaque enc<1..2^16-1>; opaque payload<1..2^32-1>; } HpkeCiphertext;
/// ```
public struct HpkeCiphertext: Hashable, WireMessage {
    /// The recipient's configuration that was used.
    public let configID: UInt8
    /// `enc`: the KEM's output.
    public let encapsulatedKey: [UInt8]
    /// Ciphertext and tag.
    public let payload: [UInt8]

    /// The message with these fields.
    public init(configID: UInt8, encapsulatedKey: [UInt8], payload: [UInt8]) {
        self.configID = configID
        self.encapsulatedKey = encapsulatedKey
        self.payload = payload
    }

    public init(from reader: inout ByteReader) throws(CodecError) {
        configID = try reader.uint8("config_id")
        encapsulatedKey = try reader.opaque16("enc", allowEmpty: false)
        payload = try reader.opaque32("payload", allowEmpty: false)
    }

    public func encode(into writer: inout ByteWriter) {
        writer.write(configID)
        writer.opaque16(encapsulatedKey)
        writer.opaque32(payload)
    }
}
