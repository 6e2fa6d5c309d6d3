import Crypto
import DAP
import Tasks

/// The vector λ of a task's credit policy, as a blob of the log.
///
///     struct {
///         TaskID task_id;
///         opaque lambda_hash[32];     /* SHA-256 of λ: the blob */
///         opaque salt<0..32>;         /* 32 bytes where the policy is validation, none where it is priced */
///     } RevealEntry;
///
/// It needs no signature: the task has fixed λ by a hash or a commitment, which hash and salt open. Whoever knows λ of a
/// validation policy can say so in public, and what is closed after that earns nothing: a hidden λ that has become known
/// could be farmed (`Protocols/credit.md` §3).
package struct RevealEntry: EntryBody {
    package static let type = LedgerEntry.EntryType.reveal

    package var taskID: TaskID
    package var lambdaHash: [UInt8]
    package var salt: [UInt8]

    package static let saltSize = 32

    /// - Parameter lambda: λ as `Protocols/credit.md` §3 encodes it.
    package init(taskID: TaskID, lambda: [UInt8], salt: [UInt8]) {
        self.taskID = taskID
        lambdaHash = Blob.hash(lambda)
        self.salt = salt
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        taskID = try TaskID(from: &reader)
        lambdaHash = try reader.bytes(32, "lambda_hash")
        salt = try reader.opaque8("salt")
        guard salt.isEmpty || salt.count == Self.saltSize else {
            throw .invalidValue(field: "salt", reason: "it has \(salt.count) bytes, neither 0 nor \(Self.saltSize)")
        }
    }

    package func encode(into writer: inout ByteWriter) {
        taskID.encode(into: &writer)
        writer.write(lambdaHash)
        writer.opaque8(salt)
    }

    package var blobs: [EntryBlob] { [EntryBlob(lambdaHash, "λ")] }

    /// Whether this is the λ that the task has fixed.
    package func opens(_ task: CairnTaskParameters) -> Bool {
        switch task.creditPolicy?.kind {
        case .priced: salt.isEmpty && task.lambdaHash == lambdaHash
        case .validation:
            salt.count == Self.saltSize && task.lambdaHash == Self.commitment(lambdaHash: lambdaHash, salt: salt)
        case nil, .some(.none), .unit, .alignment: false
        }
    }

    /// What a task with a validation policy says about λ: binding, and hiding as long as the salt is secret.
    package static func commitment(lambdaHash: [UInt8], salt: [UInt8]) -> [UInt8] {
        Array(SHA256.hash(data: Array("Cairn v1 lambda\0".utf8) + salt + lambdaHash))
    }
}
