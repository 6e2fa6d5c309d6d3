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
package struct PayoutEntry: OwnerEntry {
    package static let type = LedgerEntry.EntryType.payout
    package static let label = SigningLabel.payout

    package var taskID: TaskID
    /// In the unit that the table names.
    package var pool: UInt64
    package var tableHash: [UInt8]
    package var signature: [UInt8]

    package init(table: PayoutTable, owner: Curve25519.Signing.PrivateKey) throws {
        taskID = table.taskID
        pool = table.pool
        tableHash = Blob.hash(table.encoded())
        signature = []
        signature = try ownerSignature(with: owner)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        taskID = try TaskID(from: &reader)
        pool = try reader.uint64("pool")
        tableHash = try reader.bytes(32, "table_hash")
        signature = try reader.bytes(LedgerSignature.size, "signature")
    }

    package var blobs: [EntryBlob] { [EntryBlob(tableHash, "the payout's table")] }

    package func encodeSigned(into writer: inout ByteWriter) {
        taskID.encode(into: &writer)
        writer.write(pool)
        writer.write(tableHash)
    }
}
