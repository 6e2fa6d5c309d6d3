import Encodings
import Foundation

// What the module's errors say to a person: which check failed, and with what. Programs match the cases instead.

extension MerkleError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .indexOutOfRange(let index, let size): "index \(index) is not in a tree of \(size) entries"
        case .sizesOutOfOrder(let old, let new): "a tree of \(new) entries cannot extend one of \(old)"
        case .emptyOldTree: "a consistency proof cannot start from the empty tree"
        case .wrongHashLength(let length): "a hash has \(length) bytes instead of 32"
        case .wrongProofLength(let count): "\(count) hashes are too few or too many for a proof between these sizes"
        case .oldRootMismatch: "the proof does not lead to the older root hash"
        case .rootMismatch: "the proof does not lead to the root hash"
        case .malformedRange: "not an encoded compact range"
        }
    }
}

extension NoteKeyError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .malformedName(let name): "\"\(name)\" is empty or has a space, + or control character: not a key name"
        case .malformedKey: "not a key of the form name+keyid+base64"
        case .wrongKeyID(let expected, let found): "the key ID is \(found), but name and key give \(expected)"
        case .unsupportedType(let type): "signature type 0x\(Hex.encode([type])) is not supported here"
        case .wrongKeyLength(let length): "an Ed25519 key has 32 bytes, this one \(length)"
        case .weakKey: "nobody holds this key: it has small order, so that everybody can sign under it"
        }
    }
}

extension NoteError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .tooLong(let length): "\(length) bytes are too long for a note"
        case .malformedText: "the text is not UTF-8 or has a control character"
        case .missingSeparator: "no empty line between text and signatures"
        case .malformedSignatureLine: "a signature line is missing or malformed"
        case .tooManySignatures(let count): "\(count) signature lines are too many"
        case .badSignature(let name, let keyID):
            "the signature by \(name) (key ID \(Hex.encode(keyID.bigEndianBytes))) does not verify"
        case .noKnownSignature: "no signature by a known key"
        case .timestampOutOfRange(let time): "\(time) is not a time that a cosignature can carry"
        case .signingFailed: "the cryptographic library refused to sign"
        }
    }
}

extension CheckpointError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .note(let error): "\(error)"
        case .malformedOrigin: "the origin line is empty or has a control character"
        case .malformedSize: "the size line is not a decimal number below 2^64"
        case .malformedRoot: "the root line is not the base64 of 32 bytes"
        case .malformedExtensionLine: "an extension line is empty or has a control character"
        case .truncated: "fewer than three whole lines"
        }
    }
}

extension TileError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .malformedPath(let path): "\(path) is not the path of a tile"
        case .malformedBundle(let count): "the bundle does not hold exactly \(count) entries"
        case .entryTooLong(let length): "an entry of \(length) bytes is longer than 65,535"
        }
    }
}

extension TileSourceError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .notFound(let path): "the log has no file \(path)"
        case .forbiddenPath(let path): "\(path) is not a path inside a log"
        case .unreadable(let path, let errno):
            "\(path) cannot be read: \(String(cString: strerror(errno)).lowercased())"
        }
    }
}

extension LogReaderError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .rootMismatch(let size): "the log's tiles do not hash to the root of its checkpoint at size \(size)"
        case .corrupt(let path): "\(path) is not what the log's checkpoint commits to"
        case .beyondCheckpoint(let position, let size): "\(position) is beyond the checkpoint's \(size) entries"
        }
    }
}

extension TileWriterError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .entryTooLong(let index, let length): "entry \(index) has \(length) bytes, more than 65,535"
        case .gap(let expected, let index): "the log ends at \(expected), so entries cannot be appended at \(index)"
        case .conflictingEntry(let index): "entry \(index) differs from the one in the log"
        case .forksPublishedLog(let size): "the entries lead to another root than the one published at size \(size)"
        case .notThisTree(let head): "the checkpoint of size \(head.size) is not the head of the log as written"
        case .rewindsPublishedLog(let published, let new): "size \(published) is published; \(new) would go back"
        case .otherOrigin(let published, let new): "the directory is the log \(published), not \(new)"
        case .damagedCheckpoint: "the file checkpoint is not a checkpoint"
        case .file(let message): message
        }
    }
}

extension PolicyError: CustomStringConvertible {
    public var description: String {
        "policy line \(line): \(reason)"
    }
}

extension PolicyError.Reason: CustomStringConvertible {
    public var description: String {
        switch self {
        case .tooLong: "longer than \(LogPolicy.maximumSize) bytes"
        case .forbiddenCharacter(let octet): "octet 0x\(Hex.encode([octet])) is not allowed"
        case .unknownKeyword(let word): "\(word) is not log, witness, group or quorum"
        case .wrongItemCount(let usage): "expected \(usage)"
        case .key(let error): "\(error)"
        case .notACosignerKey: "a witness key must be of type 0x04 (cosignature/v1)"
        case .duplicateKey: "an earlier line has the same public key"
        case .duplicateName(let name): "\(name) is defined in an earlier line"
        case .reservedName: "none is a reserved name"
        case .undefinedName(let name): "no earlier line defines \(name)"
        case .repeatedMember(let name): "\(name) is a member of a group already"
        case .badThreshold(let text): "\(text) is not all, any, or a number from 1 to the number of members"
        case .url(let complaint): complaint
        case .repeatedQuorum: "an earlier line defines the quorum"
        case .missingQuorum: "the file ends without a quorum line"
        }
    }
}

extension PolicyFailure: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unknownOrigin(let origin): "no log of the policy has the origin \(origin)"
        case .badSignature(let keyName): "a signature by \(keyName) does not verify"
        case .logSignatureMissing(let origin): "no key of the log \(origin) has signed"
        case .quorumNotMet(let name): "too few cosignatures for the quorum \(name)"
        }
    }
}

extension ProofFailure: CustomStringConvertible {
    public var description: String {
        switch self {
        case .malformed(let line, let reason): "malformed proof, line \(line): \(reason)"
        case .checkpoint(let error): "malformed checkpoint: \(error)"
        case .policy(let failure, _): "checkpoint refused: \(failure)"
        case .inclusion(let error): "inclusion refused: \(error)"
        }
    }
}

extension WitnessRefusal: CustomStringConvertible {
    public var description: String {
        switch self {
        case .malformed(let reason): "malformed request: \(reason)"
        case .oldSizeTooLarge(let old, let size): "old size \(old) is larger than the checkpoint's \(size)"
        case .unknownLog(let origin): "unknown log \(origin)"
        case .untrusted(let error): "\(error)"
        case .conflict(let latest): "the latest cosigned size is \(latest)"
        case .wrongEmptyRoot: "the root of an empty tree is the hash of nothing"
        case .unexpectedProof: "a proof from the empty tree has no hashes"
        case .inconsistent(let error): "not consistent with the latest cosigned tree: \(error)"
        }
    }
}
