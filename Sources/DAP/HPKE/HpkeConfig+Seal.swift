import Crypto
import Foundation

/// The suite that every DAP implementation must have (DAP-18 section 7); Cairn offers no other.
///
/// The code points are those of RFC 9180 section 7, written down here because they are part of our wire format and must
/// not depend on how a library numbers its enumerations.
enum HpkeSuite {
    /// DHKEM(X25519, HKDF-SHA256)
    static let kem: UInt16 = 0x0020
    /// HKDF-SHA256
    static let kdf: UInt16 = 0x0001
    /// AES-128-GCM
    static let aead: UInt16 = 0x0001

    static let ciphersuite = HPKE.Ciphersuite(kem: .Curve25519_HKDF_SHA256, kdf: .HKDF_SHA256, aead: .AES_GCM_128)
}

extension HpkeConfig {
    /// Whether this implementation has the configuration's algorithms.
    public var isSupported: Bool {
        kemID == HpkeSuite.kem && kdfID == HpkeSuite.kdf && aeadID == HpkeSuite.aead
    }

    /// Encrypts `plaintext` to the owner of this configuration: RFC 9180 `SealBase`.
    ///
    /// - Parameters:
    ///   - info: One of ``HpkeInfo``.
    ///   - aad: What the ciphertext is bound to; the receiver must reproduce it exactly.
    /// - Throws: `.unsupportedSuite`, `.invalidPublicKey`, `.sealFailed`.
    public func seal(info: [UInt8], aad: [UInt8], plaintext: [UInt8]) throws(HpkeError) -> HpkeCiphertext {
        guard isSupported else { throw .unsupportedSuite(kem: kemID, kdf: kdfID, aead: aeadID) }
        guard !SmallOrderPoints.contains(publicKey),
            let key = try? Curve25519.KeyAgreement.PublicKey(rawRepresentation: publicKey),
            var sender = try? HPKE.Sender(recipientKey: key, ciphersuite: HpkeSuite.ciphersuite, info: Data(info))
        else { throw .invalidPublicKey }
        guard let payload = try? sender.seal(plaintext, authenticating: aad) else { throw .sealFailed }
        return HpkeCiphertext(
            configID: id, encapsulatedKey: Array(sender.encapsulatedKey), payload: Array(payload))
    }
}
