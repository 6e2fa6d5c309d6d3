import Crypto
import DAP
import Ed25519

/// The model owner's announcement of a training round: which task gathers it and which model it starts from.
///
///     struct {
///         TaskID task_id;
///         opaque run_id<0..2^8-1>;
///         uint32 round;
///         opaque model_hash[32];
///         opaque signature[64];
///     } RoundEntry;
package struct RoundEntry: OwnerEntry {
    package static let type = LedgerEntry.EntryType.round
    package static let label = SigningLabel.round

    package var taskID: TaskID
    /// Names the training run; the same in all its rounds.
    package var runID: [UInt8]
    /// Counts from 0.
    package var round: UInt32
    /// SHA-256 of the model that contributors start from.
    package var modelHash: [UInt8]
    package var signature: [UInt8]

    /// An announcement signed with the owner's key.
    package init(
        taskID: TaskID, runID: [UInt8], round: UInt32, modelHash: [UInt8], owner: Curve25519.Signing.PrivateKey
    ) throws {
        self.taskID = taskID
        self.runID = runID
        self.round = round
        self.modelHash = modelHash
        signature = []
        signature = try ownerSignature(with: owner)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        taskID = try TaskID(from: &reader)
        runID = try reader.opaque8("run_id")
        round = try reader.uint32("round")
        modelHash = try reader.bytes(32, "model_hash")
        signature = try reader.bytes(LedgerSignature.size, "signature")
    }

    package var blobs: [EntryBlob] { [EntryBlob(modelHash, "the model")] }

    package func encodeSigned(into writer: inout ByteWriter) {
        taskID.encode(into: &writer)
        writer.opaque8(runID)
        writer.write(round)
        writer.write(modelHash)
    }
}
