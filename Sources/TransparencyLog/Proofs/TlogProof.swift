import Encodings

// Proofs that an entry is in a log, as files that anyone can check offline (c2sp.org/tlog-proof).
//
//     c2sp.org/tlog-proof@v1
//     extra <base64>                      optional, and proves nothing by itself
//     index 73894
//     <inclusion proof, one hash a line>
//
//     <checkpoint with signatures and cosignatures>
//
// A proof answers "did this log, which these witnesses watched, contain exactly these bytes at this position?". The
// bytes come from the verifier; in our receipts they travel in `extra`, which is safe only because the inclusion proof
// is then checked for them.

/// The check that a proof failed.
public enum ProofFailure: Error, Equatable, Sendable {
    /// The file does not have the form of a proof; lines count from 1.
    case malformed(line: Int, reason: String)
    /// The checkpoint in the file does not have the form of a checkpoint.
    case checkpoint(CheckpointError)
    /// The checkpoint does not satisfy the policy; the verdict says for every key what was found.
    case policy(PolicyFailure, PolicyVerdict)
    /// The entry is not at this index of the checkpoint's tree, or the proof is not the one that shows it.
    case inclusion(MerkleError)
}

/// A `.tlog-proof` file.
public struct TlogProof: Sendable, Hashable {
    /// Bytes for the application, not authenticated; empty for none.
    public let extra: [UInt8]
    /// Position of the entry, from 0.
    public let index: UInt64
    /// Sibling hashes, the leaf's first.
    public let inclusionProof: [[UInt8]]
    /// The checkpoint whose tree has the entry.
    public let checkpoint: SignedCheckpoint

    /// Longest accepted file, in bytes: a note of the largest size, and an entry of the largest size in `extra`.
    public static let maximumSize = SignedNote.maximumSize + 100_000
    private static let version = "c2sp.org/tlog-proof@v1"
    /// A tree whose size fits 64 bits has no longer path.
    private static let maximumHashes = 64

    /// A proof from its parts; nothing is checked.
    public init(extra: [UInt8] = [], index: UInt64, inclusionProof: [[UInt8]], checkpoint: SignedCheckpoint) {
        self.extra = extra
        self.index = index
        self.inclusionProof = inclusionProof
        self.checkpoint = checkpoint
    }

    /// Reads a file; `serialized()` gives the same bytes back.
    ///
    /// - Throws: `ProofFailure.malformed` or `.checkpoint`.
    public init(parsing bytes: [UInt8]) throws(ProofFailure) {
        guard bytes.count <= TlogProof.maximumSize else {
            throw .malformed(line: 1, reason: "longer than \(TlogProof.maximumSize) bytes")
        }
        var lines = LineReader(bytes)
        guard let first = lines.next(), first.elementsEqual(TlogProof.version.utf8) else {
            throw .malformed(line: 1, reason: "expected \(TlogProof.version)")
        }
        var line = lines.next()
        var extra: [UInt8] = []
        if let text = TlogProof.value(of: "extra ", in: line) {
            guard let bytes = Base64.decode(text), !bytes.isEmpty else {
                throw .malformed(line: lines.lineNumber, reason: "extra data is not base64 of at least one byte")
            }
            extra = bytes
            line = lines.next()
        }
        guard let text = TlogProof.value(of: "index ", in: line), let index = ASCII.decimal(text) else {
            throw .malformed(line: lines.lineNumber, reason: "expected index and a decimal number below 2^64")
        }
        var hashes: [[UInt8]] = []
        while let line = lines.next(), !line.isEmpty {
            guard let hash = Base64.decode(line), hash.count == MerkleTree.hashSize else {
                throw .malformed(line: lines.lineNumber, reason: "not the base64 of a 32-byte hash")
            }
            guard hashes.count < TlogProof.maximumHashes else {
                throw .malformed(line: lines.lineNumber, reason: "more than \(TlogProof.maximumHashes) hashes")
            }
            hashes.append(hash)
        }
        do {
            checkpoint = try SignedCheckpoint(parsing: Array(lines.rest))
        } catch {
            throw .checkpoint(error)
        }
        self.extra = extra
        self.index = index
        inclusionProof = hashes
    }

    /// The file.
    public func serialized() -> [UInt8] {
        var lines = [TlogProof.version]
        if !extra.isEmpty { lines.append("extra " + Base64.encode(extra)) }
        lines.append("index \(index)")
        lines += inclusionProof.map { Base64.encode($0) }
        lines.append("")
        return lines.flatMap { Array($0.utf8) + [ASCII.newline] } + checkpoint.serialized()
    }

    /// Checks that `entry` is in a log that satisfies the policy.
    ///
    /// - Parameters:
    ///   - entry: the entry's bytes, from the application or, if it checks them, from `extra`.
    ///   - policy: whom to believe.
    ///   - knownLogs: keys of logs that the application knows besides those of the policy.
    /// - Returns: who signed, with their times.
    /// - Throws: `ProofFailure.policy` or `.inclusion`, the first check that failed.
    @discardableResult
    public func verify(
        entry: [UInt8], policy: LogPolicy, knownLogs: [NoteVerifier] = []
    ) throws(ProofFailure) -> PolicyVerdict {
        try verify(leafHash: MerkleTree.leafHash(entry), policy: policy, knownLogs: knownLogs)
    }

    /// The same for an entry of which only the leaf hash is known.
    @discardableResult
    public func verify(
        leafHash: [UInt8], policy: LogPolicy, knownLogs: [NoteVerifier] = []
    ) throws(ProofFailure) -> PolicyVerdict {
        let verdict = policy.evaluate(checkpoint, knownLogs: knownLogs)
        if let failure = verdict.failure { throw .policy(failure, verdict) }
        do {
            try MerkleTree.verifyInclusion(
                leafHash: leafHash, index: index, proof: inclusionProof, in: checkpoint.checkpoint.head)
        } catch {
            throw .inclusion(error)
        }
        return verdict
    }

    /// What follows `prefix` in a line that begins with it.
    private static func value(of prefix: String, in line: ArraySlice<UInt8>?) -> ArraySlice<UInt8>? {
        guard let line, line.starts(with: prefix.utf8) else { return nil }
        return line.dropFirst(prefix.utf8.count)
    }
}
