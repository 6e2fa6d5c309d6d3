/// A public key for HPKE, and the algorithms to use with it (DAP-18 section 4.4.1).
///
/// ```
/// struct {
///   HpkeConfigId id; HpkeKemId kem_id; HpkeKdfId kdf_id; HpkeAeadId aead_id; HpkePublicKey public_key;
/// } HpkeConfig;
/// opaque HpkePublicKey<1..2^16-1>;
/// ```
public struct HpkeConfig: Hashable, WireMessage {
    /// Chosen by the owner, distinct among its current configurations.
    public let id: UInt8
    /// The key encapsulation's code point (RFC 9180 section 7.1).
    public let kemID: UInt16
    /// The key derivation's code point (section 7.2).
    public let kdfID: UInt16
    /// The encryption's code point (section 7.3).
    public let aeadID: UInt16
    /// The KEM's encoding of the public key; 1 to 65,535 bytes.
    public let publicKey: [UInt8]

    /// A configuration with these fields, supported or not.
    public init(id: UInt8, kemID: UInt16, kdfID: UInt16, aeadID: UInt16, publicKey: [UInt8]) {
        self.id = id
        self.kemID = kemID
        self.kdfID = kdfID
        self.aeadID = aeadID
        self.publicKey = publicKey
    }

    public init(from reader: inout ByteReader) throws(CodecError) {
        id = try reader.uint8("id")
        kemID = try reader.uint16("kem_id")
        kdfID = try reader.uint16("kdf_id")
        aeadID = try reader.uint16("aead_id")
        publicKey = try reader.opaque16("public_key", allowEmpty: false)
    }

    public func encode(into writer: inout ByteWriter) {
        writer.write(id)
        writer.write(kemID)
        writer.write(kdfID)
        writer.write(aeadID)
        writer.opaque16(publicKey)
    }
}
