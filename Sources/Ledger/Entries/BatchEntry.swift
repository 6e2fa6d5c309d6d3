import Crypto
import DAP
import Ed25519

/// An aggregator's signed word: my share of this batch is the blob with this hash.
///
///     struct {
///         Role role;
///         TaskID task_id;
///         BatchSelector batch_selector;
///         opaque root[32];
///         uint64 report_count;
///         opaque share_hash[32];          /* SHA-256 of S_j || R_j */
///         opaque signature[64];
///     } Statement;
///
/// Only such a signature can name an aggregator: whoever signs a share that fails the public check has lied.
package struct Statement: WireMessage, Equatable {
    package var role: Role
    /// The same terms as in the batch's `close`.
    package var terms: CloseEntry.Terms
    /// SHA-256 of the encoded aggregate share, which is also the blob's name.
    package var shareHash: [UInt8]
    package var signature: [UInt8]

    package init(
        role: Role, terms: CloseEntry.Terms, shareHash: [UInt8], key: Curve25519.Signing.PrivateKey
    ) throws {
        self.role = role
        self.terms = terms
        self.shareHash = shareHash
        signature = []
        signature = try LedgerSignature.sign(signedBytes(), with: key)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        role = try Role(aggregatorFrom: &reader)
        terms = CloseEntry.Terms(
            taskID: try TaskID(from: &reader), selector: try BatchSelector(from: &reader),
            root: try reader.bytes(32, "root"),
            count: try reader.uint64("report_count"))
        shareHash = try reader.bytes(32, "share_hash")
        signature = try reader.bytes(LedgerSignature.size, "signature")
    }

    package func encode(into writer: inout ByteWriter) {
        encodeFields(into: &writer)
        writer.write(signature)
    }

    package func signedBytes() -> [UInt8] {
        SigningLabel.statement.preimage { encodeFields(into: &$0) }
    }

    package func isSigned(by key: [UInt8]) -> Bool { signed(by: key).isValid }

    /// What `isSigned(by:)` asks about, to be checked together with others.
    package func signed(by key: [UInt8]) -> SignedMessage {
        SignedMessage(publicKey: key, signature: signature, message: signedBytes())
    }

    private func encodeFields(into writer: inout ByteWriter) {
        writer.write(role.rawValue)
        terms.encode(into: &writer)
        writer.write(shareHash)
    }
}

/// A collected batch: the statements of both aggregators.
///
///     struct {
///         Statement leader;
///         Statement helper;
///     } BatchEntry;
package struct BatchEntry: EntryBody {
    package static let type = LedgerEntry.EntryType.batch

    package var leader: Statement
    package var helper: Statement

    package init(leader: Statement, helper: Statement) {
        self.leader = leader
        self.helper = helper
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        leader = try Statement(from: &reader)
        helper = try Statement(from: &reader)
    }

    /// They are there where the task publishes its shares.
    package var blobs: [EntryBlob] {
        [EntryBlob(leader.shareHash, "the leader's share"), EntryBlob(helper.shareHash, "the helper's share")]
    }

    package func encode(into writer: inout ByteWriter) {
        leader.encode(into: &writer)
        helper.encode(into: &writer)
    }
}
