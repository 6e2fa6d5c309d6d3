import Crypto
import DAP
import Foundation

/// RFC 9180 base mode written out for an encapsulated key whose shared secret is zero: what anybody can do who knows
/// only the receiver's public key. An honest implementation must not open the result.
enum ZeroSecretSealing {
    private static let kem = Array("KEM".utf8) + [0x00, 0x20]
    private static let hpke = Array("HPKE".utf8) + [0x00, 0x20, 0x00, 0x01, 0x00, 0x01]

    static func seal(
        encapsulatedKey: [UInt8], to config: HpkeConfig, info: [UInt8], aad: [UInt8], plaintext: [UInt8]
    ) throws -> HpkeCiphertext {
        let zero = [UInt8](repeating: 0, count: 32)
        let shared = expand(
            extract(salt: [], kem, "eae_prk", zero), kem, "shared_secret", encapsulatedKey + config.publicKey, 32)
        let context = [0x00] + extract(salt: [], hpke, "psk_id_hash", []) + extract(salt: [], hpke, "info_hash", info)
        let secret = extract(salt: shared, hpke, "secret", [])
        let key = SymmetricKey(data: expand(secret, hpke, "key", context, 16))
        let nonce = try AES.GCM.Nonce(data: expand(secret, hpke, "base_nonce", context, 12))
        let box = try AES.GCM.seal(plaintext, using: key, nonce: nonce, authenticating: aad)
        return HpkeCiphertext(
            configID: config.id, encapsulatedKey: encapsulatedKey, payload: Array(box.ciphertext + box.tag))
    }

    /// Opens with the library alone, which does not look for the zero secret.
    static func openWithLibrary(
        _ message: HpkeCiphertext, privateKey: Curve25519.KeyAgreement.PrivateKey, info: [UInt8], aad: [UInt8]
    ) throws -> [UInt8] {
        var recipient = try HPKE.Recipient(
            privateKey: privateKey,
            ciphersuite: .init(kem: .Curve25519_HKDF_SHA256, kdf: .HKDF_SHA256, aead: .AES_GCM_128), info: Data(info),
            encapsulatedKey: Data(message.encapsulatedKey))
        return Array(try recipient.open(message.payload, authenticating: aad))
    }

    private static func extract(salt: [UInt8], _ suite: [UInt8], _ label: String, _ input: [UInt8]) -> [UInt8] {
        let labeled = Array("HPKE-v1".utf8) + suite + Array(label.utf8) + input
        return Array(HMAC<SHA256>.authenticationCode(for: labeled, using: SymmetricKey(data: salt)))
    }

    private static func expand(
        _ secret: [UInt8], _ suite: [UInt8], _ label: String, _ info: [UInt8], _ count: Int
    ) -> [UInt8] {
        let labeled = [UInt8(0), UInt8(count)] + Array("HPKE-v1".utf8) + suite + Array(label.utf8) + info
        return HKDF<SHA256>.expand(pseudoRandomKey: secret, info: labeled, outputByteCount: count)
            .withUnsafeBytes(Array.init)
    }
}
