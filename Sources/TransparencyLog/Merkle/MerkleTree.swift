// The Merkle tree of RFC 6962 section 2.1 with SHA-256.
//
// A log is a list that only grows. Its tree gives every prefix of the list a 32-byte name, the root: leaves are hashed
// with a 0x00 prefix and inner nodes with 0x01, so that no leaf can pass for a node, and a list of n > 1 entries splits
// at the largest power of two below n, so that the left part never changes again once it is full. From this follow the
// two short proofs a log lives on: an entry is in the list with this root (`MerkleTree+Verify.swift`), and the list
// with this root is a prefix of the list with that one.
//
//     MTH({})     = SHA-256()
//     MTH({d})    = SHA-256(0x00 ‖ d)
//     MTH(D[0:n]) = SHA-256(0x01 ‖ MTH(D[0:k]) ‖ MTH(D[k:n]))      k the largest power of two below n

import Crypto

/// The state of a log: how many entries it has and the root hash over all of them.
public struct TreeHead: Sendable, Hashable {
    /// Number of entries.
    public let size: UInt64
    /// Root hash, 32 bytes (for size 0 the hash of the empty string).
    public let root: [UInt8]

    /// A head from its parts; nothing is checked, whoever compares it with a proof does that.
    public init(size: UInt64, root: [UInt8]) {
        self.size = size
        self.root = root
    }

    /// The head of the log without entries.
    public static let empty = TreeHead(size: 0, root: MerkleTree.emptyRoot)
}

/// Hashes, roots and proofs of RFC 6962 section 2.1, hash function SHA-256.
public enum MerkleTree {
    /// Bytes in every hash of the tree.
    public static let hashSize = 32

    /// The root of the empty tree, SHA-256 of nothing.
    public static let emptyRoot: [UInt8] = Array(SHA256().finalize())

    /// The hash of one entry, SHA-256(0x00 ‖ entry).
    public static func leafHash(_ entry: [UInt8]) -> [UInt8] {
        leafHash(entry[...])
    }

    static func leafHash(_ entry: ArraySlice<UInt8>) -> [UInt8] {
        var hash = SHA256()
        hash.update(prefix: 0)
        entry.withUnsafeBytes { hash.update(bufferPointer: $0) }
        return Array(hash.finalize())
    }

    /// The hash of an inner node, SHA-256(0x01 ‖ left ‖ right). Both children are hashes of 32 bytes.
    public static func nodeHash(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
        var hash = SHA256()
        hash.update(prefix: 1)
        left.withUnsafeBytes { hash.update(bufferPointer: $0) }
        right.withUnsafeBytes { hash.update(bufferPointer: $0) }
        return Array(hash.finalize())
    }

    /// The root of the tree over these leaf hashes, in time linear in their number.
    public static func root(leafHashes: [[UInt8]]) -> [UInt8] {
        var range = CompactRange()
        for leaf in leafHashes { range.append(leafHash: leaf) }
        return range.root
    }

    /// The root of a full subtree whose bottom row is `hashes`: 2^k hashes of 32 bytes, one after the other.
    ///
    /// Rows are hashed in place, each half as long as the one below. Every hash of a tile passes through here, so the
    /// loop works on raw memory and allocates once.
    static func fullSubtreeRoot(_ hashes: ArraySlice<UInt8>) -> [UInt8] {
        assert(hashes.count >= hashSize && (hashes.count / hashSize).nonzeroBitCount == 1)
        var row = Array(hashes)
        row.withUnsafeMutableBytes { row in
            var width = row.count / hashSize
            while width > 1 {
                width /= 2
                for node in 0..<width {
                    let parent = row[hashSize * node..<hashSize * (node + 1)]
                    let children = row[2 * hashSize * node..<2 * hashSize * (node + 1)]
                    var hash = SHA256()
                    hash.update(prefix: 1)
                    hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: children))
                    hash.finalize().withUnsafeBytes {
                        UnsafeMutableRawBufferPointer(rebasing: parent).copyMemory(from: $0)
                    }
                }
            }
        }
        return Array(row.prefix(hashSize))
    }

    /// The root of any tree, from the roots of the full subtrees it splits into, largest (leftmost) first.
    static func fold(_ subtrees: [[UInt8]]) -> [UInt8] {
        guard var root = subtrees.last else { return emptyRoot }
        for left in subtrees.dropLast().reversed() { root = nodeHash(left, root) }
        return root
    }
}

extension SHA256 {
    /// Hashes the one byte that tells leaves (0) from nodes (1).
    fileprivate mutating func update(prefix: UInt8) {
        withUnsafeBytes(of: prefix) { update(bufferPointer: $0) }
    }
}
