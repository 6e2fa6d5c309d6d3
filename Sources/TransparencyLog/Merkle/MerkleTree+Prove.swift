// Which hashes a proof is made of (RFC 6962 sections 2.1.1 and 2.1.2).
//
// A proof is a list of subtree roots, each the root over a range of leaves; finding the ranges needs only the sizes.
// Most of the ranges are full subtrees, whose roots a log stores (`Tile`); the one at the right edge is put together
// from several. So proving is three steps, and only the middle one depends on where the hashes are kept:
// ranges → full subtrees → hashes, folded.

/// A full subtree: 2^level leaves, from leaf index · 2^level on.
struct Subtree: Hashable, Sendable {
    let level: Int
    let index: UInt64
}

extension MerkleTree {
    /// The leaf ranges whose roots make up the inclusion proof for `index`, in proof order (PATH in RFC 6962).
    static func inclusionRanges(index: UInt64, size: UInt64) throws(MerkleError) -> [Range<UInt64>] {
        guard index < size else { throw .indexOutOfRange(index: index, size: size) }
        var ranges: [Range<UInt64>] = []
        var tree = 0..<size
        while tree.upperBound - tree.lowerBound > 1 {
            let split = split(tree)
            if index < split {
                ranges.append(split..<tree.upperBound)
                tree = tree.lowerBound..<split
            } else {
                ranges.append(tree.lowerBound..<split)
                tree = split..<tree.upperBound
            }
        }
        return ranges.reversed()
    }

    /// The leaf ranges whose roots make up the consistency proof, in proof order (PROOF in RFC 6962). Empty between
    /// equal sizes.
    static func consistencyRanges(from old: UInt64, to new: UInt64) throws(MerkleError) -> [Range<UInt64>] {
        guard old <= new else { throw .sizesOutOfOrder(old: old, new: new) }
        guard old > 0 else { throw .emptyOldTree }
        var ranges: [Range<UInt64>] = []
        var tree = 0..<new
        while tree.upperBound > old {
            let split = split(tree)
            if old <= split {
                ranges.append(split..<tree.upperBound)
                tree = tree.lowerBound..<split
            } else {
                ranges.append(tree.lowerBound..<split)
                tree = split..<tree.upperBound
            }
        }
        // The walk ends at a subtree that both trees share. At the left edge it is the whole old tree, whose root the
        // verifier has.
        if tree.lowerBound > 0 { ranges.append(tree) }
        return ranges.reversed()
    }

    /// The full subtrees that a range of a proof consists of, largest first. The range must start at a multiple of the
    /// largest power of two in its length, as every range above does.
    static func subtrees(of range: Range<UInt64>) -> [Subtree] {
        var start = range.lowerBound
        var rest = range.upperBound - range.lowerBound
        var subtrees: [Subtree] = []
        while rest > 0 {
            let level = 63 - rest.leadingZeroBitCount
            subtrees.append(Subtree(level: level, index: start >> level))
            start &+= 1 << level
            rest &-= 1 << level
        }
        return subtrees
    }

    /// The inclusion proof for one leaf of a tree that is in memory.
    ///
    /// - Throws: `MerkleError.indexOutOfRange`.
    public static func inclusionProof(index: UInt64, leafHashes: [[UInt8]]) throws(MerkleError) -> [[UInt8]] {
        try inclusionRanges(index: index, size: UInt64(leafHashes.count)).map { root(of: $0, in: leafHashes) }
    }

    /// The proof that a tree in memory extends its own first `oldSize` leaves.
    ///
    /// - Throws: `MerkleError.sizesOutOfOrder` or `.emptyOldTree`.
    public static func consistencyProof(
        from oldSize: UInt64, leafHashes: [[UInt8]]
    ) throws(MerkleError) -> [[UInt8]] {
        try consistencyRanges(from: oldSize, to: UInt64(leafHashes.count)).map { root(of: $0, in: leafHashes) }
    }

    private static func root(of range: Range<UInt64>, in leafHashes: [[UInt8]]) -> [UInt8] {
        root(leafHashes: Array(leafHashes[Int(range.lowerBound)..<Int(range.upperBound)]))
    }

    /// Where a tree of more than one leaf splits: the largest power of two below its size, from its first leaf.
    private static func split(_ tree: Range<UInt64>) -> UInt64 {
        let largestIndex = tree.upperBound - tree.lowerBound - 1
        return tree.lowerBound + (1 << (63 - largestIndex.leadingZeroBitCount))
    }
}
