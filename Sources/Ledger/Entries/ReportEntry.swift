import DAP
import Ed25519
import TaskTypes
import Tasks

/// An accepted report of a committed task: what a receipt proves and what the public check adds up.
///
///     struct {
///         TaskID task_id;
///         opaque batch_id<0..32>;              /* 32 bytes in leader-selected mode, else empty */
///         ReportMetadata report_metadata;      /* verbatim: id, time, claim key and its signature, any token */
///         opaque leader_commitment[32];        /* C_0 */
///         opaque helper_commitment[32];        /* C_1 */
///     } ReportEntry;
///
/// The claim key's signature inside the metadata covers task id, report id and both commitments, so nobody can log a
/// report under another key or with other commitments than its contributor made.
package struct ReportEntry: EntryBody {
    package static let type = LedgerEntry.EntryType.report

    package var taskID: TaskID
    /// The batch, where the mode names batches (leader-selected); `nil` in time-interval mode.
    package var batchID: BatchID?
    package var metadata: ReportMetadata
    /// C_0 and C_1, 32 bytes each.
    package var leaderCommitment: [UInt8]
    package var helperCommitment: [UInt8]

    package init(
        taskID: TaskID, batchID: BatchID?, metadata: ReportMetadata, leaderCommitment: [UInt8],
        helperCommitment: [UInt8]
    ) {
        self.taskID = taskID
        self.batchID = batchID
        self.metadata = metadata
        self.leaderCommitment = leaderCommitment
        self.helperCommitment = helperCommitment
    }

    /// The entry of a report as its contributor made it.
    ///
    /// - Throws: `CodecError.invalidValue` if the public share holds no pair of commitments; what decoding it throws.
    package init(
        taskID: TaskID, batchID: BatchID? = nil, metadata: ReportMetadata, publicShare: [UInt8], vdaf: any TaskVDAF
    ) throws {
        let commitments = try vdaf.commitments(publicShare: publicShare)
        guard commitments.count == 2 else {
            throw CodecError.invalidValue(field: "commitments", reason: "\(commitments.count) instead of 2")
        }
        self.init(
            taskID: taskID, batchID: batchID, metadata: metadata, leaderCommitment: commitments[0],
            helperCommitment: commitments[1])
    }

    /// The same entry without its batch id: what the contributor knows before the leader has chosen a batch.
    package var withoutBatch: ReportEntry {
        var copy = self
        copy.batchID = nil
        return copy
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        taskID = try TaskID(from: &reader)
        let batch = try reader.opaque8("batch_id")
        switch batch.count {
        case 0: batchID = nil
        case BatchID.size:
            var inner = ByteReader(batch)
            batchID = try BatchID(from: &inner)
        default: throw .invalidValue(field: "batch_id", reason: "\(batch.count) bytes where 0 or 32 are expected")
        }
        metadata = try ReportMetadata(from: &reader)
        leaderCommitment = try reader.bytes(32, "leader_commitment")
        helperCommitment = try reader.bytes(32, "helper_commitment")
    }

    package func encode(into writer: inout ByteWriter) {
        taskID.encode(into: &writer)
        writer.opaque8(batchID?.bytes ?? [])
        metadata.encode(into: &writer)
        writer.write(leaderCommitment)
        writer.write(helperCommitment)
    }

    /// Whether this report belongs to the batch that `selector` names, in a task of that batch mode.
    package func belongs(to selector: BatchSelector) -> Bool {
        switch BatchScope(selector) {
        case .interval(let interval): batchID == nil && interval.contains(metadata.time)
        case .batch(let id): batchID == id
        case nil: false
        }
    }

    /// The claim key, if it is there and its signature over the commitments holds.
    package func verifiedClaimKey() -> [UInt8]? {
        guard let claim = signedClaim, claim.isValid else { return nil }
        return claim.publicKey
    }

    /// The claim key's signature over the commitments, to be checked together with others; nil where there is no key.
    package var signedClaim: SignedMessage? {
        metadata.claimKey?.signed(
            taskID: taskID, reportID: metadata.reportID, commitments: [leaderCommitment, helperCommitment])
    }
}

extension ReportMetadata {
    /// The claim key that the report names; nothing about its signature has been checked.
    package var claimKey: ClaimKey? {
        publicExtensions.first { $0.type == ClaimKey.extensionType }.flatMap { try? ClaimKey(extensionData: $0.data) }
    }
}
