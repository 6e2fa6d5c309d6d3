import Crypto
import DAP
import Ed25519

/// What stands behind an entry's type number. Each type is one of these, in a file of its own in this folder, and says there
/// whatever readers ask of every entry; ``LedgerEntry`` lists them.
package protocol EntryBody: WireMessage, Equatable {
    static var type: LedgerEntry.EntryType { get }

    /// Long data that lies beside the log, under the hash by which the entry names it.
    var blobs: [EntryBlob] { get }
}

/// A blob, and what it is to the entry that names it.
package struct EntryBlob: Sendable, Equatable {
    /// SHA-256, which is also the blob's name.
    package let hash: [UInt8]
    /// In words, as in 'the model'.
    package let role: String

    package init(_ hash: [UInt8], _ role: String) {
        self.hash = hash
        self.role = role
    }
}

extension EntryBody {
    package var blobs: [EntryBlob] { [] }
}

/// An entry that the owner of a task makes. Whoever has signed with the task's `owner_key` may have it logged, and a log's
/// readers keep it with its task; so a new type of these is a file, a label and its place in the list.
///
///     struct {
///         TaskID task_id;
///         ...
///         opaque signature[64];
///     }
package protocol OwnerEntry: EntryBody {
    /// What its signature is under.
    static var label: SigningLabel { get }

    var taskID: TaskID { get }
    /// Made with the task's `owner_key`.
    var signature: [UInt8] { get }

    /// Appends everything in front of the signature, which is what it covers.
    func encodeSigned(into writer: inout ByteWriter)
}

extension OwnerEntry {
    package func encode(into writer: inout ByteWriter) {
        encodeSigned(into: &writer)
        writer.write(signature)
    }

    package func signedBytes() -> [UInt8] {
        Self.label.preimage { encodeSigned(into: &$0) }
    }

    /// The owner's signature over everything else.
    func ownerSignature(with owner: Curve25519.Signing.PrivateKey) throws -> [UInt8] {
        try LedgerSignature.sign(signedBytes(), with: owner)
    }

    /// Whether the owner that the task names made this entry.
    package func isSigned(by ownerKey: [UInt8]) -> Bool { signed(by: ownerKey).isValid }

    /// What `isSigned(by:)` asks about, to be checked together with others.
    package func signed(by ownerKey: [UInt8]) -> SignedMessage {
        SignedMessage(publicKey: ownerKey, signature: signature, message: signedBytes())
    }
}
