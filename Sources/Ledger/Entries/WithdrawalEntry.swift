import Crypto
import DAP
import Ed25519

/// A contributor takes a report back before its batch closes.
///
///     struct {
///         TaskID task_id;
///         ReportID report_id;
///         opaque claim_key[32];      /* the report's */
///         opaque signature[64];      /* by the claim key */
///     } WithdrawalEntry;
///
/// Only the holder of the claim key can make one, so neither aggregator can pretend that a contributor left. A report
/// that is withdrawn before its batch's `close` is not among the batch's leaves.
package struct WithdrawalEntry: EntryBody {
    package static let type = LedgerEntry.EntryType.withdrawal

    package var taskID: TaskID
    package var reportID: ReportID
    package var claimKey: [UInt8]
    package var signature: [UInt8]

    package init(taskID: TaskID, reportID: ReportID, key: Curve25519.Signing.PrivateKey) throws {
        self.taskID = taskID
        self.reportID = reportID
        claimKey = Array(key.publicKey.rawRepresentation)
        signature = []
        signature = try LedgerSignature.sign(signedBytes(), with: key)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        taskID = try TaskID(from: &reader)
        reportID = try ReportID(from: &reader)
        claimKey = try reader.bytes(32, "claim_key")
        signature = try reader.bytes(LedgerSignature.size, "signature")
    }

    package func encode(into writer: inout ByteWriter) {
        encodeFields(into: &writer)
        writer.write(signature)
    }

    package func signedBytes() -> [UInt8] {
        SigningLabel.withdrawal.preimage { encodeFields(into: &$0) }
    }

    /// Whether the key that it names has signed it. That this is the report's key is for the reader to compare.
    package var isSigned: Bool { signed.isValid }

    /// What `isSigned` asks about, to be checked together with others.
    package var signed: SignedMessage {
        SignedMessage(publicKey: claimKey, signature: signature, message: signedBytes())
    }

    private func encodeFields(into writer: inout ByteWriter) {
        taskID.encode(into: &writer)
        reportID.encode(into: &writer)
        writer.write(claimKey)
    }
}
