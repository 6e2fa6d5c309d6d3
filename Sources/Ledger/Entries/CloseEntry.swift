import Crypto
import DAP
import Ed25519

/// Both aggregators fix, before any share leaves a node, exactly which report leaves a batch has.
///
///     struct {
///         TaskID task_id;
///         BatchSelector batch_selector;
///         opaque root[32];                /* RFC 6962 root of the batch's report entries, in log order */
///         uint64 report_count;
///         opaque leader_signature[64];
///         opaque helper_signature[64];
///     } CloseEntry;
///
/// Because commitments are logged before the close and the close before the shares, two aggregators that lie together
/// still have one result that passes the public check (P3): they cannot choose leaves after seeing sums.
package struct CloseEntry: EntryBody {
    package static let type = LedgerEntry.EntryType.close

    /// What both sign.
    package struct Terms: Sendable, Hashable {
        package var taskID: TaskID
        package var selector: BatchSelector
        package var root: [UInt8]
        package var count: UInt64

        package init(taskID: TaskID, selector: BatchSelector, root: [UInt8], count: UInt64) {
            self.taskID = taskID
            self.selector = selector
            self.root = root
            self.count = count
        }

        package func signedBytes() -> [UInt8] {
            SigningLabel.close.preimage { encode(into: &$0) }
        }

        package func sign(with key: Curve25519.Signing.PrivateKey) throws -> [UInt8] {
            try LedgerSignature.sign(signedBytes(), with: key)
        }

        func encode(into writer: inout ByteWriter) {
            taskID.encode(into: &writer)
            selector.encode(into: &writer)
            writer.write(root)
            writer.write(count)
        }
    }

    package var terms: Terms
    package var leaderSignature: [UInt8]
    package var helperSignature: [UInt8]

    package init(terms: Terms, leaderSignature: [UInt8], helperSignature: [UInt8]) {
        self.terms = terms
        self.leaderSignature = leaderSignature
        self.helperSignature = helperSignature
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        terms = Terms(
            taskID: try TaskID(from: &reader), selector: try BatchSelector(from: &reader),
            root: try reader.bytes(32, "root"),
            count: try reader.uint64("report_count"))
        leaderSignature = try reader.bytes(LedgerSignature.size, "leader_signature")
        helperSignature = try reader.bytes(LedgerSignature.size, "helper_signature")
    }

    package func encode(into writer: inout ByteWriter) {
        terms.encode(into: &writer)
        writer.write(leaderSignature)
        writer.write(helperSignature)
    }

    /// Whether both signatures hold under the statement keys that the task names.
    package func isSigned(leaderKey: [UInt8], helperKey: [UInt8]) -> Bool {
        signed(leaderKey: leaderKey, helperKey: helperKey).allSatisfy(\.isValid)
    }

    /// What `isSigned(leaderKey:helperKey:)` asks about, to be checked together with others.
    package func signed(leaderKey: [UInt8], helperKey: [UInt8]) -> [SignedMessage] {
        let message = terms.signedBytes()
        return [
            SignedMessage(publicKey: leaderKey, signature: leaderSignature, message: message),
            SignedMessage(publicKey: helperKey, signature: helperSignature, message: message),
        ]
    }
}
