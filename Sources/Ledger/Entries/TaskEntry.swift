import DAP
import Ed25519
import Tasks

/// A task that the log's owner serves, with all that is needed to check its batches.
///
///     struct {
///         opaque task_configuration<1..2^16-1>;
///         opaque collector_hpke_config<1..2^16-1>;
///         opaque owner_signature[64];     /* over the task id; absent where the task has no owner, and in entries
///                                            from before owners signed */
///     } TaskEntry;
///
/// The task id is the hash of the configuration (taskprov), and the configuration names the hash of the collector's
/// HPKE configuration. It may also name an owner, and anybody can write a stranger's key there: the signature says that
/// the owner knows of the task (`TaskOwnerSignature`).
package struct TaskEntry: EntryBody {
    package static let type = LedgerEntry.EntryType.task

    /// The encoded DAP `TaskConfiguration`.
    package var configuration: [UInt8]
    /// The collector's encoded `HpkeConfig`.
    package var collectorHpkeConfig: [UInt8]
    package var ownerSignature: [UInt8]?

    package init(configuration: [UInt8], collectorHpkeConfig: [UInt8], ownerSignature: [UInt8]? = nil) {
        self.configuration = configuration
        self.collectorHpkeConfig = collectorHpkeConfig
        self.ownerSignature = ownerSignature
    }

    /// Whether the owner whom the task names has signed it; false for a task without owner.
    ///
    /// - Parameter task: the entry's configuration.
    package func isSigned(for task: ValidatedTask) -> Bool { signed(for: task)?.isValid == true }

    /// What `isSigned(for:)` asks about, to be checked together with others; nil where there is no owner or no signature.
    package func signed(for task: ValidatedTask) -> SignedMessage? {
        guard let owner = task.cairn?.ownerKey, let ownerSignature else { return nil }
        return TaskOwnerSignature.signed(ownerSignature, taskID: task.taskID, ownerKey: owner)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        configuration = try reader.opaque16("task_configuration", allowEmpty: false)
        collectorHpkeConfig = try reader.opaque16("collector_hpke_config", allowEmpty: false)
        guard reader.remaining > 0 else { return }
        ownerSignature = try reader.bytes(TaskOwnerSignature.size, "owner_signature")
        guard (try? TaskConfiguration(decoding: configuration))?.cairn?.ownerKey != nil else {
            throw .invalidValue(field: "owner_signature", reason: "the task names no owner")
        }
    }

    package func encode(into writer: inout ByteWriter) {
        writer.opaque16(configuration)
        writer.opaque16(collectorHpkeConfig)
        if let ownerSignature { writer.write(ownerSignature) }
    }
}
