import Crypto
import DAP
import Ed25519
import Foundation

/// The key by which a contributor will later speak about one report without saying who it is.
///
/// In committed tasks every report carries a fresh Ed25519 key and its signature over the report's commitments, as a
/// public report extension of type 0xFF00. The extension is part of the HPKE additional data, so the key cannot be
/// exchanged on the way, and both aggregators check the signature, so nobody can attach a key that it does not hold to
/// another contributor's commitments.
///
/// All of a contributor's claim keys follow from one seed, so the seed alone recovers them.
///
/// Extension data: `public key (32) || signature (64)`.
public struct ClaimKey: Hashable, Sendable {
    /// The report extension's type.
    public static let extensionType: UInt16 = 0xFF00
    /// Bytes of a contributor's seed.
    public static let seedSize = 32

    /// 32 bytes.
    public let publicKey: [UInt8]
    /// 64 bytes over ``signedBytes(taskID:reportID:commitments:)``.
    public let signature: [UInt8]

    /// Derives the report's key and signs its commitments.
    ///
    /// - Parameters:
    ///   - seed: The contributor's seed, 32 secret bytes.
    ///   - commitments: The report's commitments C_0 and C_1, 32 bytes each.
    public static func make(
        seed: [UInt8], taskID: TaskID, reportID: ReportID, commitments: [[UInt8]]
    ) throws(ClaimKeyError) -> ClaimKey {
        let key = try derive(seed: seed, taskID: taskID, reportID: reportID)
        let message = signedBytes(taskID: taskID, reportID: reportID, commitments: commitments)
        guard let signature = try? key.signature(for: message) else { throw .signingFailed }
        return ClaimKey(publicKey: Array(key.publicKey.rawRepresentation), signature: Array(signature))
    }

    /// The private key of a report: HKDF-SHA256 with the seed as key material, salt `"Cairn v1 claim seed"` and info
    /// `task_id || report_id`, 32 bytes.
    public static func derive(
        seed: [UInt8], taskID: TaskID, reportID: ReportID
    ) throws(ClaimKeyError) -> Curve25519.Signing.PrivateKey {
        guard seed.count == seedSize else { throw .seedSize(seed.count) }
        let derived = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: seed), salt: Array("Cairn v1 claim seed".utf8),
            info: taskID.bytes + reportID.bytes, outputByteCount: 32)
        guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: derived) else { throw .signingFailed }
        return key
    }

    /// What the signature covers: `"Cairn v1 claim key\0" || task_id || report_id || C_0 || C_1`.
    public static func signedBytes(taskID: TaskID, reportID: ReportID, commitments: [[UInt8]]) -> [UInt8] {
        Array("Cairn v1 claim key\0".utf8) + taskID.bytes + reportID.bytes + commitments.flatMap(\.self)
    }

    /// Whether the key's owner signed these commitments for this report.
    public func isValid(taskID: TaskID, reportID: ReportID, commitments: [[UInt8]]) -> Bool {
        signed(taskID: taskID, reportID: reportID, commitments: commitments).isValid
    }

    /// What ``isValid(taskID:reportID:commitments:)`` asks about, to be checked together with others.
    package func signed(taskID: TaskID, reportID: ReportID, commitments: [[UInt8]]) -> SignedMessage {
        SignedMessage(
            publicKey: publicKey, signature: signature,
            message: Self.signedBytes(taskID: taskID, reportID: reportID, commitments: commitments))
    }

    /// The key in a report's extension of type ``extensionType``.
    public init(extensionData: [UInt8]) throws(CodecError) {
        var reader = ByteReader(extensionData)
        publicKey = try reader.bytes(32, "claim key")
        signature = try reader.bytes(64, "claim key signature")
        try reader.finish()
    }

    private init(publicKey: [UInt8], signature: [UInt8]) {
        self.publicKey = publicKey
        self.signature = signature
    }

    /// Key and signature as the extension of a report's metadata.
    public var reportExtension: Extension { Extension(type: Self.extensionType, data: publicKey + signature) }
}

/// Why a claim key cannot be made.
public enum ClaimKeyError: Error, Equatable, Sendable {
    /// A seed has 32 bytes, not this many.
    case seedSize(Int)
    /// The cryptographic library refused the key.
    case signingFailed
}
