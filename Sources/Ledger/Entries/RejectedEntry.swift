import Crypto
import DAP
import Ed25519

/// An aggregator's signed word that it refused a report, or dropped it when the batch closed.
///
///     struct {
///         TaskID task_id;
///         ReportID report_id;
///         Role role;
///         ReportError report_error;
///         opaque signature[64];
///     } RejectedEntry;
///
/// A report that is rejected before its batch's `close` is not among the batch's leaves, even if it was logged before.
package struct RejectedEntry: EntryBody {
    package static let type = LedgerEntry.EntryType.rejected

    package var taskID: TaskID
    package var reportID: ReportID
    /// Which aggregator refused it.
    package var role: Role
    package var error: ReportError
    /// Made with that aggregator's statement key.
    package var signature: [UInt8]

    package init(
        taskID: TaskID, reportID: ReportID, role: Role, error: ReportError, key: Curve25519.Signing.PrivateKey
    ) throws {
        self.taskID = taskID
        self.reportID = reportID
        self.role = role
        self.error = error
        signature = []
        signature = try LedgerSignature.sign(signedBytes(), with: key)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        taskID = try TaskID(from: &reader)
        reportID = try ReportID(from: &reader)
        role = try Role(aggregatorFrom: &reader)
        error = try ReportError(from: &reader)
        signature = try reader.bytes(LedgerSignature.size, "signature")
    }

    package func encode(into writer: inout ByteWriter) {
        encodeFields(into: &writer)
        writer.write(signature)
    }

    package func signedBytes() -> [UInt8] {
        SigningLabel.rejected.preimage { encodeFields(into: &$0) }
    }

    package func isSigned(by statementKey: [UInt8]) -> Bool { signed(by: statementKey).isValid }

    /// What `isSigned(by:)` asks about, to be checked together with others.
    package func signed(by statementKey: [UInt8]) -> SignedMessage {
        SignedMessage(publicKey: statementKey, signature: signature, message: signedBytes())
    }

    private func encodeFields(into writer: inout ByteWriter) {
        taskID.encode(into: &writer)
        reportID.encode(into: &writer)
        writer.write(role.rawValue)
        error.encode(into: &writer)
    }
}
