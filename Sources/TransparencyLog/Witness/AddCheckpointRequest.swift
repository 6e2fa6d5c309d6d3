import Encodings

// The request by which a log asks a witness for a cosignature (c2sp.org/tlog-witness, `add-checkpoint`).
//
//     old 20852014                    size that the log believes the witness saw last
//     <consistency proof, one hash a line, at most 63>
//
//     <checkpoint>

/// The body of a POST to `<submission prefix>/add-checkpoint`.
public struct AddCheckpointRequest: Sendable, Hashable {
    /// Size of the tree that the proof starts from; 0 if the witness has seen none.
    public let oldSize: UInt64
    /// Consistency proof from the tree of `oldSize` to the checkpoint's; empty for 0 and for equal sizes.
    public let proof: [[UInt8]]
    /// What is to be cosigned.
    public let checkpoint: SignedCheckpoint

    /// Longest accepted body, in bytes.
    public static let maximumSize = SignedNote.maximumSize + 10_000
    /// Longest accepted proof, in hashes.
    public static let maximumHashes = 63

    /// A request from its parts; nothing is checked.
    public init(oldSize: UInt64, proof: [[UInt8]], checkpoint: SignedCheckpoint) {
        self.oldSize = oldSize
        self.proof = proof
        self.checkpoint = checkpoint
    }

    /// Reads a request body.
    ///
    /// - Throws: `WitnessRefusal.malformed`, to be answered with status 400.
    public init(parsing body: [UInt8]) throws(WitnessRefusal) {
        guard body.count <= AddCheckpointRequest.maximumSize else { throw .malformed("body too long") }
        var lines = LineReader(body)
        guard let first = lines.next(), first.starts(with: "old ".utf8), let old = ASCII.decimal(first.dropFirst(4))
        else { throw .malformed("line 1: expected old and a decimal number below 2^64") }
        var hashes: [[UInt8]] = []
        while true {
            guard let line = lines.next() else { throw .malformed("no empty line before the checkpoint") }
            if line.isEmpty { break }
            guard let hash = Base64.decode(line), hash.count == MerkleTree.hashSize else {
                throw .malformed("line \(lines.lineNumber): not the base64 of a 32-byte hash")
            }
            guard hashes.count < AddCheckpointRequest.maximumHashes else { throw .malformed("more than 63 hashes") }
            hashes.append(hash)
        }
        do {
            checkpoint = try SignedCheckpoint(parsing: Array(lines.rest))
        } catch {
            throw .malformed("checkpoint: \(error)")
        }
        oldSize = old
        proof = hashes
    }

    /// The request body.
    public func serialized() -> [UInt8] {
        let lines = ["old \(oldSize)"] + proof.map { Base64.encode($0) } + [""]
        return lines.flatMap { Array($0.utf8) + [ASCII.newline] } + checkpoint.serialized()
    }
}
