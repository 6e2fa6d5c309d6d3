import Crypto
import DAP
import Ed25519

/// The owner's word for a task: an Ed25519 signature over the task id.
///
/// A configuration names the owner's public key, and anybody can write anybody's key into one. Only with this signature
/// is a task the owner's: nodes and contributors ask for it, it stands in the log, and nothing is paid without it.
///
/// Signed bytes: `"Cairn v1 task" || 0x00 || task_id`. The label is no prefix of the ledger's (`SigningLabel`), nor the
/// other way round.
public enum TaskOwnerSignature {
    /// Bytes of a signature.
    public static let size = 64

    package static let label = "Cairn v1 task"

    /// What the signature covers.
    public static func signedBytes(taskID: TaskID) -> [UInt8] {
        Array("\(label)\0".utf8) + taskID.bytes
    }

    /// Signs a task; fails only where the platform's random generator does.
    public static func sign(taskID: TaskID, with owner: Curve25519.Signing.PrivateKey) throws -> [UInt8] {
        Array(try owner.signature(for: signedBytes(taskID: taskID)))
    }

    /// Whether the owner with this key signed the task. Bytes that are no key or no signature are simply not valid.
    public static func isValid(_ signature: [UInt8], taskID: TaskID, ownerKey: [UInt8]) -> Bool {
        signed(signature, taskID: taskID, ownerKey: ownerKey).isValid
    }

    /// What ``isValid(_:taskID:ownerKey:)`` asks about, to be checked together with others.
    package static func signed(_ signature: [UInt8], taskID: TaskID, ownerKey: [UInt8]) -> SignedMessage {
        SignedMessage(publicKey: ownerKey, signature: signature, message: signedBytes(taskID: taskID))
    }
}
