/// Why an HPKE operation failed.
public enum HpkeError: Error, Equatable, Sendable {
    /// Only DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM is implemented; these are the code points asked for.
    case unsupportedSuite(kem: UInt16, kdf: UInt16, aead: UInt16)
    /// The public key is not an X25519 key, or has small order.
    case invalidPublicKey
    /// No private key for this configuration.
    case unknownConfigID(UInt8)
    /// The message could not be sealed.
    case sealFailed
    /// The ciphertext does not open: another key, another task, another role, or changed data. Deliberately one case
    /// for all of these, since the AEAD does not tell them apart.
    case openFailed
    /// A key file cannot be read.
    case malformedKeyFile(line: Int, reason: String)
}

extension HpkeError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unsupportedSuite(let kem, let kdf, let aead):
            "HPKE suite (KEM \(kem), KDF \(kdf), AEAD \(aead)) is not supported; use (32, 1, 1)"
        case .invalidPublicKey: "not a valid X25519 public key"
        case .unknownConfigID(let id): "no private key for HPKE configuration \(id)"
        case .sealFailed: "HPKE sealing failed"
        case .openFailed: "HPKE ciphertext does not open with this key and context"
        case .malformedKeyFile(let line, let reason): "HPKE key file, line \(line): \(reason)"
        }
    }
}
