// The frontier of a growing tree.
//
// A tree of size n is a row of full subtrees, one for each 1 in n written in binary, largest first. Their roots, at most
// 64 hashes, are all that is needed to append entries for ever and to know the root after each: appending adds a
// subtree of one leaf and merges equal neighbours, exactly like carrying in binary addition. Whoever reads a log from
// its first entry (an auditor, a mirror) keeps this and nothing else.

/// The roots of the full subtrees that a tree of some size consists of; grows one leaf at a time.
public struct CompactRange: Sendable, Hashable {
    /// Number of leaves appended so far.
    public private(set) var size: UInt64
    /// Subtree roots, largest subtree first: one for each 1 bit of `size`.
    private var subtrees: [[UInt8]]

    /// The range of the empty tree.
    public init() {
        size = 0
        subtrees = []
    }

    /// The root hash over all leaves so far.
    public var root: [UInt8] {
        MerkleTree.fold(subtrees)
    }

    /// Size and root together.
    public var head: TreeHead {
        TreeHead(size: size, root: root)
    }

    /// Appends one leaf. Amortized cost: one node hash.
    ///
    /// - Parameter leafHash: what `MerkleTree.leafHash` returns for the entry.
    public mutating func append(leafHash: [UInt8]) {
        var merged = leafHash
        for _ in 0..<(~size).trailingZeroBitCount {
            guard let left = subtrees.popLast() else { break }
            merged = MerkleTree.nodeHash(left, merged)
        }
        subtrees.append(merged)
        size += 1
    }

    /// Size as 8 bytes, big-endian, then the subtree roots, largest first: at most 8 + 64 · 32 bytes.
    public func encoded() -> [UInt8] {
        size.bigEndianBytes + subtrees.joined()
    }

    /// Reads what `encoded()` writes.
    ///
    /// - Throws: `MerkleError.malformedRange` when the length does not fit the size, or the size is 2^63 or more.
    public init(decoding bytes: [UInt8]) throws(MerkleError) {
        guard bytes.count >= 8 else { throw .malformedRange }
        let size = UInt64(bigEndianBytes: bytes.prefix(8))
        // Sizes from 2^63 are out of every log's reach; refusing them keeps `append` free of overflow.
        guard size < 1 << 63, bytes.count == 8 + MerkleTree.hashSize * size.nonzeroBitCount else {
            throw .malformedRange
        }
        self.size = size
        subtrees = stride(from: 8, to: bytes.count, by: MerkleTree.hashSize).map {
            Array(bytes[$0..<$0 + MerkleTree.hashSize])
        }
    }
}
