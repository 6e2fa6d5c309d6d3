// Checking inclusion and consistency proofs (RFC 6962 sections 2.1.1 and 2.1.2; the loops are RFC 9162 sections 2.1.3.2
// and 2.1.4.2, written for both).
//
// Both walk from the bottom right corner of a proof to the root and consume one hash a step. Two numbers steer the walk:
// `node`, the index of the current node in its row, and `last`, the index of the last node of that row. A node that is a
// right child, or that is last in its row, takes its left neighbour next; every other takes its right neighbour. A
// last node without a neighbour moves up unchanged, which is why the walk then skips rows.
//
// Sizes and indices come from the network: nothing here may trap, whatever they are.

/// Why a Merkle proof, or a request for one, was refused.
public enum MerkleError: Error, Equatable, Sendable {
    /// The index is not below the tree size.
    case indexOutOfRange(index: UInt64, size: UInt64)
    /// A consistency proof must lead from a size to the same or a larger one.
    case sizesOutOfOrder(old: UInt64, new: UInt64)
    /// A consistency proof from the empty tree says nothing: every tree extends it.
    case emptyOldTree
    /// A hash is not 32 bytes long.
    case wrongHashLength(Int)
    /// The proof has fewer or more hashes than the sizes call for.
    case wrongProofLength(Int)
    /// The proof's hashes do not lead to the older root.
    case oldRootMismatch
    /// The proof's hashes do not lead to the root (of the newer tree, where there are two).
    case rootMismatch
    /// The bytes are not an encoded `CompactRange`.
    case malformedRange
}

extension MerkleTree {
    /// Checks that the entry with this leaf hash stands at `index` in the tree with this head.
    ///
    /// - Parameters:
    ///   - leafHash: hash of the entry, 32 bytes.
    ///   - index: position of the entry, from 0.
    ///   - proof: sibling hashes from the leaf's up to the root's child.
    ///   - head: size and root of the tree.
    /// - Throws: `MerkleError` naming the first check that failed.
    public static func verifyInclusion(
        leafHash: [UInt8], index: UInt64, proof: [[UInt8]], in head: TreeHead
    ) throws(MerkleError) {
        guard index < head.size else { throw .indexOutOfRange(index: index, size: head.size) }
        try checkLengths(proof + [leafHash, head.root])

        var node = index
        var last = head.size - 1
        var hash = leafHash
        for sibling in proof {
            guard last != 0 else { throw .wrongProofLength(proof.count) }
            if node & 1 == 1 || node == last {
                hash = nodeHash(sibling, hash)
                let rows = node.trailingZeroBitCount
                node >>= rows
                last >>= rows
            } else {
                hash = nodeHash(hash, sibling)
            }
            node >>= 1
            last >>= 1
        }
        guard last == 0 else { throw .wrongProofLength(proof.count) }
        guard hash == head.root else { throw .rootMismatch }
    }

    /// Checks that the tree with head `new` extends the tree with head `old`: same entries first, more behind.
    ///
    /// Between equal sizes the proof is empty and the roots must be equal. `old` may not be empty: there is nothing to
    /// prove, and a caller who believes otherwise has a bug.
    ///
    /// - Throws: `MerkleError` naming the first check that failed.
    public static func verifyConsistency(
        from old: TreeHead, to new: TreeHead, proof: [[UInt8]]
    ) throws(MerkleError) {
        guard old.size <= new.size else { throw .sizesOutOfOrder(old: old.size, new: new.size) }
        guard old.size > 0 else { throw .emptyOldTree }
        if old.size == new.size {
            guard proof.isEmpty else { throw .wrongProofLength(proof.count) }
            guard old.root == new.root else { throw .rootMismatch }
            return
        }
        try checkLengths(proof + [old.root, new.root])

        // The walk starts at the smallest full subtree of the old tree. If the old tree is itself one full subtree, its
        // root is known and the proof leaves it out.
        let isFull = old.size.nonzeroBitCount == 1
        var hashes = proof[...]
        guard let start = isFull ? old.root : hashes.popFirst() else { throw .wrongProofLength(proof.count) }
        let rows = old.size.trailingZeroBitCount
        var node = (old.size - 1) >> rows
        var last = (new.size - 1) >> rows
        var oldHash = start
        var newHash = start
        for sibling in hashes {
            guard last != 0 else { throw .wrongProofLength(proof.count) }
            if node & 1 == 1 || node == last {
                oldHash = nodeHash(sibling, oldHash)
                newHash = nodeHash(sibling, newHash)
                let rows = node.trailingZeroBitCount
                node >>= rows
                last >>= rows
            } else {
                newHash = nodeHash(newHash, sibling)
            }
            node >>= 1
            last >>= 1
        }
        guard last == 0 else { throw .wrongProofLength(proof.count) }
        guard oldHash == old.root else { throw .oldRootMismatch }
        guard newHash == new.root else { throw .rootMismatch }
    }

    private static func checkLengths(_ hashes: [[UInt8]]) throws(MerkleError) {
        for hash in hashes where hash.count != hashSize { throw .wrongHashLength(hash.count) }
    }
}
