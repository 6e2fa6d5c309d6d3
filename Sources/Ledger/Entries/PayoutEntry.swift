import Crypto
import DAP
import Ed25519

/// How the owner of a task divided a pool among claims of credit.
///
///     struct {
///         TaskID task_id;
///         uint64 pool;                /* both as in the table */
///         opaque table_hash[32];      /* SHA-256 of the PayoutTable: the blob */
///         opaque signature[64];
///     } PayoutEntry;
package struct PayoutEntry: WireMessage, Equatable {
    package var taskID: TaskID
    /// In the unit that the table names.
    package var pool: UInt64
    package var tableHash: [UInt8]
    /// Made with the task's `owner_key`.
    package var signature: [UInt8]

    package init(table: PayoutTable, owner: Curve25519.Signing.PrivateKey) throws {
        taskID = table.taskID
        pool = table.pool
        tableHash = Blob.hash(table.encoded())
        signature = []
        signature = try LedgerSignature.sign(signedBytes(), with: owner)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        taskID = try TaskID(from: &reader)
        pool = try reader.uint64("pool")
        tableHash = try reader.bytes(32, "table_hash")
        signature = try reader.bytes(LedgerSignature.size, "signature")
    }

    package func encode(into writer: inout ByteWriter) {
        encodeFields(into: &writer)
        writer.write(signature)
    }

    package func signedBytes() -> [UInt8] {
        SigningLabel.payout.preimage { encodeFields(into: &$0) }
    }

    /// Whether the owner that the task names made this entry.
    package func isSigned(by ownerKey: [UInt8]) -> Bool { signed(by: ownerKey).isValid }

    /// What `isSigned(by:)` asks about, to be checked together with others.
    package func signed(by ownerKey: [UInt8]) -> SignedMessage {
        SignedMessage(publicKey: ownerKey, signature: signature, message: signedBytes())
    }

    private func encodeFields(into writer: inout ByteWriter) {
        taskID.encode(into: &writer)
        writer.write(pool)
        writer.write(tableHash)
    }
}
