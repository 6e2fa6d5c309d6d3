import Crypto
import DAP

/// A key with which nodes prove in a handshake that they know a secret, without showing it (`Protocols/handshake.md`,
/// section 4).
///
/// Every label stands for one sender's place in the exchange, and what is proved contains the sender's role: nothing that
/// one node said can be sent back to it as the other's word.
package struct HandshakeKey: Sendable {
    /// Bytes of a proof (HMAC-SHA256).
    package static let proofSize = 32

    package enum Label: String, Sendable {
        case request, answer
        case taskRequest = "task request"
        case taskAnswer = "task answer"

        fileprivate var bytes: [UInt8] { Array("cairn handshake v1 \(rawValue)".utf8) + [0] }
    }

    private let key: SymmetricKey

    /// From the operators' secret.
    package init(preSharedKey: [UInt8]) {
        self.init(secret: preSharedKey, info: Array("peer".utf8))
    }

    /// From a task's VDAF verification key.
    package init(verifyKey: [UInt8], taskID: TaskID) {
        self.init(secret: verifyKey, info: Array("task".utf8) + taskID.bytes)
    }

    private init(secret: [UInt8], info: [UInt8]) {
        key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: secret), salt: Self.digest(Array("cairn handshake v1".utf8)),
            info: info,
            outputByteCount: 32)
    }

    package func proof(_ label: Label, _ statement: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: label.bytes + statement, using: key))
    }

    /// Compares in constant time.
    package func isValid(_ proof: [UInt8], _ label: Label, _ statement: [UInt8]) -> Bool {
        HMAC<SHA256>.isValidAuthenticationCode(proof, authenticating: label.bytes + statement, using: key)
    }

    package static func digest(_ bytes: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: bytes)) }
}
