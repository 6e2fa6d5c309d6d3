import Crypto
import DAP
import Ed25519

/// A model and where it comes from: the batch whose aggregate was applied to the model before it.
///
///     struct {
///         TaskID task_id;
///         BatchSelector batch_selector;
///         opaque result_hash[32];            /* SHA-256 of the aggregate that was applied, u128 little-endian each */
///         opaque previous_model_hash[32];
///         opaque model_hash[32];
///         opaque signature[64];
///     } ModelEntry;
///
/// Following `previous_model_hash` from entry to entry gives a model's lineage; with the receipts of a batch it tells a
/// contributor which model versions its contribution went into (P7).
package struct ModelEntry: OwnerEntry {
    package static let type = LedgerEntry.EntryType.model
    package static let label = SigningLabel.model

    package var taskID: TaskID
    package var selector: BatchSelector
    package var resultHash: [UInt8]
    package var previousModelHash: [UInt8]
    package var modelHash: [UInt8]
    package var signature: [UInt8]

    package init(
        taskID: TaskID, selector: BatchSelector, resultHash: [UInt8], previousModelHash: [UInt8], modelHash: [UInt8],
        owner: Curve25519.Signing.PrivateKey
    ) throws {
        self.taskID = taskID
        self.selector = selector
        self.resultHash = resultHash
        self.previousModelHash = previousModelHash
        self.modelHash = modelHash
        signature = []
        signature = try ownerSignature(with: owner)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        taskID = try TaskID(from: &reader)
        selector = try BatchSelector(from: &reader)
        resultHash = try reader.bytes(32, "result_hash")
        previousModelHash = try reader.bytes(32, "previous_model_hash")
        modelHash = try reader.bytes(32, "model_hash")
        signature = try reader.bytes(LedgerSignature.size, "signature")
    }

    package var blobs: [EntryBlob] { [EntryBlob(modelHash, "the model"), EntryBlob(resultHash, "the aggregate")] }

    package func encodeSigned(into writer: inout ByteWriter) {
        taskID.encode(into: &writer)
        selector.encode(into: &writer)
        writer.write(resultHash)
        writer.write(previousModelHash)
        writer.write(modelHash)
    }
}
