import Encodings

// Checkpoints (c2sp.org/tlog-checkpoint): the note text in which a log states its size and root.
//
//     example.com/behind-the-sofa                     origin: which log
//     20852163                                        tree size
//     CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=    root hash
//
// Further lines are opaque extensions: kept, signed, and never interpreted.

/// Why a checkpoint was refused.
public enum CheckpointError: Error, Equatable, Sendable {
    /// The signed note around the checkpoint is at fault.
    case note(NoteError)
    /// The origin is empty or contains a newline or another control character.
    case malformedOrigin
    /// The second line is not a decimal number below 2^64 without leading zeros.
    case malformedSize
    /// The third line is not the canonical base64 of 32 bytes.
    case malformedRoot
    /// An extension line is empty or contains a control character.
    case malformedExtensionLine
    /// Fewer than three lines, or the last has no newline.
    case truncated
}

/// A log's statement of its size and root, without signatures.
public struct Checkpoint: Sendable, Hashable {
    /// The log's identity, compared byte for byte.
    public let origin: String
    /// How many entries the tree has.
    public let size: UInt64
    /// Root hash, 32 bytes.
    public let root: [UInt8]
    /// Lines after the third, without newlines.
    public let extensionLines: [String]

    /// A checkpoint from its parts.
    public init(
        origin: String, size: UInt64, root: [UInt8], extensionLines: [String] = []
    ) throws(CheckpointError) {
        guard Checkpoint.isLine(origin) else { throw .malformedOrigin }
        guard root.count == MerkleTree.hashSize else { throw .malformedRoot }
        guard extensionLines.allSatisfy(Checkpoint.isLine) else { throw .malformedExtensionLine }
        self.origin = origin
        self.size = size
        self.root = root
        self.extensionLines = extensionLines
    }

    /// Reads the text of a note, every line with its newline.
    public init(text: [UInt8]) throws(CheckpointError) {
        var lines = LineReader(text)
        guard let origin = lines.next(), let size = lines.next(), let root = lines.next() else { throw .truncated }
        guard let origin = String(validating: origin, as: UTF8.self) else { throw .malformedOrigin }
        guard let size = ASCII.decimal(size) else { throw .malformedSize }
        guard let root = Base64.decode(root) else { throw .malformedRoot }
        var extensionLines: [String] = []
        while let line = lines.next() {
            guard let line = String(validating: line, as: UTF8.self) else { throw .malformedExtensionLine }
            extensionLines.append(line)
        }
        guard lines.rest.isEmpty else { throw .truncated }
        try self.init(origin: origin, size: size, root: root, extensionLines: extensionLines)
    }

    /// The text to sign.
    public var text: [UInt8] {
        let lines = [origin, String(size), Base64.encode(root)] + extensionLines
        return lines.flatMap { Array($0.utf8) + [ASCII.newline] }
    }

    /// Size and root.
    public var head: TreeHead {
        TreeHead(size: size, root: root)
    }

    public static func == (left: Checkpoint, right: Checkpoint) -> Bool {
        left.text == right.text
    }

    private static func isLine(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 >= 0x20 }
    }
}

/// A checkpoint with its signatures: a signed note whose text has the form of a checkpoint.
public struct SignedCheckpoint: Sendable, Hashable {
    /// The signed text with its signatures.
    public private(set) var note: SignedNote
    /// What the text says.
    public let checkpoint: Checkpoint

    /// A checkpoint signed by its log.
    public init(_ checkpoint: Checkpoint, signedBy signer: NoteSigner) throws(CheckpointError) {
        do {
            let signature = try signer.sign(checkpoint.text)
            note = try SignedNote(text: checkpoint.text, signatures: [signature])
        } catch {
            throw .note(error)
        }
        self.checkpoint = checkpoint
    }

    /// A checkpoint with signature lines, which are not checked.
    package init(_ checkpoint: Checkpoint, signatures: [NoteSignature]) throws(NoteError) {
        note = try SignedNote(text: checkpoint.text, signatures: signatures)
        self.checkpoint = checkpoint
    }

    /// A note that has the form of a checkpoint; its signatures are not checked.
    public init(_ note: SignedNote) throws(CheckpointError) {
        self.note = note
        checkpoint = try Checkpoint(text: note.text)
    }

    /// Reads a checkpoint file. Form only: whether to believe it is for `LogPolicy.evaluate` or `note.verify`.
    public init(parsing bytes: [UInt8]) throws(CheckpointError) {
        do {
            note = try SignedNote(parsing: bytes)
        } catch {
            throw .note(error)
        }
        checkpoint = try Checkpoint(text: note.text)
    }

    /// Adds a signature line, e.g. a witness's.
    public mutating func append(_ signature: NoteSignature) throws(NoteError) {
        try note.append(signature)
    }

    /// The checkpoint file.
    public func serialized() -> [UInt8] {
        note.serialized()
    }
}
