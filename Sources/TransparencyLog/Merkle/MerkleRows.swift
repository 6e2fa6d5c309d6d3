/// A tree in memory with all its rows, for proofs of many of its leaves: each takes as many steps as the tree has rows,
/// where `MerkleTree.inclusionProof(index:leafHashes:)` hashes all leaves again.
public struct MerkleRows: Sendable {
    /// The leaf hashes first, the root last. A row's last node without a neighbour stands in the row above as well.
    private var rows: [[[UInt8]]]

    /// The tree over these leaf hashes, in their order.
    public init(leafHashes: [[UInt8]]) {
        rows = [leafHashes]
        var row = leafHashes
        while row.count > 1 {
            row = stride(from: 0, to: row.count, by: 2).map { index in
                index + 1 < row.count ? MerkleTree.nodeHash(row[index], row[index + 1]) : row[index]
            }
            rows.append(row)
        }
    }

    /// The tree's root hash.
    public var root: [UInt8] { rows[rows.count - 1].first ?? MerkleTree.emptyRoot }

    /// The inclusion proof for one leaf, lowest sibling first.
    ///
    /// - Throws: `MerkleError.indexOutOfRange`.
    public func inclusionProof(index: UInt64) throws(MerkleError) -> [[UInt8]] {
        let size = UInt64(rows[0].count)
        guard index < size else { throw .indexOutOfRange(index: index, size: size) }
        var node = Int(index)
        var proof: [[UInt8]] = []
        for row in rows {
            let sibling = node ^ 1
            if sibling < row.count { proof.append(row[sibling]) }
            node /= 2
        }
        return proof
    }
}
